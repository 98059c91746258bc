/* SPDX-License-Identifier: MIT */
/*
 * The condition against B15 of asyncio's behaviour: CV-5 … CV-7, as amended. A
 * notification that comes before a cancellation is received. One that was not
 * received is neither lost nor invented.
 */
#include "condition.h"

/* ---- cancellation ---- */

CONDITION_TEST(condition_is_not_waited_for_by_a_cancelled_task)
{
    bool flag = true;

    acquire();
    cancel_self();
    ASSERT_EQ(coil_condition_wait(&condition), -ECANCELED);
    assert_held();
    cancel_self();
    ASSERT_EQ(coil_condition_wait_for(&condition, is_true, &flag), -ECANCELED);
    assert_held();
    release();
    cancel_self();
    ASSERT_EQ(coil_condition_acquire(&condition), -ECANCELED);
}

/* CV-5 */
CONDITION_TEST(condition_cancelled_wait_takes_a_free_lock_at_once)
{
    struct coil_task *a = start(await_notice, "a");

    turn();
    cancel(a);
    ASSERT(coil_condition_is_locked(&condition));
    ASSERT_EQ(condition.own_lock.holder, coil_task_id(a));
    ASSERT_EQ(coil_condition_try_acquire(&condition), -EAGAIN);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a! ");
}

/* CV-5, CV-6 */
CONDITION_TEST(condition_cancelled_wait_queues_for_a_lock_that_is_held)
{
    struct coil_task *a = start(await_notice, "a");
    struct coil_task *earlier, *later;

    turn();
    acquire();
    earlier = start(hold_lock, "earlier");
    turn();
    cancel(a);
    later = start(hold_lock, "later");
    turn();
    turn();
    SAID("");
    release();
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(earlier), 0);
    ASSERT_EQ(end_of(later), 0);
    SAID("earlier a! later ");
}

/* CV-6: "(a)" would be a second report. */
CONDITION_TEST(condition_cancelled_again_while_reacquiring_is_cancelled_once)
{
    struct coil_task *a = start(await_notice, "a");

    turn();
    acquire();
    cancel(a);
    turn();
    cancel(a);
    turn();
    cancel(a);
    SAID("");
    release();
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a! ");
}

/* The waiter was not notified, so the state of the request does not matter. */
CONDITION_TEST(
    condition_cancelled_wait_stays_cancelled_when_the_request_is_withdrawn)
{
    struct coil_task *a = start(await_notice, "a");

    turn();
    acquire();
    cancel(a);
    ASSERT_EQ(coil_task_uncancel(a), 0);
    ASSERT_EQ(coil_condition_notify_all(&condition), 0);
    turn();
    SAID("");
    release();
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a! ");
}

/*
 * CV-6, amended: the notification came first, so the cancellation stays
 * pending.
 */
CONDITION_TEST(
    condition_notified_waiter_keeps_waiting_for_the_lock_when_cancelled)
{
    struct coil_task *a = start(await_notice, "a");

    turn();
    acquire();
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    cancel(a);
    turn();
    cancel(a);
    turn();
    SAID("");
    release();
    ASSERT_EQ(end_of(a), 0);
    SAID("a (a) ");
}

/* CV-6, amended */
CONDITION_TEST(condition_cancellation_after_the_lock_was_handed_over_is_kept)
{
    struct coil_task *a = start(await_notice, "a");

    turn();
    notify(1);
    cancel(a);
    ASSERT_EQ(end_of(a), 0);
    SAID("a (a) ");
}

/* One of three waiters is cancelled before or after one is notified. */
static void cancel_one(int victim, bool before, const char *expected)
{
    struct coil_task *waiters[3];
    bool notified = !before && victim == 0;
    int i;

    start_waiters(waiters, 3);
    acquire();
    if (before)
        cancel(waiters[victim]);
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    if (!before)
        cancel(waiters[victim]);
    release();
    turn();
    turn();
    turn();
    turn();
    turn();
    SAID(expected); /* nobody else was woken */
    notify(3);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]),
                  i == victim && !notified ? -ECANCELED : 0);
    forget();
}

/* CV-7: not lost. */
CONDITION_TEST(condition_notification_goes_past_a_cancelled_waiter)
{
    cancel_one(0, true, "a! b ");
}

/* CV-7: no second notification is invented (asyncio wakes b as well). */
CONDITION_TEST(condition_notified_waiter_keeps_its_notification_when_cancelled)
{
    cancel_one(0, false, "a (a) ");
}

/* CV-7: no notification is invented. */
CONDITION_TEST(
    condition_cancelled_waiter_that_had_no_notification_passes_none_on)
{
    cancel_one(1, true, "b! a ");
}

/* CV-7 */
CONDITION_TEST(condition_waiter_behind_the_notified_one_can_be_cancelled)
{
    cancel_one(1, false, "a b! ");
}

/* CV-7: cancelled waiters have left the queue before their tasks run. */
CONDITION_TEST(condition_left_by_all_its_waiters_has_nobody_to_notify)
{
    struct coil_task *waiters[2];
    struct coil_task *late;

    start_waiters(waiters, 2);
    acquire();
    cancel(waiters[0]);
    cancel(waiters[1]);
    ASSERT_NULL(condition.waiters.head);
    ASSERT_EQ(coil_condition_notify(&condition, 2), 0);
    release();
    late = start(await_notice, "late");
    ASSERT_EQ(end_of(waiters[0]), -ECANCELED);
    ASSERT_EQ(end_of(waiters[1]), -ECANCELED);
    turn();
    turn();
    SAID("a! b! ");
    notify(1);
    ASSERT_EQ(end_of(late), 0);
    SAID("late ");
}

/* CV-4, CV-5 */
CONDITION_TEST(condition_wait_for_is_cancelled_with_the_lock_held)
{
    bool flag = false;
    struct coil_task *a = start(await_true, &flag);

    turn();
    cancel(a);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("! ");

    /*
     * Notified while the predicate is false, it is cancelled when it waits
     * again.
     */
    a = start(await_true, &flag);
    turn();
    notify(1);
    cancel(a);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("! ");

    /* Notified while the predicate is true, it succeeds. */
    a = start(await_true, &flag);
    turn();
    flag = true;
    notify(1);
    cancel(a);
    ASSERT_EQ(end_of(a), 0);
    SAID("true ");
}

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

static int wait_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    acquire();
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = coil_condition_wait(&condition);
    rc = coil_timeout_end(&limit, rc);
    assert_held();
    ASSERT_EQ(coil_yield(), 0); /* no cancellation is pending */
    release();
    return rc;
}

static void notify_it(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    release();
}

static void arm_notify(struct coil_handle *handle)
{
    ASSERT_EQ(coil_loop_call_later(coil_loop_current(), handle, LIMIT,
                                   notify_it, NULL),
              0);
}

/* CV-5: the timeout comes during the wait. */
CONDITION_TEST(condition_wait_times_out_with_the_lock_held)
{
    struct coil_task *a = start(wait_in_time, NULL);

    ASSERT_EQ(end_of(a), -ETIMEDOUT);
}

CONDITION_TEST(condition_notified_just_before_the_timeout_is_a_success)
{
    struct coil_handle handle = { 0 };
    struct coil_task *a;

    arm_notify(&handle);
    a = start(wait_in_time, NULL);
    ASSERT_EQ(end_of(a), 0);
}

static int contend_until_after_the_limit(void *arg)
{
    (void)arg;
    turn();
    acquire();
    ASSERT_EQ(coil_sleep(2 * LIMIT), 0);
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    release();
    return 0;
}

/*
 * CV-6, CV-7: the timeout comes while the lock is held by another, the
 * notification after it.
 */
CONDITION_TEST(condition_notified_after_the_timeout_goes_to_the_next)
{
    struct coil_task *a = start(wait_in_time, NULL);
    struct coil_task *b = start(await_notice, "b");
    struct coil_task *holder = start(contend_until_after_the_limit, NULL);

    ASSERT_EQ(end_of(a), -ETIMEDOUT);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(holder), 0);
    SAID("b ");
}

static int notify_then_hold(void *arg)
{
    (void)arg;
    acquire();
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    ASSERT_EQ(coil_sleep(2 * LIMIT), 0);
    release();
    return 0;
}

/* Amended: the wait succeeds, though late; the scope saw no -ECANCELED. */
CONDITION_TEST(
    condition_notified_waiter_outlives_the_timeout_waiting_for_the_lock)
{
    struct coil_task *a = start(wait_in_time, NULL);
    struct coil_task *holder = start(notify_then_hold, NULL);

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(holder), 0);
}
