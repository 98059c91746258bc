/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * An executor that is shut down, and one whose loop ends.
 */
#include "executor_test.h"

/* ---- what the exception handler is told ---- */

static struct coil_exception reported;
static int reports;

static void note_report(struct coil_loop *loop,
                        const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    reported = *exception;
    reports++;
}

static void watch_reports(void)
{
    reports = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
}

/* ---- shutting down ---- */

STREAM_TEST(executor_that_is_shut_down_takes_no_more)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call call = { .job = NULL };
    int n = 21;

    ASSERT_EQ(coil_executor_shutdown(e, 0), 0);
    ASSERT_EQ(coil_executor_run(e, doubled, &n), -ESHUTDOWN);
    ASSERT_EQ(coil_executor_submit(e, &call, doubled, &n), -ESHUTDOWN);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    ASSERT_EQ(n, 21);
    coil_executor_free(e);
    ASSERT_EQ(coil_executor_shutdown(NULL, 0), -EINVAL);
}

static int shut_down_for_want_of_memory(void *arg)
{
    int rc;

    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, false);
        rc = coil_executor_shutdown(arg, COIL_MINUTE);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(rc, -ENOMEM);
    }
    return coil_executor_shutdown(arg, COIL_MINUTE);
}

/* The loop has never called the executor. */
TEST(executor_shutdown_without_memory_can_be_repeated)
{
    struct coil_executor *e = new_executor(1);

    ASSERT_EQ(coil_run(shut_down_for_want_of_memory, e), 0);
    coil_executor_free(e);
}

/* Calls that were submitted before are run. */
STREAM_TEST(executor_shutdown_waits_for_what_there_is)
{
    struct coil_executor *e = new_executor(2);
    struct coil_executor_call calls[9] = { { .job = NULL } };
    int n[9];

    for (int i = 0; i < 9; i++) {
        n[i] = i;
        ASSERT_EQ(coil_executor_submit(e, &calls[i], doubled, &n[i]), 0);
    }
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    for (int i = 0; i < 9; i++) {
        /* The calls are told before the shutdown returns. */
        ASSERT_EQ(coil_future_result(&calls[i].future, NULL), 2 * i);
        ASSERT_EQ(n[i], 2 * i);
    }
    coil_executor_free(e);
}

/* TH-2 */
KERNEL_TEST(executor_shutdown_in_time_warns_and_abandons)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[3] = { { .job = NULL } };
    int n[3] = { 0 };

    watch_reports();
    close_gate();
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], pass_gate, &n[i]), 0);
    until(&begun, 1);
    ASSERT_EQ(coil_executor_shutdown(e, 5 * COIL_MILLISECOND), -ETIMEDOUT);
    ASSERT_EQ(reports, 1);
    ASSERT_EQ(reported.error, -ETIMEDOUT);
    ASSERT_PTR_EQ(reported.object, e);
    /* A call that has not begun never will. */
    ASSERT_EQ(coil_future_await(&calls[2].future, NULL), -ESHUTDOWN);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), -ESHUTDOWN);
    ASSERT(!coil_future_is_done(&calls[0].future));
    open_gate(3);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), 0);
    ASSERT_EQ(begun, 1);
    coil_executor_free(e);
}

static int shut_down(void *arg)
{
    return coil_executor_shutdown(arg, COIL_NEVER);
}

KERNEL_TEST(executor_shutdown_that_is_cancelled_can_be_repeated)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[2] = { { .job = NULL } };
    struct coil_task *first, *second;
    int n[2] = { 0 };

    close_gate();
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], pass_gate, &n[i]), 0);
    first = start(shut_down, e);
    second = start(shut_down, e);
    settle();
    ASSERT_EQ(end_by_cancelling(first), -ECANCELED);
    open_gate(2);
    ASSERT_EQ(end_of(second), 0);
    ASSERT_EQ(n[0] + n[1], 2);
    coil_executor_free(e);
}

/* Withdrawing the last call ends the wait as well. */
KERNEL_TEST(executor_shutdown_hears_of_calls_that_are_withdrawn)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[2] = { { .job = NULL } };
    struct coil_task *task;
    int n[2] = { 0 };

    close_gate();
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], pass_gate, &n[i]), 0);
    until(&begun, 1);
    task = start(shut_down, e);
    settle();
    ASSERT(coil_future_cancel(&calls[1].future));
    open_gate(1);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(begun, 1);
    coil_executor_free(e);
}

KERNEL_TEST(executor_that_is_freed_lets_go_who_waits)
{
    struct coil_executor *e = new_executor(1);
    struct coil_task *tasks[3];
    void *both[3][2];
    int n[3] = { 0 };

    close_gate();
    for (int i = 0; i < 3; i++) {
        both[i][0] = e;
        both[i][1] = &n[i];
        tasks[i] = start(run_here, both[i]);
    }
    settle();
    until(&begun, 1);
    coil_executor_free(e);
    ASSERT_EQ(end_of(tasks[1]), -ESHUTDOWN);
    ASSERT_EQ(end_of(tasks[2]), -ESHUTDOWN);
    open_gate(1);
    ASSERT_EQ(end_of(tasks[0]), 0);
}

/* The thread ends with its last call, and with it the executor. */
KERNEL_TEST(executor_that_is_freed_may_be_cancelled_from)
{
    struct coil_executor *e = new_executor(1);
    struct coil_task *task;
    int n = 0;
    void *both[2] = { e, &n };

    close_gate();
    task = start(run_here, both);
    settle();
    until(&begun, 1);
    coil_executor_free(e);
    open_gate(1);
    until_posted();
    /* The call has finished, and the loop does not know yet. */
    ASSERT_EQ(end_by_cancelling(task), 0);
}

/* ---- the end of the loop ---- */

static int number;

static int submit_and_end(void *arg)
{
    int rc;

    rc = coil_executor_submit(outer, arg, pass_gate, &number);
    until(&begun, 1);
    return rc;
}

/* TH-2: a call that ends after the loop tells nobody. */
TEST(executor_calls_end_with_the_loop)
{
    struct coil_executor_call call = { .job = NULL };

    close_gate();
    outer = new_executor(1);
    ASSERT_EQ(coil_run(submit_and_end, &call), 0);
    ASSERT(coil_future_is_cancelled(&call.future));
    open_gate(1);
    until(&ended, 1);
    ASSERT_EQ(number, 1);
    coil_executor_free(outer);
}

static int to_gate(void *arg)
{
    return coil_to_thread(pass_gate, arg);
}

static int begin_and_leave(void *arg)
{
    coil_task_release(start(to_gate, arg));
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
    while (atomic_load(&begun) == 0)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

/* It takes its time, so that a loop that does not wait would be too early. */
static int pass_gate_slowly(void *arg)
{
    int *n = arg;

    wait_at_gate();
    for (int i = 0; i < 100; i++)
        sched_yield();
    ++*n;
    return 0;
}

static int to_slow_gate(void *arg)
{
    return coil_to_thread(pass_gate_slowly, arg);
}

/* It opens the gate when the loop is being closed, which cancels this task. */
static int open_at_the_end(void *arg)
{
    struct coil_future never = COIL_FUTURE_INIT;
    int rc = coil_future_await(&never, NULL);

    (void)arg;
    open_gate(1);
    return rc;
}

static int begin_slowly_and_leave(void *arg)
{
    coil_task_release(start(to_slow_gate, arg));
    coil_task_release(start(open_at_the_end, NULL));
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
    while (atomic_load(&begun) == 0)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

/* RUN-2: when coil_run() returns, no thread uses `n` any more. */
TEST(executor_of_all_is_waited_for_when_a_loop_is_closed)
{
    int n = 0;

    close_gate();
    reports = 0;
    ASSERT_EQ(coil_run(begin_slowly_and_leave, &n), 0);
    ASSERT_EQ(n, 1);
    ASSERT_EQ(reports, 0);
}

/* RUN-2 */
TEST(executor_of_all_is_waited_for_up_to_a_limit)
{
    const struct coil_loop_options options = {
        .close_limit = 10 * COIL_MILLISECOND,
    };
    int n = 0;

    close_gate();
    reports = 0;
    ASSERT_EQ(coil_run_with(begin_and_leave, &n, &options), 0);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(reports, 1);
    ASSERT_EQ(reported.error, -ETIMEDOUT);
    open_gate(1);
    until(&ended, 1);
}

TEST(executor_of_all_is_not_waited_for_on_request)
{
    const struct coil_loop_options options = { .close_limit = -1 };
    int n = 0;

    close_gate();
    reports = 0;
    ASSERT_EQ(coil_run_with(begin_and_leave, &n, &options), 0);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(reports, 0);
    open_gate(1);
    until(&ended, 1);
}
