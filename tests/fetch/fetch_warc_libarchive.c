/* SPDX-License-Identifier: MIT */
/*
 * Another reader, libarchive's, finds the same responses in an archive.
 *
 * It knows WARC up to 1.0, whose dates have whole seconds; so these two are changed
 * before it reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/run.h>

#include "file_test.h"
#include "output/warc.h"

enum { ENTRIES = 30 };

/* Half of them are not responses but revisits, which libarchive leaves out. */
static int archive(void *arg)
{
    struct warc *warc;
    char url[64];
    char body[64];

    (void)arg;
    ASSERT_EQ(
        warc_open(&warc, &(struct warc_options){ .path = in_directory("a.warc"),
                                                 .has_no_sync = true }),
        0);
    for (int i = 0; i < ENTRIES; i++) {
        struct warc_entry *entry;
        int size = snprintf(body, sizeof body, "body %d", i / 2);

        snprintf(url, sizeof url, "http://example.com/page-%d", i);
        ASSERT_EQ(warc_entry_begin(
                      &entry, warc,
                      &(struct warc_capture){ .method = "GET",
                                              .url = url,
                                              .version = COIL_HTTP_1_1,
                                              .status = 200,
                                              .unix_us = 1795949067123456 }),
                  0);
        ASSERT_EQ(warc_entry_add(entry, body, (size_t)size), 0);
        ASSERT_EQ(warc_entry_end(entry, NULL), 0);
    }
    return warc_close(warc);
}

static void write_for_libarchive(void)
{
    char line[4096];
    FILE *from = fopen(in_directory("a.warc"), "r");
    FILE *to = fopen(in_directory("b.warc"), "w");

    ASSERT(from && to);
    while (fgets(line, sizeof line, from)) {
        if (strcmp(line, "WARC/1.1\r\n") == 0)
            strcpy(line, "WARC/1.0\r\n");
        else if (strncmp(line, "WARC-Date: ", 11) == 0)
            strcpy(strchr(line, '.'), "Z\r\n");
        fputs(line, to);
    }
    fclose(from);
    fclose(to);
}

/* Lines that `command`, of which %s is the archive, says. */
static FILE *open_command(const char *format)
{
    char command[8192];
    FILE *f;

    snprintf(command, sizeof command, format, in_directory("b.warc"));
    f = popen(command, "r");
    ASSERT_NOT_NULL(f);
    return f;
}

TEST(fetch_warc_libarchive_finds_each_response)
{
    char line[4096];
    char name[64];
    int bodies = 0;
    FILE *f;

    if (system("bsdtar --version >/dev/null 2>&1") != 0)
        SKIP("bsdtar, of libarchive, is missing");
    begin_directory();
    ASSERT_EQ(coil_run(archive, NULL), 0);
    write_for_libarchive();
    f = open_command("bsdtar -tf '%s'");
    for (int i = 0; i < ENTRIES; i += 2) {
        snprintf(name, sizeof name, "page-%d\n", i);
        ASSERT_NOT_NULL(fgets(line, sizeof line, f));
        ASSERT_STR_EQ(line, name);
    }
    ASSERT_NULL(fgets(line, sizeof line, f));
    ASSERT_EQ(pclose(f), 0);
    f = open_command("bsdtar -xOf '%s' | tr -s '\\0\\r' '\\n\\n'");
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "body ", 5) == 0)
            ASSERT_EQ(atoi(line + 5), bodies++);
    ASSERT_EQ(pclose(f), 0);
    ASSERT_EQ(bodies, ENTRIES / 2);
    end_directory();
}
