/* SPDX-License-Identifier: MIT */
/*
 * coil_wait_for() against B7 of asyncio's behaviour, WF-1 … WF-4, as amended by
 * §2.2: a success that came first is returned.
 */
#include "jobs.h"

static struct coil_future future;
static char answer;

static int wait_for_task(struct coil_task *task, coil_time timeout)
{
    return coil_wait_for(coil_task_future(task), timeout, NULL);
}

/* coil_wait_for() in a task of its own. */
struct call {
    struct coil_future *future;
    coil_time timeout;
};

static int do_call(void *arg)
{
    const struct call *call = arg;
    int rc = coil_wait_for(call->future, call->timeout, NULL);

    say("%d ", rc);
    say("%s", coil_yield() == -ECANCELED ? "again " : "");
    return rc;
}

static struct coil_task *start_wait_for(struct coil_future *what,
                                        coil_time timeout)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_copy(&task, do_call,
                                    (&(struct call){ what, timeout })),
              0);
    turn();
    return task;
}

static void complete(void *arg)
{
    ASSERT_EQ(coil_future_set_result(arg, &answer), 0);
}

/* ---- in time ---- */

/* WF-1 */
CORE_TEST(wait_for_returns_the_value)
{
    static const coil_time timeouts[] = { COIL_NEVER, COIL_MINUTE };

    for (int i = 0; i < 2; i++) {
        struct coil_handle timer = { 0 };
        void *value = NULL;

        coil_future_init(&future);
        coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, complete,
                             &future);
        ASSERT_EQ(coil_wait_for(&future, timeouts[i], &value), 0);
        ASSERT_PTR_EQ(value, &answer);
    }
    check_nothing_is_left();
}

/* WF-1 */
CORE_TEST(wait_for_returns_what_the_task_did)
{
    static const int results[] = { 0, 7, -EIO, -ECANCELED };

    for (int i = 0; i < 4; i++) {
        struct coil_task *task = start_job("a", COIL_SECOND, results[i]);

        ASSERT_EQ(wait_for_task(task, COIL_MINUTE), results[i]);
        coil_task_release(task);
    }
    SAID("a a a a ");
    check_nothing_is_left();
}

/* The limit is not reached: its timer is removed. */
CORE_TEST(wait_for_takes_its_timer_along)
{
    struct coil_task *task = start_job("a", COIL_SECOND, 0);
    coil_time before = coil_now();

    ASSERT_EQ(wait_for_task(task, COIL_MINUTE), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    coil_task_release(task);
    SAID("a ");
}

/* Another task cancelled the future. */
CORE_TEST(wait_for_one_that_others_cancel_is_not_timed_out)
{
    struct coil_task *task = start_wait_for(&future, COIL_MINUTE);

    ASSERT(coil_future_cancel(&future));
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("-125 ");
}

/* §2.2, WF-4: the result and the limit come in one turn. */
CORE_TEST(wait_for_prefers_the_result_that_came_first)
{
    struct coil_handle timer = { 0 };

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, complete,
                         &future);
    ASSERT_EQ(coil_wait_for(&future, COIL_SECOND, NULL), 0);
    check_nothing_is_left();
}

/* ---- too late ---- */

/* WF-1 */
CORE_TEST(wait_for_a_future_that_is_late_cancels_it)
{
    coil_time before = coil_now();

    ASSERT_EQ(coil_wait_for(&future, COIL_SECOND, NULL), -ETIMEDOUT);
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    check_nothing_is_left();
}

/* WF-1: "cleanup done | TimeoutError" */
CORE_TEST(wait_for_waits_until_a_late_task_has_ended)
{
    const struct job slow = { .name = "cleanup done",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_MINUTE };
    struct coil_task *task = start_copy(&slow);
    coil_time before = coil_now();

    ASSERT_EQ(wait_for_task(task, COIL_SECOND), -ETIMEDOUT);
    SAID("cleanup done! ");
    ASSERT_EQ(coil_now(), before + COIL_SECOND + COIL_MINUTE);
    ASSERT(coil_task_is_cancelled(task));
    coil_task_release(task);
    check_nothing_is_left();
}

/* WF-3 */
CORE_TEST(wait_for_returns_what_a_late_task_comes_to_after_all)
{
    static const int failures[] = { 7, -EIO };

    for (int i = 0; i < 2; i++) {
        const struct job late = {
            .name = "late",
            .duration = COIL_MINUTE,
            .cleanup = COIL_SECOND,
            .failure = failures[i],
        };
        struct coil_task *task = start_copy(&late);

        ASSERT_EQ(wait_for_task(task, COIL_SECOND), failures[i]);
        coil_task_release(task);
    }
    SAID("late! late! ");
    check_nothing_is_left();
}

/* ---- no time at all ---- */

/* WF-2 */
CORE_TEST(wait_for_no_time_returns_what_is_done)
{
    static const coil_time timeouts[] = { 0, -COIL_SECOND, INT64_MIN };

    for (int i = 0; i < 3; i++) {
        void *value = NULL;

        coil_future_init(&future);
        complete(&future);
        ASSERT_EQ(coil_wait_for(&future, timeouts[i], &value), 0);
        ASSERT_PTR_EQ(value, &answer);
        coil_future_init(&future);
        ASSERT_EQ(coil_future_set_error(&future, -EIO), 0);
        ASSERT_EQ(coil_wait_for(&future, timeouts[i], NULL), -EIO);
        coil_future_init(&future);
        ASSERT(coil_future_cancel(&future));
        ASSERT_EQ(coil_wait_for(&future, timeouts[i], NULL), -ECANCELED);
    }
}

/* WF-2 */
CORE_TEST(wait_for_no_time_cancels_a_future)
{
    struct coil_task *other = start_job("other", 0, 0);

    ASSERT_EQ(coil_wait_for(&future, 0, NULL), -ETIMEDOUT);
    ASSERT(coil_future_is_cancelled(&future));
    SAID("");
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/* WF-2 */
CORE_TEST(wait_for_no_time_does_not_start_a_task)
{
    struct coil_task *task = start_job("never", 0, 0);

    ASSERT_EQ(wait_for_task(task, 0), -ETIMEDOUT);
    ASSERT(coil_task_is_cancelled(task));
    coil_task_release(task);
    check_nothing_is_left();
}

/* WF-2 */
CORE_TEST(wait_for_no_time_cancels_and_awaits_a_task_that_runs)
{
    static const int failures[] = { 0, 7, -EIO };
    static const int expected[] = { -ETIMEDOUT, 7, -EIO };

    for (int i = 0; i < 3; i++) {
        const struct job slow = {
            .name = "slow",
            .duration = COIL_MINUTE,
            .cleanup = COIL_SECOND,
            .failure = failures[i],
        };
        struct coil_task *task = start_copy(&slow);
        coil_time before = coil_now();

        turn();
        ASSERT_EQ(wait_for_task(task, -1), expected[i]);
        ASSERT_EQ(coil_now(), before + COIL_SECOND);
        coil_task_release(task);
    }
    SAID("slow! slow! slow! ");
    check_nothing_is_left();
}

/* ---- cancelled ---- */

/* WF-4 */
CORE_TEST(wait_for_that_is_cancelled_cancels_the_future)
{
    static const coil_time timeouts[] = { COIL_NEVER, COIL_MINUTE };

    for (int i = 0; i < 2; i++) {
        struct coil_task *task;

        coil_future_init(&future);
        task = start_wait_for(&future, timeouts[i]);
        cancel(task);
        ASSERT_EQ(coil_task_await(task), -ECANCELED);
        ASSERT(coil_future_is_cancelled(&future));
        ASSERT_EQ(coil_task_cancelling(task), 1);
        coil_task_release(task);
    }
    SAID("-125 -125 ");
}

static int clean_up(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    while (rc < 0) {
        say("cleanup ");
        rc = coil_sleep(2 * COIL_SECOND);
    }
    (void)arg;
    return -ECANCELED;
}

/* WF-4: it waits for the task's end, as long as that takes. */
CORE_TEST(wait_for_that_is_cancelled_waits_for_the_task)
{
    struct coil_task *inner = start(clean_up, NULL);
    struct coil_task *task =
        start_wait_for(coil_task_future(inner), COIL_SECOND);
    coil_time before = coil_now();

    /* The limit comes while the task ends. */
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(end_of(inner), -ECANCELED);
    ASSERT_EQ(coil_now(), before + 3 * COIL_SECOND);
    SAID("cleanup cleanup -125 ");
}

/* WF-4: the limit first, then a cancellation, which is not swallowed. */
CORE_TEST(wait_for_that_is_cancelled_after_the_limit)
{
    static const coil_time timeouts[] = { COIL_SECOND / 2, 0 };

    for (int i = 0; i < 2; i++) {
        struct coil_task *inner = start(clean_up, NULL);
        struct coil_task *task;

        turn();
        task = start_wait_for(coil_task_future(inner), timeouts[i]);
        wait_a_second();
        cancel(task);
        ASSERT_EQ(coil_task_await(task), -ECANCELED);
        ASSERT_EQ(coil_task_cancelling(task), 1);
        coil_task_release(task);
        ASSERT_EQ(coil_task_cancelling(inner), 2);
        coil_task_release(inner);
        SAID("cleanup cleanup -125 ");
    }
}

/* WF-4, as amended by §2.2 */
CORE_TEST(wait_for_that_is_cancelled_after_the_result)
{
    struct coil_task *task = start_wait_for(&future, COIL_MINUTE);

    complete(&future);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 again ");
}

/* Earlier cancellations of the task itself do not count. */
CORE_TEST(wait_for_after_a_cancellation_that_was_caught)
{
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_wait_for(&future, COIL_SECOND, NULL), -ETIMEDOUT);
    coil_future_init(&future);
    ASSERT_EQ(coil_wait_for(&future, 0, NULL), -ETIMEDOUT);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* §2.4 */
CORE_TEST(wait_for_reports_a_pending_cancellation_first)
{
    static const coil_time timeouts[] = { COIL_NEVER, COIL_SECOND, 0 };

    for (int i = 0; i < 3; i++) {
        cancel_self();
        ASSERT_EQ(coil_wait_for(&future, timeouts[i], NULL), -ECANCELED);
        ASSERT(!coil_future_is_done(&future));
    }
}

/* ---- within each other ---- */

static int wait_for_inner(void *arg)
{
    return do_call(arg);
}

CORE_TEST(wait_for_a_task_that_waits_for_another)
{
    struct coil_task *inner = start_job("inner", COIL_MINUTE, 0);
    struct coil_task *middle;
    struct call call = { coil_task_future(inner), 2 * COIL_SECOND };

    ASSERT_EQ(coil_task_create_copy(&middle, wait_for_inner, &call), 0);
    ASSERT_EQ(wait_for_task(middle, COIL_SECOND), -ETIMEDOUT);
    SAID("inner! -125 ");
    coil_task_release(middle);
    coil_task_release(inner);

    inner = start_job("inner", COIL_MINUTE, 0);
    call = (struct call){ coil_task_future(inner), COIL_SECOND };
    ASSERT_EQ(coil_task_create_copy(&middle, wait_for_inner, &call), 0);
    ASSERT_EQ(wait_for_task(middle, 2 * COIL_SECOND), -ETIMEDOUT);
    SAID("inner! -110 ");
    coil_task_release(middle);
    coil_task_release(inner);
    check_nothing_is_left();
}

static void complete_if_pending(void *arg)
{
    if (!coil_future_is_done(arg))
        complete(arg);
}

/* Of the result, the limit and the cancellation, the first decides. */
SEEDS_TEST(wait_for_is_decided_once_under_any_seed)
{
    for (int round = 0; round < 20; round++) {
        struct coil_handle timer = { 0 };
        coil_time delays[3];
        struct coil_task *task;
        int rc;

        coil_future_init(&future);
        for (int i = 0; i < 3; i++)
            delays[i] = COIL_SECOND * (coil_time)(1 + coil_test_random(3));
        coil_loop_call_later(coil_loop_current(), &timer, delays[0],
                             complete_if_pending, &future);
        ASSERT_EQ(coil_task_create_copy(&task, do_call,
                                        (&(struct call){ &future, delays[1] })),
                  0);
        ASSERT_EQ(coil_sleep(delays[2]), 0);
        coil_task_cancel(task);
        rc = coil_task_await(task);
        ASSERT(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
        ASSERT_EQ(coil_future_is_cancelled(&future), rc != 0);
        coil_task_release(task);
        coil_handle_cancel(&timer);
    }
    forget();
}
