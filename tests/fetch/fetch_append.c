/* SPDX-License-Identifier: MIT */
/* WRAPS: pwrite fdatasync */
/*
 * A file that grows has the bytes that were added, each at its place, whatever
 * the disk and whoever waits do meanwhile.
 */
#include "common/append.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include <coil/sleep.h>

#include "fetch/support/full_disk.h"
#include "file_test.h"
#include "simulated.h"

/* ---- a disk that is full, and one that fails ------------------------------------ */

static atomic_int sync_error;
static atomic_int syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
    syncs++;
    if (sync_error) {
        errno = sync_error;
        return -1;
    }
    return __real_fdatasync(fd);
}

/* ---- what is added, and what must be there -------------------------------------- */

enum { MOST = 2 * 1024 * 1024 };

static unsigned char expected[MOST];
static size_t expected_size;
static struct append *file;

static void begin_file(const struct append_options *options)
{
    struct append_options all = *options;

    room = -1;
    sync_error = 0;
    syncs = 0;
    expected_size = 0;
    all.path = in_directory("a");
    all.flags = O_CREAT;
    ASSERT_EQ(append_open(&file, &all), 0);
    ASSERT_EQ(append_start(file, 0), 0);
}

static void add(size_t size)
{
    for (size_t i = 0; i < size; i++)
        expected[expected_size + i] =
            (unsigned char)(expected_size * 7 + i * 13 + size);
    ASSERT_EQ(append_add(file, expected + expected_size, size), 0);
    expected_size += size;
    ASSERT_EQ(append_end(file), expected_size);
}

static void cut(size_t end)
{
    append_cut(file, end);
    expected_size = end;
    ASSERT_EQ(append_end(file), end);
}

static void expect_all(void)
{
    static unsigned char found[MOST + 1];
    FILE *f = fopen(in_directory("a"), "r");

    ASSERT_NOT_NULL(f);
    ASSERT_EQ(fread(found, 1, sizeof found, f), expected_size);
    fclose(f);
    ASSERT_EQ(memcmp(found, expected, expected_size), 0);
}

/* All of it is there, and perhaps more, which was cut. */
static void expect_beginning(void)
{
    static unsigned char found[MOST];
    FILE *f = fopen(in_directory("a"), "r");

    ASSERT_NOT_NULL(f);
    ASSERT_EQ(fread(found, 1, expected_size, f), expected_size);
    fclose(f);
    ASSERT_EQ(memcmp(found, expected, expected_size), 0);
}

static void end_file(void)
{
    ASSERT_EQ(append_close(file), 0);
    expect_all();
}

static int flush(void *arg)
{
    (void)arg;
    return append_flush(file, append_end(file));
}

FILE_TEST(fetch_append_keeps_the_order)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    ASSERT_EQ(flush(NULL), 0);
    add(10);
    ASSERT_EQ(flush(NULL), 0);
    expect_all();
    add(300000);
    add(1);
    add(300000);
    ASSERT_EQ(coil_yield(), 0);
    add(5);
    ASSERT_EQ(flush(NULL), 0);
    ASSERT_EQ(append_written(file), expected_size);
    expect_all();
    add(3);
    end_file();
    ASSERT_EQ(syncs, 1);
}

/* It goes on where the last run ended, or where that should have ended. */
FILE_TEST(fetch_append_goes_on_at_an_offset)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    add(1000);
    end_file();
    ASSERT_EQ(append_open(
                  &file, &(struct append_options){ .path = in_directory("a") }),
              0);
    ASSERT_EQ(append_start(file, 400), 0);
    expected_size = 400;
    add(100);
    end_file();
    ASSERT_EQ(append_open(&file, &(struct append_options){ .path = in_directory(
                                                               "none/a") }),
              -ENOENT);
    ASSERT_NULL(file);
    ASSERT_EQ(append_close(NULL), 0);
    append_abort(NULL);
}

FILE_TEST(fetch_append_takes_back_what_is_cut)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    add(100);
    cut(50);
    add(20);
    ASSERT_EQ(flush(NULL), 0);
    cut(10); /* that is in the file already */
    ASSERT_EQ(append_written(file), 10);
    add(5);
    ASSERT_EQ(flush(NULL), 0);
    add(300000);
    ASSERT_EQ(coil_yield(), 0); /* it is being written */
    cut(200000);
    add(10);
    cut(8);
    add(30);
    end_file();
}

/* ---- failures ------------------------------------------------------------------- */

FILE_TEST(fetch_append_loses_nothing_when_the_disk_is_full)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    add(1000);
    ASSERT_EQ(flush(NULL), 0);
    room = 300100;
    add(200000);
    ASSERT_EQ(flush(NULL), 0);
    add(300000);
    add(10);
    ASSERT_EQ(flush(NULL), -ENOSPC);
    ASSERT_EQ(append_written(file), 301100);
    add(20);
    ASSERT_EQ(flush(NULL), -ENOSPC);
    cut(400000);
    add(10);
    room = -1;
    ASSERT_EQ(flush(NULL), 0);
    add(30);
    end_file();
}

FILE_TEST(fetch_append_cuts_what_a_full_disk_left_in_memory)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    room = 100;
    add(1000);
    ASSERT_EQ(flush(NULL), -ENOSPC);
    add(50);
    cut(60); /* below what is written */
    room = -1;
    add(7);
    end_file();
    begin_file(&(struct append_options){ .sync_every = 0 });
    room = 0;
    add(1000);
    ASSERT_EQ(append_close(file), -ENOSPC);
    expected_size = 0;
    expect_all();
    room = -1;
}

FILE_TEST(fetch_append_believes_no_disk_whose_sync_failed)
{
    begin_file(&(struct append_options){ .sync_every = 1 });
    add(10);
    sync_error = EIO;
    coil_test_compute(COIL_SECOND);
    while (flush(NULL) == 0)
        add(1);
    sync_error = 0;
    add(10);
    ASSERT_EQ(flush(NULL), -EIO);
    ASSERT_EQ(append_room(file), 0);
    ASSERT_EQ(append_close(file), -EIO);
    begin_file(&(struct append_options){ .sync_every = 0 });
    sync_error = EIO;
    add(10);
    ASSERT_EQ(append_close(file), -EIO);
    begin_file(&(struct append_options){ .has_no_sync = true });
    add(10);
    end_file();
    ASSERT_EQ(syncs, 0);
}

static void sync_rarely(void)
{
    begin_file(&(struct append_options){ .sync_every = COIL_SECOND });
    for (int i = 0; i < 300; i++) {
        add(10);
        ASSERT_EQ(flush(NULL), 0);
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    }
    ASSERT_GE(syncs, 2);
    ASSERT_LE(syncs, 3);
    end_file();
    ASSERT_LE(syncs, 4);
}

CORE_TEST(fetch_append_syncs_once_a_second)
{
    begin_directory();
    sync_rarely();
    end_directory();
}

static int without_memory(void *arg)
{
    (void)arg;
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(flush(NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    return 0;
}

FILE_TEST(fetch_append_goes_on_after_a_lack_of_memory)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    add(100);
    ASSERT_EQ(without_memory(NULL), 0);
    add(100);
    ASSERT_EQ(flush(NULL), 0);
    end_file();
}

/* ---- who waits -------------------------------------------------------------------- */

FILE_TEST(fetch_append_goes_on_when_who_waits_is_cancelled)
{
    begin_file(&(struct append_options){ .sync_every = 0 });
    for (int i = 0; i < 10; i++) {
        struct coil_task *task;

        add(30000);
        task = start_waiting(flush, NULL);
        add(5);
        coil_task_cancel(task);
        (void)!end_of(task);
    }
    end_file();
}

FILE_TEST(fetch_append_waits_for_room)
{
    begin_file(&(struct append_options){ .limit = 1000 });
    ASSERT_EQ(append_room(file), 0);
    add(1000);
    ASSERT_EQ(append_room(file), 0);
    ASSERT_EQ(append_written(file), 0);
    add(1);
    ASSERT_EQ(append_room(file), 0);
    add(5000);
    room = 0;
    ASSERT_EQ(append_room(file), -ENOSPC);
    room = -1;
    ASSERT_EQ(append_room(file), 0);
    end_file();
}

FILE_TEST(fetch_append_is_locked)
{
    struct append *other;

    begin_file(&(struct append_options){ .is_locked = true });
    add(1);
    ASSERT_EQ(
        append_open(&other, &(struct append_options){ .path = in_directory("a"),
                                                      .is_locked = true }),
        -EBUSY);
    end_file();
    begin_file(&(struct append_options){ .is_locked = true });
    append_abort(file);
    begin_file(&(struct append_options){ .is_locked = true });
    end_file();
}

/* A run that is abandoned leaves the beginning of what it added. */
FILE_TEST(fetch_append_may_be_abandoned_at_any_moment)
{
    struct stat status;

    begin_file(&(struct append_options){ .sync_every = 0 });
    add(300000);
    append_abort(file);
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_EQ(stat(in_directory("a"), &status), 0);
    ASSERT_LE(status.st_size, 300000);
    expected_size = (size_t)status.st_size;
    expect_all();
}

/* ---- at random -------------------------------------------------------------------- */

static void step_at_random(void)
{
    switch (coil_test_random(8)) {
    case 0:
        cut(coil_test_random(expected_size + 1));
        break;
    case 1:
        if (flush(NULL) == 0)
            expect_beginning();
        break;
    case 2:
        ASSERT_EQ(coil_yield(), 0);
        break;
    case 3:
        room = (long)coil_test_random(3) * 40000 - 40000;
        break;
    case 4:
        if (expected_size < MOST / 2)
            add(200000 + coil_test_random(200000));
        break;
    default:
        if (expected_size < MOST / 2)
            add(coil_test_random(5000));
    }
}

SIMULATED_TEST(fetch_append_is_what_was_added_and_not_cut, begin_directory,
               end_directory, 1, 100)
{
    begin_file(&(struct append_options){ .sync_every = 1 });
    for (int i = 0; i < 60; i++)
        step_at_random();
    room = -1;
    (void)!flush(NULL); /* its attempt may have begun before */
    end_file();
}
