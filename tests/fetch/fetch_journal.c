/* SPDX-License-Identifier: MIT */
/* WRAPS: pwrite fdatasync */
/*
 * A journal, cut anywhere, says exactly what its whole batches say; and what is no
 * journal is left alone.
 */
#include "journal/journal.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/sleep.h>

#include "file_test.h"
#include "journal/journal_held.h"

/* ---- a disk that is full, and one that fails ------------------------------------ */

static atomic_int write_error;
static atomic_int sync_error;

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* A full disk takes half of it first. */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (!write_error)
        return __real_pwrite(fd, bytes, size, offset);
    if (size > 1)
        return __real_pwrite(fd, bytes, size / 2, offset);
    errno = write_error;
    return -1;
}

int __wrap_fdatasync(int fd)
{
    if (!sync_error)
        return __real_fdatasync(fd);
    errno = sync_error;
    return -1;
}

/* ---- a journal ------------------------------------------------------------------ */

static struct journal *journal;

static int open_it(bool resumes, const struct journal_place *most)
{
    write_error = 0;
    sync_error = 0;
    return journal_open(&journal,
                        &(struct journal_options){ .path = in_directory("j"),
                                                   .resumes = resumes,
                                                   .most = most });
}

static uint64_t key_of(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u;
}

static void add(uint64_t number, enum outcome_class class)
{
    ASSERT_EQ(journal_add(journal, number, key_of(number), class, 200), 0);
}

static void seal(uint64_t records, uint64_t warc)
{
    ASSERT_EQ(
        journal_seal(journal, &(struct journal_place){ records, 1, warc }), 0);
}

static void expect_place(uint64_t records, uint64_t warc)
{
    ASSERT_EQ(journal_place(journal)->records, records);
    ASSERT_EQ(journal_place(journal)->warc, warc);
}

static enum journal_state state_of(uint64_t number)
{
    return journal_state_of(journal, number, key_of(number));
}

static void close_it(void)
{
    ASSERT_EQ(journal_close(journal), 0);
}

static void hold(uint64_t number, const char *record, size_t size)
{
    ASSERT_EQ(journal_add_held(
                  journal,
                  &(struct journal_held){
                      .number = number,
                      .key = key_of(number),
                      .class = OUTCOME_OK,
                      .status = 200,
                      .record = { .bytes = (char *)record, .size = size } }),
              0);
}

/* --ordered: records that wait are as good as written; large ones, too. */
FILE_TEST(fetch_journal_holds_records)
{
    enum { LARGE = 200000 };
    char *large = malloc(LARGE);
    const struct journal_held *held;

    ASSERT_NOT_NULL(large);
    memset(large, '%', LARGE);
    large[LARGE - 1] = '\n';
    ASSERT_EQ(open_it(false, NULL), 0);
    hold(2, "two % \"2\"\n", 10);
    hold(3, "three\n", 6);
    seal(0, 10);
    hold(1026, large, LARGE);
    add(3, OUTCOME_OK);
    hold(5, "old\n", 4);
    hold(5, "five\n", 5);
    add(6, OUTCOME_TIMEOUT);
    hold(6, "six\n", 4);
    seal(0, 20);
    hold(7, "seven\n", 6);
    ASSERT_EQ(journal_flush(journal), 0);
    close_it();

    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_EQ(state_of(1), JOURNAL_NEW);
    ASSERT_EQ(state_of(2), JOURNAL_HELD);
    ASSERT_EQ(journal_state_of(journal, 2, 1), JOURNAL_DIFFERS);
    held = journal_held_of(journal, 2);
    ASSERT_EQ(held->record.size, 9u);
    ASSERT_EQ(memcmp(held->record.bytes, "two % \"2\"", 9), 0);
    ASSERT_EQ(held->class, OUTCOME_OK);
    ASSERT_EQ(held->status, 200);
    ASSERT_EQ(state_of(3), JOURNAL_DONE);
    held = journal_held_of(journal, 1026);
    ASSERT_EQ(held->record.size, (size_t)LARGE - 1);
    ASSERT_EQ(memcmp(held->record.bytes, large, LARGE - 1), 0);
    ASSERT_EQ(journal_held_of(journal, 5)->record.size, 4u);
    ASSERT_EQ(state_of(6), JOURNAL_HELD);
    ASSERT_EQ(state_of(7), JOURNAL_NEW);
    close_it();
    free(large);
}

FILE_TEST(fetch_journal_says_what_was_done)
{
    ASSERT_EQ(open_it(false, NULL), 0);
    expect_place(0, 0);
    ASSERT_EQ(state_of(1), JOURNAL_NEW);
    add(1, OUTCOME_OK);
    add(200000, OUTCOME_TIMEOUT);
    add(3, OUTCOME_DUPLICATE);
    ASSERT_GT(journal_pending(journal), 50);
    seal(10, 20);
    ASSERT_EQ(journal_pending(journal), 0);
    ASSERT_EQ(journal_flush(journal), 0);
    add(4, OUTCOME_CLIENT_ERROR);
    seal(30, 40);
    close_it();

    ASSERT_EQ(open_it(true, NULL), 0);
    expect_place(30, 40);
    ASSERT_EQ(journal_place(journal)->warc_file, 1);
    ASSERT_EQ(state_of(1), JOURNAL_DONE);
    ASSERT_EQ(state_of(2), JOURNAL_NEW);
    ASSERT_EQ(state_of(3), JOURNAL_DONE);
    ASSERT_EQ(state_of(4), JOURNAL_FAILED);
    ASSERT_EQ(state_of(200000), JOURNAL_FAILED);
    ASSERT_EQ(state_of(300000), JOURNAL_NEW);
    ASSERT_EQ(state_of(UINT64_MAX), JOURNAL_NEW);
    ASSERT_EQ(journal_class_of(journal, 200000), OUTCOME_TIMEOUT);
    ASSERT_EQ(journal_class_of(journal, 2), OUTCOME_STOPPED);
    ASSERT_EQ(journal_count(journal, OUTCOME_OK), 1);
    ASSERT_EQ(journal_count(journal, OUTCOME_TIMEOUT), 1);
    ASSERT_EQ(journal_count(journal, OUTCOME_TLS), 0);
    /* The list has another line here now. */
    ASSERT_EQ(journal_state_of(journal, 1, key_of(1) + 1), JOURNAL_DIFFERS);
    /* What has failed is done better. */
    add(4, OUTCOME_OK);
    seal(50, 60);
    close_it();

    ASSERT_EQ(open_it(true, NULL), 0);
    expect_place(50, 60);
    ASSERT_EQ(state_of(4), JOURNAL_DONE);
    ASSERT_EQ(state_of(1), JOURNAL_DONE);
    ASSERT_EQ(journal_count(journal, OUTCOME_CLIENT_ERROR), 0);
    ASSERT_EQ(journal_count(journal, OUTCOME_OK), 2);
    close_it();
    ASSERT_EQ(journal_close(NULL), 0);
}

FILE_TEST(fetch_journal_keeps_its_key)
{
    struct hash_key key;

    ASSERT_EQ(open_it(true, NULL), 0); /* there is none yet */
    key = *journal_key(journal);
    ASSERT(key.k0 != 0 || key.k1 != 0);
    close_it();
    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_EQ(journal_key(journal)->k0, key.k0);
    ASSERT_EQ(journal_key(journal)->k1, key.k1);
    close_it();
    ASSERT_EQ(unlink(in_directory("j")), 0);
    ASSERT_EQ(open_it(false, NULL), 0);
    ASSERT_NE(journal_key(journal)->k0, key.k0);
    close_it();
}

FILE_TEST(fetch_journal_knows_files_of_urls_that_are_not_done)
{
    ASSERT_EQ(open_it(false, NULL), 0);
    ASSERT_EQ(journal_add_file(journal, 1, "a%b\nc\x7f d"), 0);
    ASSERT_EQ(journal_add_file(journal, 1025, "x"), 0);
    ASSERT_EQ(journal_add_file(journal, 2049, "z"), 0);
    ASSERT_EQ(journal_add_file(journal, 2, "old"), 0);
    ASSERT_EQ(journal_add_file(journal, 2, "new"), 0);
    add(1025, OUTCOME_OK);
    seal(0, 0);
    close_it();
    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_STR_EQ(journal_file_of(journal, 1), "a%b\nc\x7f d");
    ASSERT_STR_EQ(journal_file_of(journal, 2), "new");
    ASSERT_STR_EQ(journal_file_of(journal, 2049), "z");
    ASSERT_NULL(journal_file_of(journal, 1025));
    ASSERT_NULL(journal_file_of(journal, 3));
    close_it();
}

/* ---- what is refused ---------------------------------------------------------------- */

FILE_TEST(fetch_journal_is_used_by_one_run)
{
    struct journal *first;

    ASSERT_EQ(open_it(false, NULL), 0);
    first = journal;
    ASSERT_EQ(open_it(true, NULL), -EBUSY);
    ASSERT_NULL(journal);
    ASSERT_EQ(open_it(false, NULL), -EBUSY);
    ASSERT_EQ(journal_close(first), 0);
    ASSERT_EQ(open_it(false, NULL), -EEXIST);
    ASSERT_EQ(
        journal_open(&journal,
                     &(struct journal_options){ .path = in_directory("no/j") }),
        -ENOENT);
}

static void refuse_text(const char *text)
{
    put_file("j", text);
    ASSERT_EQ(open_it(true, NULL), -EBADMSG);
    ASSERT_EQ(open_it(false, NULL), -EEXIST);
    expect_file("j", text);
}

#define HEAD "coil-fetch journal 2 00112233445566778899aabbccddeeff\n"
#define LINE "1 0123456789abcdef 0 200\n"

FILE_TEST(fetch_journal_leaves_alone_what_is_none)
{
    refuse_text("my thesis");
    refuse_text("{\"url\":\"http://a/\"}\n");
    refuse_text("coil-fetch journal 2 0011223344556677x899aabbccddeeff\n");
    refuse_text("coil-fetch journal 2 00112233445566778899aabbccddeeff0\n");
    refuse_text("coil-fetch journal 2 zz");
    refuse_text("coil-fetch journal 2zz");
    refuse_text("coil-fetch journal x");
    /* It was one, and somebody has been at it. */
    refuse_text(HEAD LINE "@ 1 1 1\n2 0123456789abcde 0\n@ 2 1 2\n");
    refuse_text(HEAD "@ 1 1\n@ 2 1 2\n");
    refuse_text(HEAD "1 0123456789abcdef 99\n@ 2 1 2\n");
    refuse_text(HEAD "99999999999999 0123456789abcdef 0\n@ 2 1 2\n");
    refuse_text(HEAD "f 1 %4\n@ 2 1 2\n");
    refuse_text(HEAD "f 99999999999999 a\n@ 2 1 2\n");
    refuse_text(HEAD "99999999999999999999 0123456789abcdef 0\n@ 2 1 2\n");
    refuse_text(HEAD " 0123456789abcdef 0\n@ 2 1 2\n");
    refuse_text(HEAD "\n@ 2 1 2\n");
}

static void refuse_version(const char *text)
{
    put_file("j", text);
    ASSERT_EQ(open_it(true, NULL), -ENOTSUP);
    expect_file("j", text);
}

FILE_TEST(fetch_journal_of_a_newer_program_is_left_alone)
{
    refuse_version("coil-fetch journal 3 00112233445566778899aabbccddeeff\n");
    refuse_version("coil-fetch journal 0 00112233445566778899aabbccddeeff\n");
    refuse_version("coil-fetch journal 10 00112233445566778899aabbccddeeff\n");
    refuse_version("coil-fetch journal 9");
}

/* What it says counts, and what is added is of our version, as it says then. */
FILE_TEST(fetch_journal_of_version_1_becomes_one_of_version_2)
{
    put_file("j", "coil-fetch journal 1 00112233445566778899aabbccddeeff\n" LINE
                  "f 2 out/a\n@ 1 0 0\n2 01");
    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_EQ(journal_state_of(journal, 1, 0x0123456789abcdef), JOURNAL_DONE);
    ASSERT_STR_EQ(journal_file_of(journal, 2), "out/a");
    close_it();
    expect_file("j", HEAD LINE "f 2 out/a\n@ 1 0 0\n");
    put_file("j", "coil-fetch journal 1 0011");
    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_EQ(journal_state_of(journal, 1, 0x0123456789abcdef), JOURNAL_NEW);
    close_it();
}

static void expect_cut(const char *text, const char *kept)
{
    put_file("j", text);
    ASSERT_EQ(open_it(true, NULL), 0);
    close_it();
    expect_file("j", kept);
}

FILE_TEST(fetch_journal_cuts_off_what_is_no_batch)
{
    expect_cut(HEAD, HEAD);
    expect_cut(HEAD LINE, HEAD);
    expect_cut(HEAD LINE "@ 1 1 1\n" LINE "@ 2 1 2", HEAD LINE "@ 1 1 1\n");
    expect_cut(HEAD LINE "@ 1 1 1\nxyz\n" LINE, HEAD LINE "@ 1 1 1\n");
    expect_cut(HEAD LINE "@ 1 1 1\n1 0123", HEAD LINE "@ 1 1 1\n");
}

/* What a loss of power may leave behind. */
FILE_TEST(fetch_journal_cuts_off_zeroes)
{
    FILE *f;

    put_file("j", HEAD LINE "@ 1 1 1\n");
    f = fopen(in_directory("j"), "a");
    ASSERT_NOT_NULL(f);
    for (int i = 0; i < 600000; i++)
        fputc(0, f);
    fclose(f);
    ASSERT_EQ(open_it(true, NULL), 0);
    expect_place(1, 1);
    close_it();
    expect_file("j", HEAD LINE "@ 1 1 1\n");
}

FILE_TEST(fetch_journal_knows_no_more_than_the_other_files_have)
{
    const char *text =
        HEAD LINE "@ 10 1 50\n" LINE "@ 20 1 60\n" LINE "@ 30 2 10\n";
    static const struct {
        struct journal_place most;
        uint64_t records;
    } cases[] = {
        { { 30, 2, 10 }, 30 }, { { 29, 2, 10 }, 20 }, { { 99, 2, 9 }, 20 },
        { { 98, 1, 99 }, 20 }, { { 99, 1, 59 }, 10 }, { { 9, 9, 9 }, 0 },
        { { 99, 3, 0 }, 30 },
    };

    /* Nothing behind such a batch counts. */
    put_file("j", HEAD "@ 10 1 50\n@ 99 1 60\n@ 20 1 70\n");
    ASSERT_EQ(open_it(true, &cases[3].most), 0);
    expect_place(10, 50);
    close_it();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_file("j", text);
        ASSERT_EQ(open_it(true, &cases[i].most), 0);
        ASSERT_EQ(journal_place(journal)->records, cases[i].records);
        close_it();
    }
}

/* ---- cut anywhere --------------------------------------------------------------------- */

enum { BATCHES = 12, URLS = 5 };

/* Batch i ends with URL i * URLS, at 100 * i bytes of records. */
static size_t write_batches(size_t ends[BATCHES + 1])
{
    struct stat status;

    ASSERT_EQ(open_it(false, NULL), 0);
    for (uint64_t i = 0; i <= BATCHES; i++) {
        for (uint64_t n = 1; i > 0 && n <= URLS; n++) {
            ASSERT_EQ(journal_add_file(journal, (i - 1) * URLS + n, "out/x"),
                      0);
            add((i - 1) * URLS + n, (enum outcome_class)(n % 3));
        }
        seal(100 * i, 1000 * i);
        ASSERT_EQ(journal_flush(journal), 0);
        ASSERT_EQ(stat(in_directory("j"), &status), 0);
        ends[i] = (size_t)status.st_size;
    }
    close_it();
    return ends[BATCHES];
}

static void expect_batches(uint64_t count)
{
    expect_place(100 * count, 1000 * count);
    for (uint64_t n = 1; n <= BATCHES * URLS; n++)
        ASSERT_EQ(state_of(n) != JOURNAL_NEW, n <= count * URLS);
}

FILE_KERNEL_TEST(fetch_journal_may_be_cut_at_each_byte)
{
    static char bytes[65536];
    size_t ends[BATCHES + 1];
    uint64_t whole = 0;
    size_t size;
    FILE *f;

    size = write_batches(ends);
    f = fopen(in_directory("j"), "r");
    ASSERT_EQ(fread(bytes, 1, sizeof bytes, f), size);
    fclose(f);
    for (size_t cut = 0; cut <= size; cut++) {
        struct stat status;

        f = fopen(in_directory("j"), "w");
        ASSERT_EQ(fwrite(bytes, 1, cut, f), cut);
        fclose(f);
        while (whole < BATCHES && cut >= ends[whole + 1])
            whole++;
        ASSERT_EQ(open_it(true, NULL), 0);
        expect_batches(whole);
        ASSERT_EQ(stat(in_directory("j"), &status), 0);
        ASSERT_LE(status.st_size, cut > sizeof HEAD - 1 ? cut : sizeof HEAD);
        /* It is used on. */
        add(1000, OUTCOME_OK);
        seal(7, 7);
        close_it();
        ASSERT_EQ(open_it(true, NULL), 0);
        expect_place(7, 7);
        ASSERT_EQ(state_of(1000), JOURNAL_DONE);
        ASSERT_EQ(state_of(1), whole > 0 && cut > sizeof HEAD ? JOURNAL_FAILED
                                                              : JOURNAL_NEW);
        close_it();
    }
}

/* ---- disks that fail -------------------------------------------------------------------- */

FILE_TEST(fetch_journal_goes_on_when_the_disk_has_room_again)
{
    ASSERT_EQ(open_it(false, NULL), 0);
    add(1, OUTCOME_OK);
    seal(10, 10);
    ASSERT_EQ(journal_flush(journal), 0);
    add(2, OUTCOME_OK);
    seal(20, 20);
    write_error = ENOSPC;
    ASSERT_EQ(journal_flush(journal), -ENOSPC);
    add(3, OUTCOME_OK);
    seal(30, 30);
    ASSERT_EQ(journal_flush(journal), -ENOSPC);
    write_error = 0;
    ASSERT_EQ(journal_flush(journal), 0);
    close_it();
    ASSERT_EQ(open_it(true, NULL), 0);
    expect_place(30, 30);
    ASSERT_EQ(state_of(2), JOURNAL_DONE);
    add(4, OUTCOME_OK);
    seal(40, 40);
    write_error = ENOSPC;
    ASSERT_EQ(journal_close(journal), -ENOSPC);
    /* A part of the last batch is there, and does not count. */
    ASSERT_EQ(open_it(true, NULL), 0);
    expect_place(30, 30);
    ASSERT_EQ(state_of(4), JOURNAL_NEW);
    close_it();
}

FILE_TEST(fetch_journal_that_cannot_begin_leaves_nothing_in_the_way)
{
    ASSERT_EQ(open_it(false, NULL), 0);
    journal_abort(journal);
    ASSERT_EQ(truncate(in_directory("j"), 0), 0);
    ASSERT_EQ(open_it(false, NULL), 0);
    close_it();
}

FILE_TEST(fetch_journal_says_that_a_sync_failed)
{
    ASSERT_EQ(open_it(false, NULL), 0);
    add(1, OUTCOME_OK);
    seal(10, 10);
    sync_error = EIO;
    ASSERT_EQ(journal_close(journal), -EIO);
    ASSERT_EQ(open_it(true, NULL), 0);
    ASSERT_EQ(state_of(1), JOURNAL_DONE);
    close_it();
}
