/* SPDX-License-Identifier: MIT */
/*
 * The shield against B11 of asyncio's behaviour, SH-1 and SH-2: a cancellation
 * ends the wait and not the work, and no error of the work is lost.
 */
#include <coil/task_group.h>

#include "bodies.h"
#include "jobs.h"

static struct coil_future ready;

static int shield_future(void *arg)
{
    int *value = NULL;
    int rc = coil_shield(arg, (void **)&value);

    say("%d ", rc);
    return rc == 0 && value ? *value : rc;
}

static int shield_task(void *arg)
{
    return shield_future(coil_task_future(arg));
}

/* A task shields `future` and is cancelled while it waits. */
static void abandon(struct coil_future *future)
{
    struct coil_task *waiter = start(shield_future, future);

    turn();
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    SAID("-125 ");
}

#define ASSERT_ABANDONED(code)                                                 \
    do {                                                                       \
        ASSERT_STR_CONTAINS(reported.message, "shielded");                     \
        ASSERT_UNSEEN(code);                                                   \
    } while (0)

/* ---- what is passed on ---- */

/* SH-1 */
CORE_TEST(shield_passes_a_result_on)
{
    struct coil_task *waiter = start(shield_future, &ready);
    int value = 7;

    turn();
    SAID("");
    ASSERT_EQ(coil_future_set_result(&ready, &value), 0);
    ASSERT_EQ(end_of(waiter), 7);
    SAID("0 ");
}

/* SH-1 */
CORE_TEST(shield_passes_an_error_on)
{
    struct coil_task *waiter = start(shield_future, &ready);

    turn();
    ASSERT_EQ(coil_future_set_error(&ready, -EIO), 0);
    ASSERT_EQ(end_of(waiter), -EIO);
    SAID("-5 ");
}

/* SH-1 */
CORE_TEST(shield_passes_a_tasks_result_on)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);

    ASSERT_EQ(coil_shield(coil_task_future(work), NULL), 7);
    SAID("work ");
    ASSERT_EQ(end_of(work), 7);
}

/* SH-1: a task's error that was passed on has been looked at. */
CORE_TEST(shield_that_passed_an_error_on_has_looked_at_it)
{
    struct coil_task *work = start_job("work", COIL_SECOND, -EIO);

    ASSERT_EQ(coil_shield(coil_task_future(work), NULL), -EIO);
    coil_task_release(work);
    SAID("work ");
}

/* SH-1 */
CORE_TEST(shield_of_what_is_cancelled_is_cancelled)
{
    struct coil_task *waiter = start(shield_future, &ready);

    turn();
    ASSERT(coil_future_cancel(&ready));
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    ASSERT(coil_future_is_cancelled(&ready));
    SAID("-125 ");
}

/* SH-1 */
CORE_TEST(shield_of_what_is_done_does_not_wait)
{
    struct coil_task *other = start_job("other", 0, 0);
    void *value = NULL;

    coil_future_set_result(&ready, &ready);
    ASSERT_EQ(coil_shield(&ready, &value), 0);
    ASSERT_PTR_EQ(value, &ready);
    SAID("");
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/*
 * FUT-7: all kinds of waiters are woken in the order in which they began to
 * wait.
 */
CORE_TEST(shield_waits_in_the_line_of_the_future)
{
    struct coil_task *a = start(await_future, &ready);
    struct coil_task *b = start(shield_future, &ready);
    size_t before;

    turn();
    before = coil_test_allocations();
    coil_future_set_error(&ready, -EIO);
    ASSERT_EQ(end_of(b), -EIO);
    ASSERT(coil_task_is_done(a));
    ASSERT_EQ(end_of(a), -EIO);
    ASSERT_EQ(coil_test_allocations(), before);
    SAID("-5 ");
}

/* ---- what is not ---- */

/* SH-1 */
CORE_TEST(shield_keeps_a_cancellation_from_the_future)
{
    abandon(&ready);
    ASSERT(!coil_future_is_done(&ready));
    ASSERT_NULL(ready.waiters.head);
    ASSERT_NULL(ready.callbacks.head);
    ASSERT_EQ(coil_future_set_result(&ready, NULL), 0);
}

/* SH-1 */
CORE_TEST(shield_keeps_a_cancellation_from_a_task)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);

    abandon(coil_task_future(work));
    ASSERT_EQ(coil_task_cancelling(work), 0);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

/* The request was reported, once. */
CORE_TEST(shield_reports_a_cancellation_once)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = coil_shield(coil_task_future(work), NULL);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), COIL_MILLISECOND);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

/* CAN-3: a cancellation is not passed on beyond the shield. */
CORE_TEST(shield_ends_the_way_of_a_cancellation)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);
    struct coil_task *middle = start(shield_task, work);
    struct coil_task *outer = start(await_task, middle);

    turn();
    cancel(outer);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    ASSERT_EQ(end_of(middle), -ECANCELED);
    ASSERT_EQ(end_of(work), 7);
    SAID("-125 work ");
}

CORE_TEST(shield_reports_a_cancellation_on_entry)
{
    coil_future_set_result(&ready, NULL);
    cancel_self();
    ASSERT_EQ(coil_shield(&ready, NULL), -ECANCELED);
    ASSERT_EQ(coil_shield(&ready, NULL), 0);
}

/* A success that came first is returned; the request waits. */
CORE_TEST(shield_that_was_served_is_not_cancelled)
{
    struct coil_task *waiter = start(shield_future, &ready);

    turn();
    coil_future_set_result(&ready, NULL);
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), 0);
    SAID("0 ");
}

/* … and one that was cancelled first is not served. */
CORE_TEST(shield_that_was_cancelled_is_not_served)
{
    struct coil_task *waiter = start(shield_future, &ready);

    turn();
    cancel(waiter);
    coil_future_set_result(&ready, NULL);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    SAID("-125 ");
}

CORE_TEST(shield_before_its_first_run_never_waits)
{
    struct coil_task *waiter = start(shield_future, &ready);

    cancel(waiter);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
}

/* ---- what nobody waits for ---- */

/* SH-2 */
CORE_TEST(shield_abandoned_error_is_reported)
{
    abandon(&ready);
    coil_future_set_error(&ready, -EIO);
    ASSERT_PTR_EQ(reported.future, &ready);
    ASSERT_ABANDONED(-EIO);
}

/* SH-2: at the last reference, because until then somebody might look. */
CORE_TEST(shield_abandoned_tasks_error_is_reported)
{
    struct coil_task *work = start_job("work", COIL_SECOND, -EIO);

    abandon(coil_task_future(work));
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(report_count, 0);
    coil_task_release(work);
    ASSERT_ABANDONED(-EIO);
    SAID("work ");
}

/* SH-2: the loop owns the task; no other reference is needed. */
CORE_TEST(shield_abandoned_task_lives_without_a_reference)
{
    struct coil_task *work = start_job("work", COIL_SECOND, -EIO);

    abandon(coil_task_future(work));
    coil_task_release(work);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_ABANDONED(-EIO);
    SAID("work ");
}

/* SH-2 */
CORE_TEST(shield_abandoned_cancellation_is_not_reported)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 0);

    abandon(&ready);
    ASSERT(coil_future_cancel(&ready));
    abandon(coil_task_future(work));
    cancel(work);
    ASSERT_EQ(end_of(work), -ECANCELED);
    SAID("work! ");
}

/* SH-2: the wait is cancelled and the task fails in the same turn. */
CORE_TEST(shield_abandoned_in_the_turn_of_the_error_reports_it)
{
    struct coil_task *waiter = start(shield_future, &ready);

    turn();
    cancel(waiter);
    coil_future_set_error(&ready, -EIO);
    ASSERT_ABANDONED(-EIO);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    SAID("-125 ");
}

/* SH-2: the error is not reported when another task waits for it. */
CORE_TEST(shield_error_is_not_reported_if_somebody_waits)
{
    struct coil_task *waiter = start(await_future, &ready);

    abandon(&ready);
    turn();
    coil_future_set_error(&ready, -EIO);
    ASSERT_EQ(end_of(waiter), -EIO);
}

static int wait_for_it(void *arg)
{
    struct coil_future *futures[] = { arg };

    return coil_wait(futures, 1, COIL_ALL_COMPLETED, COIL_NEVER);
}

CORE_TEST(shield_error_is_not_reported_if_somebody_watches)
{
    struct coil_task *waiter = start(wait_for_it, &ready);

    abandon(&ready);
    coil_future_set_error(&ready, -EIO);
    ASSERT_EQ(end_of(waiter), 1);
    ASSERT_EQ(coil_future_result(&ready, NULL), -EIO);
}

CORE_TEST(shield_error_of_a_groups_task_is_the_groups)
{
    struct coil_task_group group;
    struct coil_task *work;
    const struct job job = { "work", COIL_SECOND, -EIO, 0, 0 };

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, &work, do_job, (void *)&job), 0);
    abandon(coil_task_future(work));
    coil_task_release(work);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    SAID("work ");
}

CORE_TEST(shield_cancelled_again_and_again_sees_the_end)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);
    int rc;

    for (int i = 0; i < 3; i++) {
        cancel_self();
        ASSERT_EQ(coil_shield(coil_task_future(work), NULL), -ECANCELED);
    }
    rc = coil_shield(coil_task_future(work), NULL);
    ASSERT_EQ(rc, 7);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

/* ---- without a task ---- */

TEST(shield_in_a_coroutine_driven_by_hand)
{
    struct coil_coroutine *co;
    struct coil_future *yielded;

    ASSERT_EQ(coil_coroutine_new(&co, shield_future, &ready, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, (void **)&yielded), 1);
    ASSERT_EQ(coil_coroutine_throw(co, -EIO, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -EIO);
    ASSERT(!coil_future_is_done(&ready));
    coil_coroutine_free(co);
    SAID("-5 ");
}

SEEDS_TEST(shield_lets_one_of_two_win)
{
    struct coil_task *waiter;
    int rc;

    coil_future_init(&ready);
    waiter = start(shield_future, &ready);
    ASSERT_EQ(coil_yield(), 0);
    cancel(waiter);
    coil_future_set_result(&ready, NULL);
    rc = end_of(waiter);
    ASSERT(rc == 0 || rc == -ECANCELED);
    forget();
}
