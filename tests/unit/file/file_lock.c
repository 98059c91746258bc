/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: another opened file is kept out, as another process would be.
 */
#include <coil/file.h>
#include <coil/sleep.h>

#include "file_test.h"

static struct coil_file *ours, *theirs;

static void open_both(void)
{
    put_file("a", "0123456789");
    ASSERT_EQ(coil_file_open(&ours, in_directory("a"), O_RDWR, 0), 0);
    ASSERT_EQ(coil_file_open(&theirs, in_directory("a"), O_RDWR, 0), 0);
}

static void close_both(void)
{
    ASSERT_EQ(coil_file_close(ours), 0);
    ASSERT_EQ(coil_file_close(theirs), 0);
}

static int lock_part(void *unused)
{
    (void)unused;
    return coil_file_lock(theirs, COIL_FILE_EXCLUSIVE, 0, 4);
}

FILE_TEST(file_lock_of_a_part)
{
    struct coil_task *waiter;

    open_both();
    ASSERT_EQ(coil_file_lock(ours, COIL_FILE_EXCLUSIVE, 2, 4), 0);
    ASSERT_EQ(coil_file_try_lock(theirs, COIL_FILE_SHARED, 0, 0), -EAGAIN);
    ASSERT_EQ(coil_file_try_lock(theirs, COIL_FILE_EXCLUSIVE, 6, 0), 0);
    waiter = start_waiting(lock_part, NULL);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(coil_file_unlock(ours, 2, 4), 0);
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(coil_file_try_lock(ours, COIL_FILE_SHARED, 0, 1), -EAGAIN);
    ASSERT_EQ(coil_file_try_lock(ours, COIL_FILE_SHARED, -1, 1), -EINVAL);
    close_both();
}

FILE_TEST(file_lock_is_shared)
{
    open_both();
    ASSERT_EQ(coil_file_lock(ours, COIL_FILE_SHARED, 0, 0), 0);
    ASSERT_EQ(coil_file_lock(theirs, COIL_FILE_SHARED, 0, 0), 0);
    ASSERT_EQ(coil_file_try_lock(ours, COIL_FILE_EXCLUSIVE, 0, 0), -EAGAIN);
    close_both();
}

FILE_TEST(file_lock_that_was_cancelled_leaves_none)
{
    struct coil_task *waiter;

    open_both();
    ASSERT_EQ(coil_file_lock(ours, COIL_FILE_EXCLUSIVE, 0, 0), 0);
    waiter = start_waiting(lock_part, NULL);
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
    ASSERT_EQ(coil_file_unlock(ours, 0, 0), 0);
    ASSERT_EQ(coil_file_try_lock(ours, COIL_FILE_EXCLUSIVE, 0, 0), 0);
    close_both();
}

/* The end of the file is the end of its lock, and who waited gets it. */
FILE_TEST(file_lock_ends_with_the_file)
{
    struct coil_task *waiter;

    open_both();
    ASSERT_EQ(coil_file_lock(ours, COIL_FILE_EXCLUSIVE, 0, 0), 0);
    waiter = start_waiting(lock_part, NULL);
    ASSERT_EQ(coil_file_close(ours), 0);
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(coil_file_close(theirs), 0);
}

static int lock_whole(void *arg)
{
    return coil_file_flock(arg, COIL_FILE_EXCLUSIVE);
}

FILE_TEST(file_lock_of_the_whole)
{
    struct coil_task *waiter;

    open_both();
    ASSERT_EQ(coil_file_flock(ours, COIL_FILE_SHARED), 0);
    ASSERT_EQ(coil_file_try_flock(theirs, COIL_FILE_SHARED), 0);
    ASSERT_EQ(coil_file_try_flock(theirs, COIL_FILE_EXCLUSIVE), -EAGAIN);
    waiter = start_waiting(lock_whole, theirs);
    settle();
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
    ASSERT_EQ(coil_file_unflock(ours), 0);
    ASSERT_EQ(lock_whole(theirs), 0);
    ASSERT_EQ(coil_file_try_flock(ours, COIL_FILE_SHARED), -EAGAIN);
    close_both();
}

/* Long waits are not asked for all the time: at most every 100 ms. */
FILE_TEST(file_lock_waits_for_long)
{
    struct coil_task *waiter;

    if (!simulated)
        return;
    open_both();
    ASSERT_EQ(coil_file_lock(ours, COIL_FILE_EXCLUSIVE, 0, 0), 0);
    waiter = start_waiting(lock_part, NULL);
    ASSERT_EQ(coil_sleep(10 * COIL_SECOND), 0);
    ASSERT(!coil_task_is_done(waiter));
    ASSERT_EQ(coil_file_unlock(ours, 0, 0), 0);
    ASSERT_EQ(coil_sleep(101 * COIL_MILLISECOND), 0);
    ASSERT(coil_task_is_done(waiter));
    ASSERT_EQ(end_of(waiter), 0);
    close_both();
}
