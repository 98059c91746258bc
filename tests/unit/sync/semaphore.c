/* SPDX-License-Identifier: MIT */
/*
 * The semaphores against B16 of asyncio's behaviour, SM-1 … SM-6, as amended: a
 * permit that was handed over is taken, and a cancellation does not undo that.
 */
#include <coil/semaphore.h>

#include "handover.h"

static struct coil_semaphore semaphore;
static struct coil_bounded_semaphore bounded;

static void prepare(void)
{
    coil_semaphore_init(&semaphore, 1);
    coil_bounded_semaphore_init(&bounded, 2);
    watch(coil_test_check_semaphore, &semaphore);
    watch(coil_test_check_bounded_semaphore, &bounded);
}

static void conclude(void)
{
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(coil_bounded_semaphore_value(&bounded), 2);
}

int enter(void)
{
    return coil_semaphore_acquire(&semaphore);
}

void leave(void)
{
    coil_semaphore_release(&semaphore);
}

/* ---- uncontended ---- */

/* SM-1 */
SYNC_TEST(semaphore_begins_with_its_permits)
{
    struct coil_semaphore three = COIL_SEMAPHORE_INIT(3);
    struct coil_semaphore none = { 0 };

    ASSERT_EQ(coil_semaphore_value(&three), 3);
    ASSERT(!coil_semaphore_is_locked(&three));
    ASSERT(coil_semaphore_is_locked(&none));
    ASSERT_EQ(coil_semaphore_try_acquire(&none), -EAGAIN);
    coil_semaphore_release(&none);
    ASSERT_EQ(coil_semaphore_try_acquire(&none), 0);
}

/* SM-2, SM-3 */
SYNC_TEST(semaphore_permits_are_acquired_without_suspending)
{
    struct coil_semaphore two = COIL_SEMAPHORE_INIT(2);
    struct coil_task *other = start(visit, "other");

    ASSERT_EQ(coil_semaphore_acquire(&two), 0);
    ASSERT(!coil_semaphore_is_locked(&two));
    ASSERT_EQ(coil_semaphore_acquire(&two), 0);
    ASSERT(coil_semaphore_is_locked(&two));
    ASSERT_EQ(coil_semaphore_value(&two), 0);
    ASSERT_EQ(coil_semaphore_try_acquire(&two), -EAGAIN);
    coil_semaphore_release(&two);
    ASSERT_EQ(coil_semaphore_value(&two), 1);
    coil_semaphore_release(&two);
    ASSERT_EQ(coil_semaphore_value(&two), 2);
    SAID("");
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/* SM-6 */
SYNC_TEST(semaphore_may_be_released_more_often_than_acquired)
{
    coil_semaphore_release(&semaphore);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 3);
    must_enter();
    must_enter();
}

SYNC_TEST(semaphore_waiting_allocates_nothing)
{
    struct coil_task *a;
    size_t before;

    must_enter();
    a = start(visit, "a");
    before = coil_test_allocations();
    turn();
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

/* ---- order ---- */

/* SM-3: a permit that is handed over is never counted. */
SYNC_TEST(semaphore_permit_goes_to_the_longest_waiter)
{
    struct coil_task *a, *b;

    must_enter();
    a = start(visit, "a");
    b = start(visit, "b");
    turn();
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
    ASSERT(coil_semaphore_is_locked(&semaphore));
    SAID("");
    turn();
    SAID("a ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("b ");
}

/* SM-3: 1, 2, 3, 4 */
SYNC_TEST(semaphore_permits_released_together_go_to_as_many_in_order)
{
    struct coil_task *waiters[4];
    static const char *const names[] = { "1", "2", "3", "4" };
    int i;

    must_enter();
    for (i = 0; i < 4; i++)
        waiters[i] = start(visit, names[i]);
    turn();
    for (i = 0; i < 5; i++)
        coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    turn();
    SAID("1 2 3 4 ");
    for (i = 0; i < 4; i++)
        ASSERT_EQ(end_of(waiters[i]), 0);
    for (i = 0; i < 4; i++)
        must_enter();
}

/* SM-2, SM-4 */
SYNC_TEST(semaphore_permit_handed_over_cannot_be_taken_by_a_newcomer)
{
    struct coil_task *waiter, *newcomer;

    must_enter();
    waiter = start(visit, "waiter");
    turn();
    newcomer = start(visit, "newcomer");
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_try_acquire(&semaphore), -EAGAIN);
    ASSERT_EQ(end_of(newcomer), 0);
    SAID("waiter newcomer ");
    ASSERT_EQ(end_of(waiter), 0);
}

/* SM-2, amended: it is free before the waiter has run. */
SYNC_TEST(semaphore_permit_beyond_those_handed_over_is_free)
{
    struct coil_task *waiter;

    must_enter();
    waiter = start(visit, "waiter");
    turn();
    coil_semaphore_release(&semaphore);
    ASSERT(coil_semaphore_is_locked(&semaphore));
    coil_semaphore_release(&semaphore);
    ASSERT(!coil_semaphore_is_locked(&semaphore));
    ASSERT_EQ(coil_semaphore_acquire(&semaphore), 0);
    SAID("");
    ASSERT_EQ(end_of(waiter), 0);
    SAID("waiter ");
}

/* SM-4 */
static int visit_twice(void *arg)
{
    int rc = visit(arg);

    if (rc < 0)
        return rc;
    return visit(arg);
}

SYNC_TEST(semaphore_reacquired_at_once_goes_behind_those_who_wait)
{
    struct coil_task *a, *b, *c;

    must_enter();
    a = start(visit_twice, "1");
    b = start(visit_twice, "2");
    c = start(visit_twice, "3");
    turn();
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    SAID("1 2 3 1 2 3 ");
}

/* ---- cancellation ---- */

SYNC_TEST(semaphore_permit_is_not_taken_by_a_cancelled_task)
{
    cancel_self();
    ASSERT_EQ(coil_semaphore_acquire(&semaphore), -ECANCELED);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    must_enter();
    cancel_self();
    ASSERT_EQ(coil_semaphore_acquire(&semaphore), -ECANCELED);
    ASSERT_NULL(semaphore.waiters.head);
    coil_semaphore_release(&semaphore);
}

/* SM-5: the permit goes to the next. */
SYNC_TEST(semaphore_cancelled_first_waiter_leaves_the_queue)
{
    cancel_one(0, true, "a! b c ");
}

/* SM-4: _3 */
SYNC_TEST(semaphore_cancelled_middle_waiter_is_skipped)
{
    cancel_one(1, true, "b! a c ");
}

/* SM-5 */
SYNC_TEST(semaphore_cancelled_last_waiter_leaves_the_queue)
{
    cancel_one(2, true, "c! a b ");
}

/* SM-5, amended: bpo-45997 */
SYNC_TEST(semaphore_permit_is_kept_by_a_waiter_cancelled_in_that_turn)
{
    cancel_one(0, false, "a b c ");
}

/* SM-5 */
SYNC_TEST(semaphore_waiter_behind_the_woken_one_can_be_cancelled_in_that_turn)
{
    cancel_one(1, false, "a b! c ");
}

/* SM-5: test_acquire_no_hang */
SYNC_TEST(semaphore_left_by_all_its_waiters_has_its_permit)
{
    struct coil_task *a, *b;

    must_enter();
    a = start(visit, "a");
    b = start(visit, "b");
    turn();
    cancel(a);
    cancel(b);
    ASSERT_NULL(semaphore.waiters.head);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(coil_semaphore_try_acquire(&semaphore), 0);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -ECANCELED);
    coil_semaphore_release(&semaphore);
    SAID("a! b! ");
}

/* SM-5: t1 and t2 are woken, t2 is cancelled: t3 gets a permit, t4 does not. */
SYNC_TEST(semaphore_two_permits_pass_a_cancelled_waiter)
{
    struct coil_task *waiters[4];
    static const char *const names[] = { "1", "2", "3", "4" };
    int i;

    must_enter();
    for (i = 0; i < 4; i++)
        waiters[i] = start(visit, names[i]);
    turn();
    cancel(waiters[0]);
    cancel(waiters[1]);
    coil_semaphore_release(&semaphore);
    turn();
    SAID("1! 2! 3 ");
    for (i = 0; i < 4; i++)
        ASSERT_EQ(end_of(waiters[i]), i < 2 ? -ECANCELED : 0);
    SAID("4 ");
}

static int acquire_then_yield(void *arg)
{
    (void)arg;
    must_enter();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    coil_semaphore_release(&semaphore);
    return 0;
}

SYNC_TEST(semaphore_cancellation_after_the_permit_is_reported_by_the_next_call)
{
    struct coil_task *a;

    must_enter();
    a = start(acquire_then_yield, NULL);
    turn();
    coil_semaphore_release(&semaphore);
    cancel(a);
    ASSERT_EQ(end_of(a), 0);
}

/* ---- timeouts ---- */

SYNC_TEST(semaphore_released_just_before_the_timeout_is_acquired)
{
    ASSERT_EQ(race_with_timeout(true), 0);
}

SYNC_TEST(semaphore_released_just_after_the_timeout_goes_to_the_next)
{
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}

/* ---- bounded ---- */

static int visit_bounded(void *arg)
{
    const char *name = arg;
    int rc = coil_bounded_semaphore_acquire(&bounded);

    say("%s%s ", name, rc < 0 ? "!" : "");
    if (rc < 0)
        return rc;
    turn();
    return coil_bounded_semaphore_release(&bounded);
}

SYNC_TEST(semaphore_bounded_is_like_another)
{
    struct coil_bounded_semaphore made = COIL_BOUNDED_SEMAPHORE_INIT(1);
    struct coil_task *a, *b, *c;

    ASSERT_EQ(coil_bounded_semaphore_try_acquire(&made), 0);
    ASSERT_EQ(coil_bounded_semaphore_try_acquire(&made), -EAGAIN);
    ASSERT_EQ(coil_bounded_semaphore_release(&made), 0);

    ASSERT(!coil_bounded_semaphore_is_locked(&bounded));
    ASSERT_EQ(coil_bounded_semaphore_acquire(&bounded), 0);
    ASSERT_EQ(coil_bounded_semaphore_value(&bounded), 1);
    ASSERT_EQ(coil_bounded_semaphore_acquire(&bounded), 0);
    ASSERT(coil_bounded_semaphore_is_locked(&bounded));
    a = start(visit_bounded, "a");
    b = start(visit_bounded, "b");
    c = start(visit_bounded, "c");
    turn();
    cancel(b);
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    ASSERT(coil_bounded_semaphore_is_locked(&bounded));
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(end_of(c), 0);
    SAID("b! a c ");
}

/* ---- misuse ---- */

/* SM-6 */
SYNC_TEST(semaphore_bounded_released_too_often_is_a_misuse)
{
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), -EPERM);
    ASSERT_MISUSE(&bounded);
    ASSERT_EQ(coil_bounded_semaphore_value(&bounded), 2);
    ASSERT_EQ(coil_bounded_semaphore_acquire(&bounded), 0);
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), -EPERM);
    ASSERT_MISUSE(&bounded);
}

static struct coil_semaphore no_permits;

static int acquire_in_vain(void *arg)
{
    (void)arg;
    return coil_semaphore_acquire(&no_permits);
}

/* SM-1 */
TEST(semaphore_that_nobody_can_release_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(acquire_in_vain, NULL, 0), -EDEADLK);
}

PANIC_TEST(semaphore_acquired_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    (void)!coil_semaphore_acquire(&no_permits);
}
