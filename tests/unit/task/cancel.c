/* SPDX-License-Identifier: MIT */
/*
 * Cancellation against B4 of asyncio's behaviour, CAN-1 … CAN-11, as amended by
 * §2.11 (a result that is returned is kept): how it is asked for, told, and
 * withdrawn.
 */
#include <coil/lock.h>

#include "bodies.h"
#include "jobs.h"

static struct coil_future future;
static struct coil_lock lock;

/* ---- requests ---- */

/* CAN-1 */
CORE_TEST(cancel_of_a_task_that_is_done_does_nothing)
{
    struct coil_task *task = start_job("a", 0, 7);

    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT(!coil_task_cancel(task));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(end_of(task), 7);
    SAID("a ");
}

/* CAN-1, CAN-8 */
CORE_TEST(cancel_requests_are_counted)
{
    struct coil_task *task = start_yields(3);

    turn();
    ASSERT_EQ(coil_task_cancelling(task), 0);
    for (unsigned n = 1; n <= 3; n++) {
        cancel(task);
        ASSERT_EQ(coil_task_cancelling(task), n);
    }
    ASSERT_EQ(coil_task_await(task), 42);
    SAID("cancelled ok ok ");
    ASSERT_EQ(coil_task_cancelling(task), 3);
    coil_task_release(task);
}

/* CAN-2 */
CORE_TEST(cancel_before_the_first_step_runs_nothing)
{
    struct coil_task *task = start_job("never", 0, 7);

    cancel(task);
    ASSERT(!coil_task_is_done(task));
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_result(task), -ECANCELED);
    coil_task_release(task);
    SAID("");
}

static void say_destroyed(void *arg)
{
    const struct job *job = arg;

    say("destroy:%s ", job->name);
}

/* CAN-2 */
CORE_TEST(cancel_before_the_first_step_destroys_the_argument)
{
    const struct job job = { .name = "job" };
    const struct coil_task_options options = {
        .arg_size = sizeof job,
        .arg_destroy = say_destroyed,
    };
    struct coil_task *task;

    ASSERT_EQ(
        coil_task_create_with(&task, do_job, (void *)(uintptr_t)&job, &options),
        0);
    cancel(task);
    SAID("");
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("destroy:job ");
}

/* CAN-9 */
CORE_TEST(cancel_before_the_first_step_can_be_withdrawn)
{
    struct coil_task *task = start_job("a", 0, 7);

    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(end_of(task), 7);
    SAID("a ");
}

static void cancel_other(void *arg)
{
    struct coil_task *task = *(struct coil_task **)arg;

    ASSERT(!coil_task_cancel(task));
    say("destroyed ");
}

CORE_TEST(cancel_in_arg_destroy_is_too_late)
{
    struct coil_task *task;
    const struct coil_task_options options = { .arg_destroy = cancel_other };

    ASSERT_EQ(coil_task_create_with(&task, await_future, &task, &options), 0);
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
    SAID("destroyed ");
}

/* ---- delivery ---- */

/* CAN-6 */
CORE_TEST(cancel_while_yielding_is_reported_by_that_yield)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-7 */
CORE_TEST(cancel_that_is_caught_is_spent)
{
    struct coil_task *task = start_yields(4);

    turn();
    cancel(task);
    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), 42);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 2);
    coil_task_release(task);
    SAID("cancelled cancelled ok ok ");
}

static int cancel_itself(void *arg)
{
    cancel_self();
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    if (arg)
        return 5;
    /* Only suspending calls report it. */
    ASSERT_EQ(coil_future_result(&future, NULL), -EAGAIN);
    say("%d ", coil_yield() == -ECANCELED);
    say("%d ", coil_yield());
    return 6;
}

/* CAN-5 */
CORE_TEST(cancel_of_oneself_is_reported_by_the_next_suspending_call)
{
    ASSERT_EQ(end_of(start(cancel_itself, NULL)), 6);
    SAID("1 0 ");
}

/* CAN-5, as amended by §2.11 */
CORE_TEST(cancel_that_nobody_was_told_of_leaves_the_result)
{
    struct coil_task *task = start(cancel_itself, &future);

    ASSERT_EQ(coil_task_await(task), 5);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
}

static struct coil_task *victim;

static int cancel_victim(void *arg)
{
    int rc = coil_yield();

    (void)arg;
    ASSERT_EQ(rc, 0);
    cancel(victim);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    rc = coil_yield();
    say("inner:%d ", rc == -ECANCELED);
    return rc;
}

static int await_victim(void *arg)
{
    int rc;

    victim = coil_current_task();
    rc = coil_task_await(arg);
    say("await:%d ", rc == -ECANCELED);
    return rc;
}

/* The inner task cancels the task that awaits it, and so itself. */
CORE_TEST(cancel_of_the_one_that_awaits_oneself_comes_back)
{
    struct coil_task *inner = start(cancel_victim, NULL);
    struct coil_task *outer = start(await_victim, inner);

    ASSERT_EQ(end_of(outer), -ECANCELED);
    SAID("inner:1 await:1 ");
    ASSERT_EQ(end_of(inner), -ECANCELED);
}

CORE_TEST(cancel_may_come_from_a_callback)
{
    struct coil_handle timer = { 0 };
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);
    coil_time before = coil_now();

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("a! ");
}

/* ---- uncancel ---- */

/* CAN-9 */
CORE_TEST(cancel_withdrawn_before_it_is_reported_is_none)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT_EQ(end_of(task), 42);
    SAID("ok ok ");
}

/* CAN-9: only a count of 0 withdraws the request. */
CORE_TEST(cancel_withdrawn_but_for_one_is_still_reported)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-9 */
CORE_TEST(cancel_is_withdrawn_at_most_as_often_as_it_was_made)
{
    struct coil_task *task = start_yields(2);

    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    cancel(task);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

static int catch_and_withdraw(void *arg)
{
    struct coil_task *self = coil_current_task();

    (void)arg;
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
        ASSERT_EQ(coil_task_cancelling(self), 1);
        ASSERT_EQ(coil_task_uncancel(self), 0);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 42;
}

/* CAN-9 */
CORE_TEST(cancel_that_was_reported_can_be_withdrawn)
{
    struct coil_task *task = start(catch_and_withdraw, NULL);

    turn();
    cancel(task);
    turn();
    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), 42);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

/*
 * CAN-9: two requests were reported as one; to withdraw one reports nothing
 * more.
 */
CORE_TEST(cancel_that_was_reported_is_not_again_when_another_is_withdrawn)
{
    struct coil_task *task = start_yields(3);

    turn();
    cancel(task);
    cancel(task);
    turn();
    SAID("cancelled ");
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(end_of(task), 42);
    SAID("ok ok ");
}

/* CAN-9: one request was reported; the other is not withdrawn with it. */
CORE_TEST(cancel_made_since_is_reported_though_an_older_one_is_withdrawn)
{
    struct coil_task *task = start_yields(3);

    turn();
    cancel(task);
    turn();
    SAID("cancelled ");
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-9 */
CORE_TEST(cancel_that_has_ended_a_wait_cannot_be_taken_back)
{
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("a! ");
}

/* CAN-9 */
CORE_TEST(cancel_passed_on_cannot_be_taken_back)
{
    struct coil_task *inner = start_job("inner", COIL_MINUTE, 0);
    struct coil_task *outer = start(await_and_pass_on, coil_task_retain(inner));

    turn();
    cancel(outer);
    ASSERT_EQ(coil_task_uncancel(outer), 0);
    ASSERT_EQ(coil_task_cancelling(inner), 1);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    coil_task_release(inner);
    SAID("inner! passes ");
}

/* CAN-9 */
CORE_TEST(cancel_is_not_withdrawn_after_the_end)
{
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT(coil_task_is_cancelled(task));
    coil_task_release(task);
    SAID("a! ");
}

static int withdraw_in_scope(void *arg)
{
    struct coil_task *self = coil_current_task();
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, 0), 0);
    ASSERT_EQ(coil_task_cancelling(self), 1);
    /* This request is the timeout's. */
    ASSERT_EQ(coil_task_uncancel(self), 1);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(self), 1);
    return coil_timeout_end(&limit, rc);
}

/* CAN-10 */
CORE_TEST(cancel_by_a_timeout_is_withdrawn_by_the_timeout_only)
{
    struct coil_task *task = start(withdraw_in_scope, NULL);

    ASSERT_EQ(coil_task_await(task), -ETIMEDOUT);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

/* ---- the end ---- */

/* CAN-11 */
CORE_TEST(cancel_answered_with_an_error_is_a_failure)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *task = start_copy(&faulty);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -EPROTO);
    ASSERT(!coil_task_is_cancelled(task));
    coil_task_release(task);
    coil_task_release(start_copy(&faulty));
    SAID("faulty! ");
}

CORE_TEST(cancel_answered_with_an_error_that_nobody_sees_is_reported)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *task = start_copy(&faulty);

    turn();
    cancel(task);
    coil_task_release(task);
    turn();
    SAID("faulty! ");
    ASSERT_UNSEEN(-EPROTO);
}

static int leave_sleepers(void *arg)
{
    const struct job tidy = { .name = "tidy",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_SECOND };

    (void)arg;
    coil_task_release(start_job("a", COIL_MINUTE, 0));
    coil_task_release(start_copy(&tidy));
    coil_task_release(start_job("c", COIL_MINUTE, 0));
    return coil_yield();
}

/* RUN-2, SLEEP-1 */
TEST(cancel_at_the_close_ends_all_tasks_and_leaves_no_timer)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop_report report;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_sleepers, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 3);
    ASSERT_EQ(report.timers_armed, 0);
    ASSERT_EQ(report.errors_unseen, 0);
    SAID("a! c! tidy! ");
}

static int work_under_the_lock(void *arg)
{
    int *inside = arg;

    for (int i = 0; i < 5; i++) {
        int rc = coil_lock_acquire(&lock);

        if (rc < 0)
            return rc;
        ASSERT_EQ((*inside)++, 0);
        rc = coil_yield();
        --*inside;
        ASSERT_EQ(coil_lock_release(&lock), 0);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* CAN-4: no cancellation, whenever it comes, loses the lock. */
SEEDS_TEST(cancel_at_any_time_loses_no_lock)
{
    struct coil_task *tasks[10];
    int inside = 0;

    watch(coil_test_check_lock, &lock);
    for (int i = 0; i < 10; i++)
        tasks[i] = start(work_under_the_lock, &inside);
    for (int i = 0; i < 20; i++) {
        turn();
        coil_task_cancel(tasks[coil_test_random(10)]);
    }
    for (int i = 0; i < 10; i++) {
        int rc = end_of(tasks[i]);

        ASSERT(rc == 0 || rc == -ECANCELED);
    }
    ASSERT(!coil_lock_is_locked(&lock));
}

/* ---- put back ---- */

/* Told by the wait, the request is put back, and told once more. */
static int wait_and_put_back(void *arg)
{
    struct coil_cancel_mark mark;

    (void)arg;
    coil_cancel_mark(&mark);
    ASSERT_EQ(coil_future_await(&future, NULL), -ECANCELED);
    coil_cancel_put_back(&mark);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    return 0;
}

CORE_TEST(cancel_that_is_put_back_is_told_once_more)
{
    struct coil_task *task;

    coil_future_init(&future);
    task = start_waiting(wait_and_put_back, NULL);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
}

static int put_nothing_back(void *arg)
{
    struct coil_cancel_mark mark;

    (void)arg;
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    coil_cancel_mark(&mark);
    coil_cancel_put_back(&mark);
    ASSERT_EQ(coil_yield(), 0);
    return 0;
}

CORE_TEST(cancel_that_was_told_before_the_mark_stays_told)
{
    ASSERT_EQ(end_of(start(put_nothing_back, NULL)), 0);
}

CORE_TEST(cancel_by_a_timeout_is_put_back)
{
    struct coil_cancel_mark mark;
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_MILLISECOND);
    coil_cancel_mark(&mark);
    ASSERT_EQ(coil_sleep(COIL_SECOND), -ECANCELED);
    coil_cancel_put_back(&mark);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    coil_cancel_put_back(&mark);
    ASSERT_EQ(coil_timeout_end(&limit, COIL_EUNKNOWN), COIL_EUNKNOWN);
    ASSERT_EQ(coil_yield(), 0);
}
