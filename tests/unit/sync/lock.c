/* SPDX-License-Identifier: MIT */
/*
 * The lock against B13 of asyncio's behaviour, LK-1 … LK-5, as amended: a lock
 * that was handed over is held, and a cancellation does not undo that.
 */
#include <stdlib.h>

#include <coil/lock.h>

#include "handover.h"

static struct coil_lock lock;

static void prepare(void)
{
    watch(coil_test_check_lock, &lock);
}

static void conclude(void)
{
    ASSERT(!coil_lock_is_locked(&lock));
}

int enter(void)
{
    return coil_lock_acquire(&lock);
}

void leave(void)
{
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

/* ---- uncontended ---- */

/* LK-1 */
SYNC_TEST(lock_is_free_when_new)
{
    struct coil_lock made = COIL_LOCK_INIT;

    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT(!coil_lock_is_locked(&made));
    ASSERT_EQ(coil_lock_acquire(&made), 0);
    coil_lock_init(&made);
    ASSERT(!coil_lock_is_locked(&made));
}

/* LK-1 */
SYNC_TEST(lock_free_is_acquired_without_suspending)
{
    struct coil_task *other = start(visit, "other");

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    SAID("");
    ASSERT(coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/* LK-1 */
SYNC_TEST(lock_try_acquire_never_waits)
{
    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    ASSERT(coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_try_acquire(&lock), -EAGAIN);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

/* LK-3 */
SYNC_TEST(lock_released_without_waiters_is_free)
{
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
}

SYNC_TEST(lock_waiting_allocates_nothing)
{
    struct coil_task *a, *b;
    size_t before;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    before = coil_test_allocations();
    turn();
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* ---- order ---- */

/* LK-2 */
SYNC_TEST(lock_goes_to_the_longest_waiter)
{
    struct coil_task *a, *b, *c;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    c = start(visit, "c");
    turn();
    SAID("");
    ASSERT_EQ(coil_lock_release(&lock), 0);
    SAID(""); /* not at once, but */
    turn();
    SAID("a "); /* in its turn, and it alone */
    ASSERT_EQ(end_of(c), 0);
    SAID("b c ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

/* LK-2, amended: the lock is the waiter's as soon as it is released. */
SYNC_TEST(lock_handed_over_cannot_be_taken_by_a_newcomer)
{
    struct coil_task *waiter, *newcomer;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    waiter = start(visit, "waiter");
    turn();
    newcomer = start(visit, "newcomer");
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_try_acquire(&lock), -EAGAIN);
    ASSERT_EQ(end_of(newcomer), 0);
    SAID("waiter newcomer ");
    ASSERT_EQ(end_of(waiter), 0);
}

/* Reports name the holder even if it has not run yet. */
SYNC_TEST(lock_handed_over_is_held_by_the_waiter)
{
    struct coil_task *waiter;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(lock.holder, coil_task_id(coil_current_task()));
    waiter = start(visit, "waiter");
    turn();
    ASSERT_EQ(lock.holder, coil_task_id(coil_current_task()));
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(lock.holder, coil_task_id(waiter));
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(lock.holder, 0);
    SAID("waiter ");
}

/* LK-2 */
SYNC_TEST(lock_reacquired_at_once_goes_behind_those_who_wait)
{
    struct coil_task *a, *b;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    turn();
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    SAID("a b ");
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

/* LK-3 */
static int release_it(void *arg)
{
    (void)arg;
    return coil_lock_release(&lock);
}

SYNC_TEST(lock_may_be_released_by_another_task_or_a_callback)
{
    struct coil_handle handle = { 0 };
    struct coil_task *other;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    other = start(release_it, NULL);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle,
                                  leave_from_callback, NULL),
              0);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(other), 0);
}

/* ---- cancellation ---- */

SYNC_TEST(lock_free_is_not_acquired_by_a_cancelled_task)
{
    cancel_self();
    ASSERT_EQ(coil_lock_acquire(&lock), -ECANCELED);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_acquire(&lock), 0); /* reported once */
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

SYNC_TEST(lock_held_is_not_waited_for_by_a_cancelled_task)
{
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    cancel_self();
    ASSERT_EQ(coil_lock_acquire(&lock), -ECANCELED);
    ASSERT_NULL(lock.waiters.head);
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

/* LK-4 */
SYNC_TEST(lock_cancelled_first_waiter_leaves_the_queue)
{
    cancel_one(0, true, "a! b c ");
}

/* LK-4 */
SYNC_TEST(lock_cancelled_middle_waiter_leaves_the_queue)
{
    cancel_one(1, true, "b! a c ");
}

/* LK-4 */
SYNC_TEST(lock_cancelled_last_waiter_leaves_the_queue)
{
    cancel_one(2, true, "c! a b ");
}

/* LK-4, amended: the grant came first and stays. */
SYNC_TEST(lock_handed_over_is_kept_by_a_waiter_cancelled_in_that_turn)
{
    cancel_one(0, false, "a b c ");
}

/* LK-4 */
SYNC_TEST(lock_waiter_behind_the_new_holder_can_be_cancelled_in_that_turn)
{
    cancel_one(1, false, "a b! c ");
}

static int acquire_then_acquire(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(coil_lock_acquire(&lock), -ECANCELED);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    return 0;
}

SYNC_TEST(
    lock_cancellation_after_the_handover_is_reported_once_by_the_next_call)
{
    struct coil_task *waiter;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    waiter = start(acquire_then_acquire, NULL);
    turn();
    ASSERT_EQ(coil_lock_release(&lock), 0);
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), 0);
}

/* LK-5 */
SYNC_TEST(lock_left_by_all_its_waiters_can_be_taken_at_once)
{
    struct coil_task *a, *b;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start(visit, "a");
    b = start(visit, "b");
    turn();
    cancel(a);
    cancel(b);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    SAID("a! b! ");
}

/* A cancelled waiter that tries again starts at the end. */
static int visit_until_in(void *arg)
{
    if (visit(arg) < 0)
        return visit(arg);
    return 0;
}

SYNC_TEST(lock_cancelled_waiter_has_lost_its_place)
{
    struct coil_task *a, *b;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    a = start(visit_until_in, "a");
    b = start(visit, "b");
    turn();
    cancel(a);
    turn();
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a! b a ");
}

/* ---- timeouts ---- */

SYNC_TEST(lock_released_just_before_the_timeout_is_acquired)
{
    ASSERT_EQ(race_with_timeout(true), 0);
}

SYNC_TEST(lock_released_just_after_the_timeout_goes_to_the_next)
{
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}

/* ---- misuse ---- */

/* LK-3 */
SYNC_TEST(lock_released_while_free_is_a_misuse_that_changes_nothing)
{
    ASSERT_EQ(coil_lock_release(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(coil_lock_release(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
}

static int acquire_twice(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    return coil_lock_acquire(&lock);
}

/* LK-3: not re-entrant; DESIGN 2.13. */
TEST(lock_acquired_twice_by_one_task_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(acquire_twice, NULL, 0), -EDEADLK);
}

PANIC_TEST(lock_deadlock_report_names_the_holder, "held by Task-1")
{
    ASSERT_EQ(coil_test_run(acquire_twice, NULL, 0), -EDEADLK);
    abort();
}

PANIC_TEST(lock_acquired_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    (void)!coil_lock_acquire(&lock);
}
