/* SPDX-License-Identifier: MIT */
/* WRAPS: pwrite */
/*
 * An archive whose run was killed, or whose disk was full, goes on where it was known to
 * end: each entry is there once, and whole.
 */
#include "output/warc.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/sleep.h>

#include "fetch/support/full_disk.h"
#include "file_test.h"
#include "simulated.h"
#include "warc_check.h"

/* ---- a disk that is full --------------------------------------------------------- */


/* ---- an archive ------------------------------------------------------------------- */

enum { LARGE = 100000 };

static struct warc *warc;
static char large[LARGE];
static uint64_t max_size;

/* A `place` of NULL: a new one. */
static int open_it(const struct warc_place *place)
{
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * i >> 7);
    return warc_open(&warc,
                     &(struct warc_options){
                         .path = in_directory("a.warc.gz"),
                         .max_size = max_size,
                         .resumes = place,
                         .place = place ? *place : (struct warc_place){ 0, 0 },
                         .body_memory = 20000,
                         .has_no_sync = true });
}

/* The body of entry n has 100 * n bytes of `large`. */
static int add(unsigned n)
{
    struct warc_entry *entry;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://example.com/%u", n);
    ASSERT_EQ(warc_entry_begin(
                  &entry, warc,
                  &(struct warc_capture){ .method = "GET",
                                          .url = url,
                                          .version = COIL_HTTP_1_1,
                                          .status = 200,
                                          .unix_us = 1795949067000000 + n }),
              0);
    rc = warc_entry_add(entry, large, 100 * n);
    if (rc == 0)
        return warc_entry_end(entry, NULL);
    warc_entry_abandon(entry);
    return rc;
}

static void add_all(unsigned first, unsigned last)
{
    for (unsigned n = first; n <= last; n++)
        ASSERT_EQ(add(n), 0);
}

/* The files of the archive, and its index, have entries 1 … last once, in order. */
static void expect_entries(unsigned last)
{
    unsigned n = 0;
    char name[32] = "a.warc.gz";

    for (unsigned file = 1; n < last; file++) {
        struct checked a;

        if (max_size > 0)
            snprintf(name, sizeof name, "a-%05u.warc.gz", file);
        a = check_archive(in_directory(name));
        ASSERT_STR_EQ(field(&a.records[0], "WARC-Filename"), name);
        check_index(&a, in_directory("a.cdxj"), name);
        for (size_t i = 1; i < a.count; i += 2) {
            const struct record *r = &a.records[i];

            n++;
            ASSERT_EQ(atoi(strrchr(field(r, "WARC-Target-URI"), '/') + 1), n);
            ASSERT_EQ(r->payload_size, 100 * n);
            ASSERT_EQ(memcmp(r->payload, large, r->payload_size), 0);
        }
        free_archive(&a);
    }
    ASSERT_EQ(n, last);
}

static void close_it(void)
{
    ASSERT_EQ(warc_close(warc), 0);
}

/* Kill the run: what it has handed to the kernel may be there or not. */
static void kill_it(void)
{
    warc_abort(warc);
    room = 0;
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    room = -1;
}

/* ---- files of a limited size --------------------------------------------------------- */

FILE_TEST(fetch_warc_resume_begins_new_files)
{
    max_size = 3000;
    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 40);
    ASSERT_GT(warc_place_of(warc).file, 3);
    close_it();
    expect_entries(40);
    ASSERT_EQ(open_it(NULL), -EEXIST);
    max_size = 0;
}

/* Somebody else's file is in the way of the second one. */
FILE_TEST(fetch_warc_resume_overwrites_no_other_file)
{
    max_size = 1;
    ASSERT_EQ(open_it(NULL), 0);
    put_file("a-00002.warc.gz", "precious");
    ASSERT_EQ(add(1), -EEXIST);
    ASSERT_EQ(add(1), -EEXIST);
    expect_file("a-00002.warc.gz", "precious");
    ASSERT_EQ(unlink(in_directory("a-00002.warc.gz")), 0);
    ASSERT_EQ(add(1), 0);
    close_it();
    max_size = 0;
}

/* ---- going on ------------------------------------------------------------------------- */

FILE_TEST(fetch_warc_resume_after_a_kill)
{
    struct warc_place place;

    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 5);
    place = warc_place_of(warc);
    ASSERT_EQ(warc_flush(warc), 0);
    add_all(6, 8);
    ASSERT_EQ(warc_flush(warc), 0);
    kill_it();
    ASSERT_EQ(open_it(&place), 0);
    ASSERT_EQ(warc_place_of(warc).offset, place.offset);
    add_all(6, 10);
    place = warc_place_of(warc);
    close_it();
    expect_entries(10);
    /* It goes on after its end, too, when the index has been sorted. */
    ASSERT_EQ(open_it(&place), 0);
    add_all(11, 12);
    close_it();
    expect_entries(12);
}

FILE_TEST(fetch_warc_resume_in_an_earlier_file)
{
    struct warc_place place;

    max_size = 3000;
    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 20);
    ASSERT_EQ(warc_flush(warc), 0);
    place = warc_place_of(warc);
    add_all(21, 60);
    ASSERT_GT(warc_place_of(warc).file, place.file + 2);
    close_it();
    ASSERT_EQ(open_it(&place), 0);
    add_all(21, 25);
    place = warc_place_of(warc);
    close_it();
    expect_entries(25);
    /* What the killed run had begun behind that is gone. */
    ASSERT_EQ(count_names(), place.file + 1);
    max_size = 0;
}

/* The journal has no batch yet. */
FILE_TEST(fetch_warc_resume_from_the_beginning)
{
    struct warc_place place = { 0, 0 };

    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 3);
    ASSERT_EQ(warc_flush(warc), 0);
    kill_it();
    ASSERT_EQ(open_it(&place), 0);
    add_all(1, 2);
    close_it();
    expect_entries(2);
}

/* A payload of before the kill is referred to, and one that is lost is not. */
FILE_TEST(fetch_warc_resume_remembers_payloads)
{
    struct warc_place place;
    struct checked a;

    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 2);
    ASSERT_EQ(warc_flush(warc), 0);
    place = warc_place_of(warc);
    add_all(3, 3);
    ASSERT_EQ(warc_flush(warc), 0);
    kill_it();
    ASSERT_EQ(open_it(&place), 0);
    add_all(2, 3);
    close_it();
    a = check_archive(in_directory("a.warc.gz"));
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_STR_EQ(a.records[5].type, "revisit");
    ASSERT_STR_EQ(a.records[7].type, "response");
    free_archive(&a);
}

/* ---- a full disk ---------------------------------------------------------------------- */

FILE_TEST(fetch_warc_resume_when_there_is_room_again)
{
    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 3);
    ASSERT_EQ(warc_flush(warc), 0);
    room = 500;
    add_all(4, 20);
    ASSERT_EQ(warc_flush(warc), -ENOSPC);
    ASSERT_EQ(warc_flush(warc), -ENOSPC);
    room = -1;
    add_all(21, 22);
    ASSERT_EQ(warc_flush(warc), 0);
    close_it();
    expect_entries(22);
}

FILE_TEST(fetch_warc_resume_after_a_full_disk)
{
    struct warc_place place;

    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 3);
    ASSERT_EQ(warc_flush(warc), 0);
    place = warc_place_of(warc);
    add_all(4, 20);
    room = 700;
    ASSERT_EQ(warc_flush(warc), -ENOSPC);
    ASSERT_EQ(warc_close(warc), -ENOSPC);
    room = -1;
    ASSERT_EQ(open_it(&place), 0);
    add_all(4, 9);
    close_it();
    expect_entries(9);
}

/* The temporary file of a large body needs room, too. */
FILE_TEST(fetch_warc_resume_goes_on_after_a_body_that_found_no_room)
{
    ASSERT_EQ(open_it(NULL), 0);
    add_all(1, 1);
    ASSERT_EQ(warc_flush(warc), 0);
    room = 100;
    ASSERT_EQ(add(1000), -ENOSPC);
    room = -1;
    add_all(2, 3);
    close_it();
    expect_entries(3);
}

/* Each write of an entry fails in its turn; the archive is right in between. */
static void fail_each_write(void)
{
    unsigned last = 0;

    max_size = 2000;
    ASSERT_EQ(open_it(NULL), 0);
    for (long n = 0; n < 60; n++) {
        room = (long)coil_test_random(4000);
        if (add(last + 1) == 0)
            last++;
        if (coil_test_random(3) == 0)
            (void)!warc_flush(warc);
        room = -1;
        if (coil_test_random(3) == 0)
            (void)!warc_flush(warc);
    }
    add_all(last + 1, last + 1);
    (void)!warc_flush(warc); /* its attempt may have begun before */
    ASSERT_EQ(warc_flush(warc), 0);
    close_it();
    expect_entries(last + 1);
    max_size = 0;
}

SIMULATED_TEST(fetch_warc_resume_whatever_write_failed, begin_directory,
               end_directory, 1, 40)
{
    fail_each_write();
}
