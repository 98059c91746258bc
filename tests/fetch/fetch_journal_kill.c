/* SPDX-License-Identifier: MIT */
/* WRAPS: pwrite ftruncate fdatasync */
/*
 * A run that is killed after any step, and resumed, has each record once.
 *
 * A small run stands for the real one: workers, whose records and WARC entries are
 * a line each, and a committer, which makes batches.
 */
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/sleep.h>
#include <coil/task_group.h>

#include "common/append.h"
#include "file_test.h"
#include "simulated.h"

enum { URLS = 12, WORKERS = 3 };

/* ---- a process that is killed reaches its files no more --------------------------- */

static bool is_dead;
static uint64_t steps_left; /* to the kill; 0: it is not killed */

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* Now and then a write is torn: the kernel takes it page by page. */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (is_dead) {
        errno = EIO;
        return -1;
    }
    if (size > 1 && coil_test_random(2) == 0)
        size = 1 + coil_test_random(size);
    return __real_pwrite(fd, bytes, size, offset);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return is_dead ? 0 : __real_ftruncate(fd, size);
}

int __wrap_fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static const char *count_down(const void *object)
{
    (void)object;
    if (steps_left > 0 && --steps_left == 0)
        is_dead = true;
    return NULL;
}

/* ---- a run -------------------------------------------------------------------------- */

static struct journal *journal;
static struct append *records;
static struct append *warc;
static uint64_t next_number;
static unsigned working;
static enum { UNKNOWN, ADDED, SEALED, COMMITTED } progress[URLS + 1];

static uint64_t key_of(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u;
}

/* What counts, counts from one moment on. */
static void finish_url(uint64_t number)
{
    char line[64];
    int size = snprintf(line, sizeof line, "record %u\n", (unsigned)number);

    ASSERT_EQ(append_add(records, line, (size_t)size), 0);
    ASSERT_EQ(append_add(warc, line, (size_t)size), 0);
    ASSERT_EQ(journal_add(journal, number, key_of(number), OUTCOME_OK, 200), 0);
    progress[number] = ADDED;
}

static int work(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && !is_dead && next_number <= URLS) {
        uint64_t number = next_number++;

        if (journal_state_of(journal, number, key_of(number)) == JOURNAL_DONE)
            continue;
        /* What has been committed is never done again. */
        ASSERT_NE(progress[number], COMMITTED);
        for (uint64_t i = coil_test_random(5); rc == 0 && i > 0; i--)
            rc = coil_yield();
        if (rc == 0)
            finish_url(number);
    }
    working--;
    return rc;
}

static void promote(int from, int to)
{
    for (size_t i = 1; i <= URLS; i++)
        if ((int)progress[i] == from)
            progress[i] = to;
}

static int commit(void)
{
    struct journal_place place = { append_end(records), 1, append_end(warc) };
    int rc;

    ASSERT_EQ(journal_seal(journal, &place), 0);
    promote(ADDED, SEALED);
    rc = append_flush(warc, place.warc);
    if (rc == 0)
        rc = append_flush(records, place.records);
    if (rc == 0)
        rc = journal_flush(journal);
    if (rc == 0)
        promote(SEALED, COMMITTED);
    return rc;
}

static int commit_often(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && working > 0 && !is_dead) {
        rc = commit();
        if (rc == 0)
            rc = coil_yield();
    }
    return rc == -EIO && is_dead ? 0 : rc;
}

static void open_output(struct append **out, const char *name, uint64_t offset)
{
    ASSERT_EQ(
        append_open(out, &(struct append_options){ .path = in_directory(name),
                                                   .flags = O_CREAT }),
        0);
    ASSERT_EQ(append_start(*out, offset), 0);
}

static int work_all(void)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    next_number = 1;
    working = WORKERS;
    for (int i = 0; i < WORKERS; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, work, NULL), 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, commit_often, NULL), 0);
    return coil_task_group_end(&group, 0);
}

/* Returns whether it came to its end: it was not killed. */
static bool run_until_killed(uint64_t steps)
{
    bool is_whole;

    promote(ADDED, UNKNOWN);
    promote(SEALED, UNKNOWN);
    ASSERT_EQ(journal_open(&journal,
                           &(struct journal_options){ .path = in_directory("j"),
                                                      .resumes = true }),
              0);
    open_output(&records, "r", journal_place(journal)->records);
    open_output(&warc, "w", journal_place(journal)->warc);
    steps_left = steps;
    ASSERT_EQ(work_all(), 0);
    is_whole = commit() == 0 && !is_dead;
    is_dead = true;
    steps_left = 0;
    journal_abort(journal);
    append_abort(records);
    append_abort(warc);
    ASSERT_EQ(coil_test_settle(), 0);
    is_dead = false;
    return is_whole;
}

/* ---- what must be there ---------------------------------------------------------------- */

/* Each record once, whole, whatever the order. */
static void expect_each_once(const char *name)
{
    unsigned counts[URLS + 1] = { 0 };
    char line[64];
    FILE *f = fopen(in_directory(name), "r");

    ASSERT_NOT_NULL(f);
    while (fgets(line, sizeof line, f)) {
        unsigned number;
        char end;

        ASSERT_EQ(sscanf(line, "record %u%c", &number, &end), 2);
        ASSERT_EQ(end, '\n');
        ASSERT_LE(number, URLS);
        counts[number]++;
    }
    fclose(f);
    for (size_t i = 1; i <= URLS; i++)
        ASSERT_EQ(counts[i], 1);
}

static void begin_anew(void)
{
    promote(COMMITTED, UNKNOWN);
    (void)unlink(in_directory("j"));
    (void)unlink(in_directory("r"));
    (void)unlink(in_directory("w"));
}

SIMULATED_TEST(fetch_journal_kill_after_each_step, begin_directory,
               end_directory, 1, 6)
{
    bool is_whole = false;
    uint64_t steps = 0;

    watch(count_down, &steps_left);
    while (!is_whole) {
        begin_anew();
        is_whole = run_until_killed(++steps);
        while (!is_whole && !run_until_killed(1 + coil_test_random(100)))
            continue;
        expect_each_once("r");
        expect_each_once("w");
    }
    ASSERT_GT(steps, 30);
    coil_test_unwatch(&steps_left);
}
