/* SPDX-License-Identifier: MIT */
/*
 * Readers together, a writer alone, and nobody starves.
 */
#include <coil/rw_lock.h>

#include "simulated.h"

static struct coil_rw_lock lock;

static void prepare(void)
{
    coil_rw_lock_init(&lock);
    watch(coil_test_check_rw_lock, &lock);
}

static void conclude(void)
{
    ASSERT_EQ(coil_rw_lock_readers(&lock), 0);
    ASSERT(!coil_rw_lock_is_writing(&lock));
    ASSERT_EQ(coil_rw_lock_waiting(&lock), 0);
    check_nothing_is_left();
}

static int read_it(void *arg)
{
    int rc = coil_rw_lock_acquire_read(&lock);

    if (rc < 0)
        return rc;
    say("+%s ", (const char *)arg);
    rc = coil_sleep(COIL_SECOND);
    say("-%s ", (const char *)arg);
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
    return rc;
}

static int write_it(void *arg)
{
    int rc = coil_rw_lock_acquire_write(&lock);

    if (rc < 0)
        return rc;
    say("+%s ", (const char *)arg);
    rc = coil_sleep(COIL_SECOND);
    say("-%s ", (const char *)arg);
    ASSERT_EQ(coil_rw_lock_release_write(&lock), 0);
    return rc;
}

SYNC_TEST(rw_lock_lets_readers_in_together)
{
    struct coil_task *a = start_waiting(read_it, "a");
    struct coil_task *b = start_waiting(read_it, "b");

    ASSERT_EQ(coil_rw_lock_readers(&lock), 2);
    ASSERT_EQ(coil_rw_lock_try_acquire_write(&lock), -EAGAIN);
    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), 0);
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("+a +b -a -b ");
}

SYNC_TEST(rw_lock_lets_a_writer_in_alone)
{
    struct coil_task *w = start_waiting(write_it, "W");
    struct coil_task *v = start_waiting(write_it, "V");
    struct coil_task *a = start_waiting(read_it, "a");

    ASSERT(coil_rw_lock_is_writing(&lock));
    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), -EAGAIN);
    ASSERT_EQ(end_of(w), 0);
    ASSERT_EQ(end_of(v), 0);
    ASSERT_EQ(end_of(a), 0);
    SAID("+W -W +V -V +a -a ");
}

/* b comes while a reads, but a writer waits already. */
SYNC_TEST(rw_lock_writer_does_not_starve)
{
    struct coil_task *a = start_waiting(read_it, "a");
    struct coil_task *w = start_waiting(write_it, "W");
    struct coil_task *b = start_waiting(read_it, "b");
    struct coil_task *c = start_waiting(read_it, "c");

    ASSERT_EQ(coil_rw_lock_waiting(&lock), 3);
    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), -EAGAIN);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(w), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    SAID("+a -a +W -W +b +c -b -c ");
}

SYNC_TEST(rw_lock_cancelled_writer_lets_readers_in_at_once)
{
    struct coil_task *a = start_waiting(read_it, "a");
    struct coil_task *w = start_waiting(write_it, "W");
    struct coil_task *b = start_waiting(read_it, "b");

    ASSERT_EQ(end_by_cancelling(w), -ECANCELED);
    ASSERT_EQ(coil_rw_lock_readers(&lock), 2);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("+a +b -a -b ");
}

SYNC_TEST(rw_lock_handed_over_is_held)
{
    struct coil_task *w;

    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), 0);
    w = start_waiting(write_it, "W");
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), -EAGAIN);
    cancel(w);
    ASSERT_EQ(end_of(w), -ECANCELED); /* in its sleep */
    SAID("+W -W ");
}

SYNC_TEST(rw_lock_downgraded_lets_no_writer_pass)
{
    struct coil_task *b, *w;

    ASSERT_EQ(coil_rw_lock_acquire_write(&lock), 0);
    b = start_waiting(read_it, "b");
    w = start_waiting(write_it, "W");
    ASSERT_EQ(coil_rw_lock_downgrade(&lock), 0);
    ASSERT_EQ(coil_rw_lock_readers(&lock), 2);
    ASSERT_EQ(end_of(b), 0);
    ASSERT(!coil_rw_lock_is_writing(&lock));
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
    ASSERT_EQ(end_of(w), 0);
    SAID("+b -b +W -W ");
}

SYNC_TEST(rw_lock_released_wrongly_is_a_misuse)
{
    watch_reports();
    ASSERT_EQ(coil_rw_lock_release_read(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT_EQ(coil_rw_lock_try_acquire_read(&lock), 0);
    ASSERT_EQ(coil_rw_lock_release_write(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT_EQ(coil_rw_lock_downgrade(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT_EQ(coil_rw_lock_readers(&lock), 1);
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
}

SYNC_TEST(rw_lock_waiting_allocates_nothing)
{
    struct coil_task *w;
    size_t before;

    ASSERT_EQ(coil_rw_lock_acquire_read(&lock), 0);
    w = start(write_it, "W");
    before = coil_test_allocations();
    turn();
    ASSERT_EQ(coil_rw_lock_release_read(&lock), 0);
    turn();
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(w), 0);
    forget();
}

/* ---- whatever the order ---- */

static int readers, writers;

static int use(void *arg)
{
    bool writes = coil_test_choose(2) == 1;
    int rc = writes ? coil_rw_lock_acquire_write(&lock)
                    : coil_rw_lock_acquire_read(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    readers += !writes;
    writers += writes;
    ASSERT(writers == 0 || (writers == 1 && readers == 0));
    rc = coil_yield();
    readers -= !writes;
    writers -= writes;
    ASSERT_EQ(writes ? coil_rw_lock_release_write(&lock)
                     : coil_rw_lock_release_read(&lock),
              0);
    return rc;
}

static int crowd(void *arg)
{
    struct coil_task *tasks[3];

    (void)arg;
    prepare();
    readers = writers = 0;
    for (int i = 0; i < 3; i++)
        tasks[i] = start(use, NULL);
    ASSERT_EQ(coil_yield(), 0);
    coil_task_cancel(tasks[coil_test_choose(3)]);
    for (int i = 0; i < 3; i++)
        (void)end_of(tasks[i]);
    conclude();
    return 0;
}

TEST(rw_lock_under_every_schedule)
{
    ASSERT_EQ(coil_test_explore(crowd, NULL, 20000, NULL), 0);
}
