/* SPDX-License-Identifier: MIT */
/*
 * The checks of coil/testing.h: each names the fault of a primitive that is
 * broken in one place, and is content when the fault is mended.
 */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "bodies.h"
#include "simulated.h"
#include "sched/wait.h"
#include "jobs.h"

static struct coil_list elsewhere;

/* ---- wait queues, of whatever they are ---- */

static struct coil_event event;

CORE_TEST(check_tells_of_links_that_disagree)
{
    struct coil_task *a = start_waiting(await_event, &event);
    struct coil_task *b = start_waiting(await_event, &event);

    ASSERT_TELLS(coil_test_check_event, &event, event.waiters.tail->prev, NULL,
                 "a wait queue's links disagree");
    end_cancelled(a);
    end_cancelled(b);
}

CORE_TEST(check_tells_of_a_waiter_that_is_in_two_queues)
{
    struct coil_task *a = start_waiting(await_event, &event);

    ASSERT_TELLS(coil_test_check_event, &event,
                 coil__waitq_first(&event.waiters)->queue, &elsewhere,
                 "a waiter stands in a queue that it does not know");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_a_waiter_whose_coroutine_does_not_wait)
{
    struct coil_task *a = start_waiting(await_event, &event);

    ASSERT_TELLS(coil_test_check_event, &event,
                 coil__waitq_first(&event.waiters)->co->parked, NULL,
                 "a queued waiter's coroutine waits for something else");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_a_queue_that_ends_before_its_last_waiter)
{
    struct coil_task *a = start_waiting(await_event, &event);
    struct coil_task *b = start_waiting(await_event, &event);

    ASSERT_TELLS(coil_test_check_event, &event, event.waiters.tail,
                 event.waiters.head, "a wait queue's tail is wrong");
    end_cancelled(a);
    end_cancelled(b);
}

/* ---- event ---- */

CORE_TEST(check_tells_of_an_event_that_is_set_and_waited_for)
{
    struct coil_task *a = start_waiting(await_event, &event);

    ASSERT_TELLS(coil_test_check_event, &event, event.set, true,
                 "event: set, but somebody waits");
    end_cancelled(a);
}

/* ---- lock ---- */

static struct coil_lock lock;

CORE_TEST(check_tells_of_a_lock_that_is_free_and_waited_for)
{
    struct coil_task *a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start_waiting(acquire_lock, &lock);
    ASSERT_TELLS(coil_test_check_lock, &lock, lock.locked, false,
                 "lock: free, but somebody waits");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_a_free_lock_that_has_a_holder)
{
    ASSERT_TELLS(coil_test_check_lock, &lock, lock.holder, 1,
                 "lock: free, but has a holder");
}

CORE_TEST(check_tells_of_a_locks_waiter_that_waits_for_something_else)
{
    static const struct coil_wait_reason reason = { .name = "another" };
    struct coil_waiter *waiter;
    struct coil_task *a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start_waiting(acquire_lock, &lock);
    waiter = coil__waitq_first(&lock.waiters);
    ASSERT_TELLS(coil_test_check_lock, &lock, waiter->object, &elsewhere,
                 "lock: a waiter that waits for something else");
    ASSERT_TELLS(coil_test_check_lock, &lock, waiter->reason, &reason,
                 "lock: a waiter that waits for something else");
    end_cancelled(a);
}

/* ---- condition ---- */

static struct coil_condition condition;

static int wait_for_condition(void *arg)
{
    int rc = coil_condition_acquire(&condition);

    (void)arg;
    ASSERT_EQ(rc, 0);
    rc = coil_condition_wait(&condition);
    ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

CORE_TEST(check_tells_of_a_conditions_waiter_that_waits_for_something_else)
{
    struct coil_task *a = start_waiting(wait_for_condition, NULL);
    struct coil_waiter *waiter = coil__waitq_first(&condition.waiters);

    ASSERT_TELLS(coil_test_check_condition, &condition, waiter->object,
                 &elsewhere,
                 "condition: a waiter that waits for something else");
    /* The waiter looks as if it had been notified already. */
    ASSERT_TELLS(coil_test_check_condition, &condition, waiter->cancel,
                 coil__wait_uninterrupted,
                 "condition: a waiter that waits for something else");
    end_cancelled(a);
}

CORE_TEST(check_of_a_condition_looks_at_its_queue_and_its_lock)
{
    struct coil_task *a = start_waiting(wait_for_condition, NULL);

    ASSERT_TELLS(coil_test_check_condition, &condition, condition.waiters.tail,
                 NULL, "a wait queue's tail is wrong");
    ASSERT_TELLS(coil_test_check_condition, &condition,
                 condition.own_lock.holder, 1, "lock: free, but has a holder");
    end_cancelled(a);
}

/* ---- barrier ---- */

static struct coil_barrier barrier = COIL_BARRIER_INIT(3);

static int wait_for_barrier(void *arg)
{
    (void)arg;
    return coil_barrier_wait(&barrier);
}

CORE_TEST(check_tells_of_a_barrier_that_counts_wrong)
{
    struct coil_task *a = start_waiting(wait_for_barrier, NULL);

    ASSERT_TELLS(coil_test_check_barrier, &barrier, barrier.waiting, 2,
                 "barrier: the number of those who wait is wrong");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_a_barrier_that_is_complete_and_waited_for)
{
    struct coil_task *a = start_waiting(wait_for_barrier, NULL);

    ASSERT_TELLS(coil_test_check_barrier, &barrier, barrier.parties, 1,
                 "barrier: complete, but somebody waits");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_a_barrier_that_is_broken_and_waited_for)
{
    struct coil_task *a = start_waiting(wait_for_barrier, NULL);

    ASSERT_TELLS(coil_test_check_barrier, &barrier, barrier.broken, true,
                 "barrier: broken, but somebody waits");
    end_cancelled(a);
}

/* ---- semaphores ---- */

static struct coil_bounded_semaphore bounded = COIL_BOUNDED_SEMAPHORE_INIT(1);

static int wait_for_permit(void *arg)
{
    (void)arg;
    return coil_bounded_semaphore_acquire(&bounded);
}

CORE_TEST(check_tells_of_permits_that_are_there_and_waited_for)
{
    struct coil_semaphore *semaphore = &bounded.semaphore;
    struct coil_task *a;

    ASSERT_EQ(coil_bounded_semaphore_acquire(&bounded), 0);
    a = start_waiting(wait_for_permit, NULL);
    ASSERT_TELLS(coil_test_check_semaphore, semaphore, semaphore->value, 1,
                 "semaphore: there are permits, but somebody waits");
    ASSERT_TELLS(coil_test_check_bounded_semaphore, &bounded, semaphore->value,
                 1, "semaphore: there are permits, but somebody waits");
    end_cancelled(a);
}

CORE_TEST(check_tells_of_more_permits_than_the_bound)
{
    ASSERT_TELLS(coil_test_check_bounded_semaphore, &bounded,
                 bounded.semaphore.value, 2,
                 "bounded semaphore: more permits than its bound");
}
