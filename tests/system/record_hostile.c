/* SPDX-License-Identifier: MIT */
/*
 * coil-record as a part of this program: files that are cut, damaged, of other
 * versions, or none at all.
 */
/* TIMEOUT: 120 */
/* APP: coil-record */
/* FAULTY: main */
#undef main
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/lock.h>
#include <coil/record.h>
#include <coil/record_format.h>
#include <coil/run.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "child.h"
#include "names.h"
#include "record/recorder.h"
#include "record_test.h"

enum { SIZE = 256 << 10 };

static unsigned char good[SIZE];
static unsigned char bad[SIZE];
static char text[4096]; /* what was said on stderr */

/* ---- a file --------------------------------------------------------------- */

static int work(void *arg)
{
    struct coil_lock lock = COIL_LOCK_INIT;
    const struct coil_record_options options = { .size = SIZE, .all = true };
    int rc = coil_record_start(arg, &options);

    coil_span_begin("a span");
    for (int i = 0; i < 100 && rc == 0; i++) {
        rc = coil_lock_acquire(&lock);
        coil_note("a note of some length, so that it has several slots");
        if (rc == 0)
            rc = coil_sleep(0);
        coil_lock_release(&lock);
    }
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    return rc;
}

/* Make a file and read it into `good`. */
static void begin(void)
{
    static char folder[64];
    int fd;

    strcpy(folder, record_folder());
    ASSERT_OK(coil_run(work, folder));
    fd = open(record_path(0), O_RDONLY);
    ASSERT_OK(fd);
    ASSERT_EQ(read(fd, good, SIZE), SIZE);
    close(fd);
    memcpy(bad, good, SIZE);
}

/* ---- calling it ----------------------------------------------------------- */

static void put_file(size_t size)
{
    int fd = open(record_path(0), O_WRONLY | O_TRUNC);

    ASSERT_OK(fd);
    ASSERT_EQ(write(fd, bad, size), (ssize_t)size);
    close(fd);
}

/* Its status.  What it prints goes nowhere. */
static int call(int argc, char **argv)
{
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    int status;
    size_t n;

    ASSERT_NOT_NULL(said);
    fflush(stdout);
    ASSERT_NOT_NULL(freopen("/dev/null", "w", stdout));
    dup2(fileno(said), STDERR_FILENO);
    optind = 0;
    status = faulty_main(argc, argv);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    rewind(said);
    n = fread(text, 1, sizeof text - 1, said);
    text[n] = '\0';
    fclose(said);
    return status;
}

static int show(const char *command, const char *format, const char *path)
{
    static char words[4][256];
    char *argv[5];
    int argc = 0;

    snprintf(words[0], sizeof words[0], "coil-record");
    snprintf(words[1], sizeof words[1], "%s", command);
    snprintf(words[2], sizeof words[2], "%s", format ? format : path);
    snprintf(words[3], sizeof words[3], "%s", path);
    for (argc = 0; argc < (format ? 4 : 3); argc++)
        argv[argc] = words[argc];
    argv[argc] = NULL;
    return call(argc, argv);
}

static int dump(void)
{
    return show("dump", NULL, record_path(0));
}

/* All ways to show the file end, and with a status that is known. */
static void show_all(void)
{
    static const char *const formats[] = { "--chrome", "--perfetto", "--svg" };
    int status = dump();

    if (status != 0 && status != 4 && status != 5)
        FAIL("dump exits with %d: %s", status, text);
    ASSERT_EQ(show("top", NULL, record_path(0)), status);
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(show("convert", formats[i], record_path(0)), status);
}

/* ---- damage --------------------------------------------------------------- */

static struct coil_record_file *head(void)
{
    return (struct coil_record_file *)(void *)bad;
}

TEST(record_of_another_kind_is_refused)
{
    begin();
    ASSERT_EQ(dump(), 0);
    bad[0] ^= 1;
    put_file(SIZE);
    ASSERT_EQ(dump(), 4);
    ASSERT_STR_CONTAINS(text, ": this is no record of coil\n");
    put_file(0);
    ASSERT_EQ(dump(), 4);
    ASSERT_EQ(show("dump", NULL, "/dev/null"), 4);
    ASSERT_EQ(show("dump", NULL, "/nowhere/at/all"), 3);
    ASSERT_STR_CONTAINS(text, "No such file or directory");
    record_end();
}

TEST(record_of_another_version_is_refused)
{
    begin();
    head()->version++;
    put_file(SIZE);
    ASSERT_EQ(dump(), 5);
    ASSERT_STR_CONTAINS(text, ": the format is 2, and this coil-record reads "
                              "1\n");
    record_end();
}

TEST(record_that_is_cut_is_refused)
{
    static const size_t sizes[] = { 7, 8, 100, 4095, 4096, SIZE - 1 };

    begin();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        put_file(sizes[i]);
        ASSERT_EQ(dump(), 4);
    }
    ASSERT_STR_CONTAINS(text, ": the file has been cut short\n");
    record_end();
}

TEST(record_with_a_torn_header_has_the_blocks_before)
{
    begin();
    head()->at = 0;
    put_file(SIZE);
    ASSERT_EQ(dump(), 0);
    head()->at = head()->base + SIZE + 16;
    put_file(SIZE);
    ASSERT_EQ(dump(), 0);
    record_end();
}

TEST(record_with_more_blocks_than_can_be_is_refused)
{
    static const uint64_t numbers[] = { UINT64_MAX, UINT64_MAX - 1,
                                        (uint64_t)1 << 63 };

    begin();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        head()->block = numbers[i];
        put_file(SIZE);
        show_all();
        ASSERT_EQ(dump(), 4);
        ASSERT_STR_CONTAINS(text, ": the header is damaged\n");
    }
    head()->block = INT64_MAX;
    put_file(SIZE);
    ASSERT_EQ(dump(), 0);
    record_end();
}

TEST(record_with_wrong_offsets_is_refused)
{
    uint64_t *const fields[] = {
        &head()->file_size,   &head()->strings_offset, &head()->strings_size,
        &head()->side_offset, &head()->side_size,      &head()->ring_offset,
        &head()->block_size,  &head()->block_count,
    };
    static const uint64_t values[] = {
        UINT64_MAX, (uint64_t)1 << 63, UINT32_MAX, SIZE + 8, 0,
    };

    begin();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t before = *fields[i];

        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            *fields[i] = values[k];
            put_file(SIZE);
            show_all();
        }
        *fields[i] = before;
    }
    record_end();
}

TEST(record_with_an_offset_that_overflows_is_refused)
{
    uint64_t *const fields[] = {
        &head()->strings_offset,
        &head()->side_offset,
        &head()->ring_offset,
    };

    begin();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t before = *fields[i];

        *fields[i] = (uint64_t)0 - (64 << 10);
        put_file(SIZE);
        ASSERT_EQ(dump(), 4);
        ASSERT_STR_CONTAINS(text, ": the header is damaged\n");
        *fields[i] = before;
    }
    record_end();
}

/* A small generator, so that each run is the same. */
static uint32_t next_random(void)
{
    static uint32_t state = 12345;

    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* Words of the header, of the strings, of the side, of the ring. */
static void damage(size_t from, size_t size)
{
    for (int n = 0; n < 20; n++) {
        size_t at = from + next_random() % size;

        bad[at] = (unsigned char)next_random();
    }
}

TEST(record_with_any_bytes_is_read_to_an_end)
{
    begin();
    for (int round = 0; round < 30; round++) {
        memcpy(bad, good, SIZE);
        if (round % 3 == 0)
            damage(8, sizeof(struct coil_record_file) - 8);
        damage(4096, SIZE - 4096);
        damage(SIZE / 2, 2048);
        put_file(SIZE);
        show_all();
    }
    record_end();
}

TEST(record_with_random_slots_is_read_to_an_end)
{
    begin();
    for (int round = 0; round < 10; round++) {
        uint64_t offset = head()->ring_offset + 32;

        memcpy(bad, good, SIZE);
        for (size_t i = 0; i < 4096; i++)
            bad[offset + i] =
                (unsigned char)(next_random() % (i % 8 == 7 ? 24 : 256));
        put_file(SIZE);
        show_all();
    }
    record_end();
}

TEST(record_side_with_wrong_sizes)
{
    struct coil_record_aside aside = { .size = 48, .length = UINT64_MAX };
    uint64_t at;

    begin();
    at = head()->side_offset;
    head()->side_used[0] = UINT64_MAX;
    memcpy(bad + at, &aside, sizeof aside);
    put_file(SIZE);
    show_all();
    aside = (struct coil_record_aside){ .size = 7 };
    memcpy(bad + at, &aside, sizeof aside);
    put_file(SIZE);
    show_all();
    record_end();
}

/* ---- wrong calls ---------------------------------------------------------- */

static int call_words(const char *a, const char *b, const char *c)
{
    static char words[4][64];
    const char *given[] = { "coil-record", a, b, c };
    char *argv[5];
    int argc = 0;

    for (; argc < 4 && given[argc]; argc++) {
        snprintf(words[argc], sizeof words[argc], "%s", given[argc]);
        argv[argc] = words[argc];
    }
    argv[argc] = NULL;
    return call(argc, argv);
}

TEST(record_says_what_is_wrong_with_a_call)
{
    ASSERT_EQ(call_words(NULL, NULL, NULL), 2);
    ASSERT_STR_CONTAINS(text, "dump, top or convert is expected");
    ASSERT_EQ(call_words("show", "x", NULL), 2);
    ASSERT_EQ(call_words("dump", NULL, NULL), 2);
    ASSERT_STR_CONTAINS(text, "a file is expected");
    ASSERT_EQ(call_words("convert", "x", NULL), 2);
    ASSERT_STR_CONTAINS(text, "convert needs --perfetto, --chrome or --svg");
    ASSERT_EQ(call_words("dump", "--svg", "x"), 2);
    ASSERT_EQ(call_words("--help", NULL, NULL), 0);
    ASSERT_EQ(call_words("--version", NULL, NULL), 0);
    ASSERT_EQ(call_words("--nonsense", NULL, NULL), 2);
}
