/* SPDX-License-Identifier: MIT */
/* WRAPS: malloc calloc realloc strdup strndup */
/*
 * Journal and archive short of memory: whoever called is told, nothing leaks, and what was
 * known to be written is there afterwards, once.
 */
#include <stdlib.h>

#include <coil/sleep.h>

#include "fetch/support/failing_memory.h"
#include "file_test.h"
#include "journal/journal.h"
#include "output/warc.h"
#include "simulated.h"
#include "warc_check.h"

/* ---- a run ------------------------------------------------------------------------- */

enum { URLS = 4 };

static struct journal *journal;
static struct warc *warc;
static unsigned committed; /* URLs that the run knows to be written */

static int open_all(void)
{
    struct warc_options options = {
        .path = in_directory("a.warc.gz"),
        .resumes = true,
        .earlier = in_directory("o.cdxj"),
        .max_size = 1500,
        .body_memory = 200,
        .has_no_sync = true,
    };
    int rc = journal_open(&journal,
                          &(struct journal_options){ .path = in_directory("j"),
                                                     .resumes = true,
                                                     .has_no_sync = true });

    if (rc < 0)
        return rc;
    options.place.file = (unsigned)journal_place(journal)->warc_file;
    options.place.offset = journal_place(journal)->warc;
    return warc_open(&warc, &options);
}

static int add_body(struct warc_entry *entry, unsigned number)
{
    static const char large[40000 * URLS];
    int rc = warc_entry_add(entry, number % 2 ? "same" : large,
                            number % 2 ? 4 : 40000 * number);

    if (rc == 0)
        return warc_entry_end(entry, NULL);
    warc_entry_abandon(entry);
    return rc;
}

static int fetch(unsigned number)
{
    static const struct coil_http_header headers[] = { { "Content-Type",
                                                         "text/html" } };
    struct warc_entry *entry;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://example.com/%u?b&a", number);
    rc =
        warc_entry_begin(&entry, warc,
                         &(struct warc_capture){ .method = "POST",
                                                 .url = url,
                                                 .request_body = "x",
                                                 .request_body_size = 1,
                                                 .version = COIL_HTTP_1_1,
                                                 .status = 200,
                                                 .headers = headers,
                                                 .header_count = 1,
                                                 .address = "127.0.0.1:80",
                                                 .unix_us = 1795949067123456 });
    if (rc == 0)
        rc = add_body(entry, number);
    if (rc == 0)
        rc = journal_add(journal, number, number, OUTCOME_OK, 200);
    return rc;
}

static int commit(void)
{
    struct warc_place place = warc_place_of(warc);
    int rc = journal_add_file(journal, 1000, "out/file");

    if (rc == 0)
        rc = journal_seal(journal,
                          &(struct journal_place){ .warc_file = place.file,
                                                   .warc = place.offset });
    if (rc == 0)
        rc = warc_flush(warc);
    return rc < 0 ? rc : journal_flush(journal);
}

static int run_all(void)
{
    int rc = open_all();

    for (unsigned n = 1; rc == 0 && n <= URLS; n++) {
        if (journal_state_of(journal, n, n) == JOURNAL_DONE)
            continue;
        ASSERT_GT(n, committed);
        rc = fetch(n);
        if (rc == 0)
            rc = commit();
        if (rc == 0)
            committed = n;
    }
    return rc;
}

static int end_all(bool is_killed)
{
    int rc = 0;

    if (is_killed) {
        warc_abort(warc);
        journal_abort(journal);
    } else {
        rc = warc_close(warc);
        if (rc == 0)
            rc = journal_close(journal);
        else
            journal_abort(journal);
    }
    warc = NULL;
    journal = NULL;
    ASSERT_EQ(coil_test_settle(), 0);
    return rc;
}

/* ---- what must be there -------------------------------------------------------------- */

static void expect_entries(void)
{
    unsigned next = 1;

    for (unsigned file = 1; next <= URLS; file++) {
        char name[32];
        struct checked a;

        snprintf(name, sizeof name, "a-%05u.warc.gz", file);
        a = check_archive(in_directory(name));
        check_index(&a, in_directory("a.cdxj"), name);
        for (size_t i = 1; i < a.count; i += 2)
            ASSERT_EQ(atoi(field(&a.records[i], "WARC-Target-URI") + 19),
                      next++);
        free_archive(&a);
    }
}

/* The n-th allocation fails; then the run goes on.  Returns whether it failed. */
static bool fail_allocation(size_t n)
{
    int rc;

    begin_directory();
    put_file("o.cdxj", "not a line\n");
    committed = 0;
    countdown = n;
    rc = run_all();
    ASSERT(rc == 0 || rc == -ENOMEM);
    rc = end_all(rc < 0);
    ASSERT(rc == 0 || rc == -ENOMEM);
    rc = countdown == 0;
    countdown = 0;
    ASSERT_EQ(run_all(), 0);
    ASSERT_EQ(end_all(false), 0);
    expect_entries();
    end_directory();
    return rc;
}

CORE_TEST(fetch_kept_shortage_loses_nothing)
{
    size_t n = 1;

    while (fail_allocation(n))
        n++;
    ASSERT_GT(n, 50);
}
