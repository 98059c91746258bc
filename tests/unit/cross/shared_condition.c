/* SPDX-License-Identifier: MIT */
/*
 * The shared condition within one loop: what the condition of asyncio does, but
 * that no notification is lost.
 */
#include <coil/shared_condition.h>

#include "simulated.h"

static struct coil_shared_lock lock;
static struct coil_shared_condition condition =
    COIL_SHARED_CONDITION_INIT(&lock);

static void prepare(void)
{
}

static void conclude(void)
{
    ASSERT(!coil_shared_lock_is_locked(&lock));
}

static void acquire(void)
{
    ASSERT_EQ(coil_shared_lock_acquire(&lock), 0);
}

static void release(void)
{
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
}

/* Whatever happens, the wait returns with the lock. */
static int await_notice(void *arg)
{
    int rc;

    acquire();
    rc = coil_shared_condition_wait(&condition);
    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), -EAGAIN);
    say("%s%s ", (const char *)arg, rc < 0 ? "!" : "");
    release();
    return rc;
}

static void notify(size_t count)
{
    acquire();
    ASSERT_EQ(coil_shared_condition_notify(&condition, count), 0);
    release();
}

SYNC_TEST(shared_condition_wakes_the_longest_waiter)
{
    struct coil_task *a = start_waiting(await_notice, "a");
    struct coil_task *b = start_waiting(await_notice, "b");
    struct coil_task *c = start_waiting(await_notice, "c");

    notify(1);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
    acquire();
    ASSERT_EQ(coil_shared_condition_notify_all(&condition), 0);
    release();
    ASSERT_EQ(end_of(c), 0);
    SAID("b c ");
    ASSERT_EQ(end_of(b), 0);
}

/* A waiter that is cancelled before uses up no notification. */
SYNC_TEST(shared_condition_notification_is_not_lost_with_a_waiter)
{
    struct coil_task *a = start_waiting(await_notice, "a");
    struct coil_task *b = start_waiting(await_notice, "b");

    acquire();
    cancel(a);
    ASSERT_EQ(coil_shared_condition_notify(&condition, 1), 0);
    release();
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    SAID("a! b ");
}

/* The lock is free when it is cancelled, so it has it at once. */
SYNC_TEST(shared_condition_waiter_is_cancelled)
{
    struct coil_task *a = start_waiting(await_notice, "a");

    cancel(a);
    ASSERT(coil_shared_lock_is_locked(&lock));
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a! ");
}

SYNC_TEST(shared_condition_notified_waiter_is_cancelled_too_late)
{
    struct coil_task *a = start_waiting(await_notice, "a");

    acquire();
    ASSERT_EQ(coil_shared_condition_notify(&condition, 1), 0);
    cancel(a);
    release();
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

SYNC_TEST(shared_condition_needs_its_lock)
{
    ASSERT_EQ(coil_shared_condition_wait(&condition), -EPERM);
    ASSERT_MISUSE(&condition);
    ASSERT_EQ(coil_shared_condition_notify(&condition, 1), -EPERM);
    ASSERT_MISUSE(&condition);
}
