/* SPDX-License-Identifier: MIT */
/*
 * The shared lock within one loop: what the lock of B13 of asyncio's behaviour
 * does, LK-1 … LK-5.
 */
#include <coil/shared_lock.h>

#include "handover.h"

static struct coil_shared_lock lock;

static void conclude(void)
{
    ASSERT(!coil_shared_lock_is_locked(&lock));
}

static void prepare(void)
{
}

int enter(void)
{
    return coil_shared_lock_acquire(&lock);
}

void leave(void)
{
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
}

SYNC_TEST(shared_lock_is_free_when_new)
{
    struct coil_shared_lock made = COIL_SHARED_LOCK_INIT;

    ASSERT(!coil_shared_lock_is_locked(&lock));
    ASSERT_EQ(coil_shared_lock_acquire(&made), 0);
    ASSERT(coil_shared_lock_is_locked(&made));
    ASSERT_EQ(coil_shared_lock_try_acquire(&made), -EAGAIN);
    coil_shared_lock_init(&made);
    ASSERT_EQ(coil_shared_lock_try_acquire(&made), 0);
}

SYNC_TEST(shared_lock_free_is_acquired_without_suspending)
{
    struct coil_task *other = start(visit, "other");

    ASSERT_EQ(enter(), 0);
    SAID("");
    leave();
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

SYNC_TEST(shared_lock_goes_to_the_longest_waiter)
{
    struct coil_task *a, *b, *c;

    ASSERT_EQ(enter(), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    c = start(visit, "c");
    turn();
    leave();
    SAID("");
    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), -EAGAIN);
    turn();
    SAID("a ");
    ASSERT_EQ(end_of(c), 0);
    SAID("b c ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

SYNC_TEST(shared_lock_waiter_cancelled_before_loses_its_place)
{
    cancel_one(0, true, "a! b c ");
    cancel_one(1, true, "b! a c ");
    cancel_one(2, true, "c! a b ");
}

/* The first has the lock, and is told at its next suspending call. */
SYNC_TEST(shared_lock_handed_over_is_held_whatever_is_cancelled)
{
    cancel_one(0, false, "a b c ");
    cancel_one(1, false, "a b! c ");
    cancel_one(2, false, "a c! b ");
}

SYNC_TEST(shared_lock_and_a_timeout_at_the_same_moment)
{
    ASSERT_EQ(race_with_timeout(true), 0);
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}

SYNC_TEST(shared_lock_release_of_a_free_one_is_refused)
{
    ASSERT_EQ(coil_shared_lock_release(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT_EQ(enter(), 0);
    leave();
}

SYNC_TEST(shared_lock_reports_a_cancellation_on_entry)
{
    cancel_self();
    ASSERT_EQ(enter(), -ECANCELED);
    ASSERT(!coil_shared_lock_is_locked(&lock));
}
