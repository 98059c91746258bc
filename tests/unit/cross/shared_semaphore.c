/* SPDX-License-Identifier: MIT */
/*
 * The shared semaphore within one loop: what the semaphore of B16 of asyncio's
 * behaviour does, SM-1 … SM-6.
 */
#include <coil/shared_semaphore.h>

#include "handover.h"

static struct coil_shared_semaphore semaphore;

static void prepare(void)
{
    coil_shared_semaphore_init(&semaphore, 1);
}

static void conclude(void)
{
    ASSERT_EQ(coil_shared_semaphore_value(&semaphore), 1);
}

int enter(void)
{
    return coil_shared_semaphore_acquire(&semaphore);
}

void leave(void)
{
    coil_shared_semaphore_release(&semaphore);
}

SYNC_TEST(shared_semaphore_begins_with_its_permits)
{
    struct coil_shared_semaphore two = COIL_SHARED_SEMAPHORE_INIT(2);
    struct coil_shared_semaphore none = { 0 };

    ASSERT_EQ(coil_shared_semaphore_value(&two), 2);
    ASSERT_EQ(coil_shared_semaphore_acquire(&two), 0);
    ASSERT_EQ(coil_shared_semaphore_try_acquire(&two), 0);
    ASSERT_EQ(coil_shared_semaphore_try_acquire(&two), -EAGAIN);
    ASSERT_EQ(coil_shared_semaphore_try_acquire(&none), -EAGAIN);
    coil_shared_semaphore_release(&none);
    ASSERT_EQ(coil_shared_semaphore_try_acquire(&none), 0);
}

SYNC_TEST(shared_semaphore_permit_goes_to_the_longest_waiter)
{
    struct coil_task *a, *b;

    ASSERT_EQ(enter(), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    turn();
    leave();
    ASSERT_EQ(coil_shared_semaphore_try_acquire(&semaphore), -EAGAIN);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
    ASSERT_EQ(end_of(a), 0);
}

SYNC_TEST(shared_semaphore_waiter_cancelled_before_loses_its_place)
{
    cancel_one(0, true, "a! b c ");
    cancel_one(2, true, "c! a b ");
}

SYNC_TEST(shared_semaphore_permit_handed_over_is_kept)
{
    cancel_one(0, false, "a b c ");
    cancel_one(1, false, "a b! c ");
}

SYNC_TEST(shared_semaphore_and_a_timeout_at_the_same_moment)
{
    ASSERT_EQ(race_with_timeout(true), 0);
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}
