/* SPDX-License-Identifier: MIT */
/* file_test.c - a test with a directory of its own */
#include "file_test.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "folder.h"

static char directory[PATH_MAX];

void begin_directory(void)
{
    const char *place = getenv("TMPDIR");

    snprintf(directory, sizeof directory, "%s/coil-files-XXXXXX",
             place ? place : "/tmp");
    ASSERT_NOT_NULL(mkdtemp(directory));
}

void end_directory(void)
{
    remove_folder(directory);
}

char *in_directory(const char *name)
{
    static char paths[8][PATH_MAX + 256];
    static size_t next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void put_file(const char *name, const char *text)
{
    FILE *f = fopen(in_directory(name), "w");

    ASSERT_NOT_NULL(f);
    ASSERT_GE(fputs(text, f), 0);
    ASSERT_EQ(fclose(f), 0);
}

void expect_file(const char *name, const char *text)
{
    char found[4096];
    FILE *f = fopen(in_directory(name), "r");
    size_t n;

    ASSERT_NOT_NULL(f);
    n = fread(found, 1, sizeof found - 1, f);
    found[n] = '\0';
    fclose(f);
    ASSERT_STR_EQ(found, text);
}

size_t count_names(void)
{
    DIR *dir = opendir(directory);
    size_t count = 0;

    ASSERT_NOT_NULL(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2; /* without "." and ".." */
}
