/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Executors of the program: TH-2 of asyncio's behaviour. A call that was
 * submitted is run, its waiter is told, and the executor is given up in time
 * when the loop ends.
 */
#include "bodies.h"
#include "executor_test.h"
#include "simulated.h"

/* ---- running ---- */

STREAM_TEST(executor_result_is_what_the_function_returned)
{
    struct coil_executor *e = new_executor(2);
    int n = 21;

    ASSERT_EQ(coil_executor_run(e, doubled, &n), 42);
    ASSERT_EQ(coil_executor_run(e, fail, NULL), -EIO);
    ASSERT_EQ(coil_executor_run_copy(e, doubled, &n), 84);
    ASSERT_EQ(n, 84);
    /* The default one. */
    ASSERT_EQ(coil_executor_run(NULL, doubled, &n), 168);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_SECOND), 0);
    coil_executor_free(e);
}

KERNEL_TEST(executor_runs_as_many_at_once_as_it_has_threads)
{
    struct coil_executor *e = new_executor(3);
    struct coil_task *tasks[7];
    void *both[7][2];
    int n[7] = { 0 };
    int other = 21;

    close_gate();
    for (int i = 0; i < 7; i++) {
        both[i][0] = e;
        both[i][1] = &n[i];
        tasks[i] = start(run_here, both[i]);
    }
    settle();
    until(&begun, 3);
    /* The default one has its own threads. */
    ASSERT_EQ(coil_to_thread(doubled, &other), 42);
    for (int i = 4; i <= 7; i++) {
        open_gate(1);
        until(&begun, i);
    }
    open_gate(3);
    for (int i = 0; i < 7; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_EQ(n[i], 1);
    }
    ASSERT_EQ(most, 3);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    coil_executor_free(e);
}

/*
 * A thread that has said that it is idle is idle for one job: it may not have
 * woken up for that when the next one comes.  It cannot be seen whether the
 * thread has said so yet, so this is tried often.
 */
KERNEL_TEST(executor_idle_thread_is_promised_to_one_job)
{
    for (int round = 0; round < 50; round++) {
        struct coil_executor *e = new_executor(2);
        struct coil_task *tasks[2];
        void *both[2][2];
        int n[2] = { 0 };
        int first = 21;

        ASSERT_EQ(coil_executor_run(e, doubled, &first), 42);
        close_gate();
        for (int i = 0; i < 2; i++) {
            both[i][0] = e;
            both[i][1] = &n[i];
            tasks[i] = start(run_here, both[i]);
        }
        settle();
        until(&begun, 2);
        open_gate(2);
        for (int i = 0; i < 2; i++)
            ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
        coil_executor_free(e);
    }
}

/* It has as many threads as the default one, which COIL_MAX_THREADS sets. */
KERNEL_TEST(executor_without_a_limit_has_that_of_the_default)
{
    struct coil_executor *e;
    struct coil_task *tasks[5];
    void *both[5][2];
    int n[5] = { 0 };

    setenv("COIL_MAX_THREADS", "2", 1);
    e = new_executor(0);
    close_gate();
    for (int i = 0; i < 5; i++) {
        both[i][0] = e;
        both[i][1] = &n[i];
        tasks[i] = start(run_here, both[i]);
    }
    settle();
    open_gate(5);
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_LE(most, 2);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    coil_executor_free(e);
}

/* A limit above the largest is the largest; no number wraps around. */
KERNEL_TEST(executor_limit_of_the_default_may_be_any_number)
{
    int n = 21;

    setenv("COIL_MAX_THREADS", "4294967296", 1);
    ASSERT_EQ(coil_to_thread(doubled, &n), 42);
    ASSERT_EQ(coil_to_thread(doubled, &n), 84);
}

TEST(executor_limits_are_checked)
{
    struct coil_executor *e = NULL;

    ASSERT_EQ(coil_executor_new(&e, 1025), -EINVAL);
    ASSERT_EQ(coil_executor_new(&e, SIZE_MAX), -EINVAL);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_executor_new(&e, 1), -ENOMEM);
    ASSERT_NULL(e);
    ASSERT_EQ(coil_executor_new(&e, 1024), 0);
    coil_executor_free(e);
    coil_executor_free(NULL);
}

STREAM_TEST(executor_reports_a_pending_cancellation_on_entry)
{
    struct coil_executor *e = new_executor(1);
    int n = 21;

    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_executor_run(e, doubled, &n), -ECANCELED);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_executor_shutdown(e, COIL_SECOND), -ECANCELED);
    /* That did nothing. */
    ASSERT_EQ(coil_executor_run(e, doubled, &n), 42);
    coil_executor_free(e);
}

static struct coil_local local = COIL_LOCAL_INIT(NULL);

static int local_is(void *arg)
{
    return coil_local_get(&local) == arg;
}

STREAM_TEST(executor_threads_see_the_values_of_who_called)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call call = { .job = NULL };
    int value;

    ASSERT_EQ(coil_local_set(&local, &value), 0);
    ASSERT_EQ(coil_executor_run(e, local_is, &value), 1);
    ASSERT_EQ(coil_executor_submit(e, &call, local_is, &value), 0);
    ASSERT_EQ(coil_future_await(&call.future, NULL), 1);
    ASSERT_EQ(coil_local_set(&local, NULL), 0);
    coil_executor_free(e);
}

/* ---- submitting ---- */

STREAM_TEST(executor_call_is_a_future)
{
    struct coil_executor_call calls[3] = { { .job = NULL } };
    int n = 21;

    ASSERT_EQ(coil_executor_submit(NULL, &calls[0], doubled, &n), 0);
    ASSERT_EQ(coil_executor_submit(NULL, &calls[1], fail, NULL), 0);
    ASSERT_EQ(coil_executor_submit(NULL, &calls[1], fail, NULL), -EBUSY);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), -EIO);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), 42);
    /* The memory of the call may be used again. */
    ASSERT_EQ(coil_executor_submit(NULL, &calls[0], doubled, &n), 0);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), 84);
}

STREAM_TEST(executor_call_may_outlast_its_executor)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call call = { .job = NULL };
    int n = 0;
    int rc;

    close_gate();
    open_gate(1);
    ASSERT_EQ(coil_executor_submit(e, &call, pass_gate, &n), 0);
    if (!simulated)
        until(&begun, 1);
    coil_executor_free(e);
    rc = coil_future_await(&call.future, NULL);
    /* Here the call has run, or has begun. */
    ASSERT_EQ(rc, simulated ? -ESHUTDOWN : 0);
    ASSERT_EQ(n, simulated ? 0 : 1);
}

/*
 * FUT-9: a call that has not begun is withdrawn when its future is cancelled.
 */
KERNEL_TEST(executor_call_that_is_cancelled_in_time_never_begins)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[3] = { { .job = NULL } };
    int n[3] = { 0 };

    close_gate();
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], pass_gate, &n[i]), 0);
    until(&begun, 1);
    ASSERT(coil_future_cancel(&calls[1].future));
    ASSERT(coil_future_is_cancelled(&calls[1].future));
    ASSERT(!coil_future_cancel(&calls[1].future));
    open_gate(3);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), 0);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), -ECANCELED);
    ASSERT_EQ(coil_future_await(&calls[2].future, NULL), 0);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    ASSERT_EQ(begun, 2);
    ASSERT_EQ(n[1], 0);
    coil_executor_free(e);
}

/* FUT-9, TH-2: a call that runs goes on, and tells nobody. */
KERNEL_TEST(executor_call_that_is_cancelled_late_stays_cancelled)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call call = { .job = NULL };
    int n = 0;

    close_gate();
    ASSERT_EQ(coil_executor_submit(e, &call, pass_gate, &n), 0);
    until(&begun, 1);
    ASSERT(coil_future_cancel(&call.future));
    open_gate(1);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_NEVER), 0);
    ASSERT_EQ(n, 1);
    settle();
    ASSERT_EQ(coil_future_result(&call.future, NULL), -ECANCELED);
    coil_executor_free(e);
}

TEST(executor_call_needs_a_loop)
{
    struct coil_executor_call call = { .job = NULL };

    ASSERT_EQ(coil_executor_submit(NULL, &call, fail, NULL), -EINVAL);
}

/* ---- without memory ---- */

static int use_everything(void *arg)
{
    struct coil_executor_call call = { .job = NULL };
    struct coil_executor *e;
    int n = 21;
    int rc;

    (void)arg;
    rc = coil_executor_new(&e, 2);
    if (rc < 0)
        return rc;
    rc = coil_executor_run_copy(e, doubled, &n);
    if (rc >= 0)
        rc = coil_executor_submit(e, &call, doubled, &n);
    if (rc >= 0)
        rc = coil_future_await(&call.future, NULL);
    if (rc >= 0)
        rc = coil_executor_shutdown(e, COIL_SECOND);
    coil_executor_free(e);
    return rc;
}

STREAM_TEST(executor_without_memory_leaves_nothing_behind)
{
    size_t before;
    size_t i = 0;
    int rc;

    do {
        before = coil_test_allocations();
        coil_test_fail_allocation(++i, false);
        rc = use_everything(NULL);
        ASSERT(rc == 0 || rc == -ENOMEM);
    } while (coil_test_allocations() - before >= i);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(rc, 0);
}

/* ---- several loops ---- */

static int run_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        struct coil_executor_call call = { .job = NULL };
        int n = i;
        int rc = coil_executor_submit(outer, &call, doubled, &n);

        if (rc == 0)
            rc = coil_future_await(&call.future, NULL);
        if (rc != 2 * i)
            return -EIO;
    }
    return 0;
}

static void *run_loop(void *arg)
{
    int *rc = arg;

    *rc = coil_run(run_many, NULL);
    return NULL;
}

TEST(executor_serves_several_loops)
{
    pthread_t loops[4];
    int rc[4];

    outer = new_executor(2);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&loops[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(loops[i], NULL);
        ASSERT_EQ(rc[i], 0);
    }
    coil_executor_free(outer);
}

/* Calls end before, while and after the loop and the executor are closed. */
static int submit_some(void *arg)
{
    struct coil_executor_call *calls = arg;
    int rc = 0;

    for (int i = 0; i < 3 && rc == 0; i++)
        rc = coil_executor_submit(outer, &calls[i], fail, NULL);
    return rc < 0 ? rc : coil_yield();
}

TEST(executor_and_loop_may_end_at_the_same_time)
{
    for (int i = 0; i < 300; i++) {
        struct coil_executor_call calls[3] = { { .job = NULL } };

        outer = new_executor(2);
        ASSERT_EQ(coil_run(submit_some, calls), 0);
        for (int j = 0; j < 3; j++)
            ASSERT(coil_future_is_done(&calls[j].future));
        coil_executor_free(outer);
    }
}

/* ---- outside of a loop of coil's ---- */

static int try_to_use(void *arg)
{
    ASSERT_EQ(coil_executor_run(arg, fail, NULL), -ENOTSUP);
    ASSERT_EQ(coil_executor_shutdown(arg, 0), -ENOTSUP);
    return 7;
}

TEST(executor_needs_a_loop_of_coils)
{
    struct coil_executor *e = new_executor(1);

    ASSERT_EQ(run_without_clock(try_to_use, e), 7);
    coil_executor_free(e);
}
