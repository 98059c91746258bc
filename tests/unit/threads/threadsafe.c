/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Tasks of a loop that other threads ask for: TH-3 and FUT-9 of asyncio's
 * behaviour.
 */
#include "bodies.h"
#include "threadsafe_test.h"

/* ---- what is called ---- */

static int cancel_itself(void *arg)
{
    (void)arg;
    ASSERT(coil_task_cancel(coil_current_task()));
    return coil_yield();
}

/* ---- results ---- */

static void call_some(void *arg)
{
    struct coil_thread_call call;
    int n = 41;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), 42);
    ASSERT(coil_thread_call_is_done(&call));
    /* Wait again, without time. */
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 42);
    ASSERT(!coil_thread_call_cancel(&call));
    ASSERT_EQ(coil_run_threadsafe(loop, &call, fail, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_MINUTE), -EIO);
}

/* TH-3: an error of which the thread is told is not reported. */
LOOP_TEST(threadsafe_call_has_the_result_of_its_function)
{
    struct coil_loop_report report;

    run_beside(call_some, NULL);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.errors_unseen, 0);
    loop = NULL;
}

static void time_out(void *arg)
{
    struct coil_thread_call call;
    int before = atomic_load(&waiting);
    int rc = 0;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, wait_for_ever, &rc), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, 5 * COIL_MILLISECOND), -ETIMEDOUT);
    /*
     * A task that is cancelled before its first step would not say how it
     * ended.
     */
    while (atomic_load(&waiting) == before)
        sched_yield();
    ASSERT(!coil_thread_call_is_done(&call));
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ETIMEDOUT);
    ASSERT_EQ(coil_thread_call_wait(&call, -1), -ETIMEDOUT);
    ASSERT(coil_thread_call_cancel(&call));
    (void)coil_thread_call_cancel(&call);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), -ECANCELED);
    ASSERT(!coil_thread_call_cancel(&call));
    ASSERT_EQ(rc, -ECANCELED);
}

static void *wait_for_call(void *arg)
{
    ASSERT_EQ(coil_thread_call_wait(arg, COIL_NEVER), -ECANCELED);
    return NULL;
}

/* The thread that came first goes on waiting. */
static void time_out_as_the_second(void *arg)
{
    struct coil_thread_call call;
    pthread_t first;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, wait_for_ever, NULL), 0);
    first = start_thread(wait_for_call, &call);
    pause_for(20 * COIL_MILLISECOND);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_thread_call_wait(&call, 5 * COIL_MILLISECOND),
                  -ETIMEDOUT);
    ASSERT(coil_thread_call_cancel(&call));
    join(first);
}

LOOP_TEST(threadsafe_call_that_several_wait_for_may_take_one_too_long)
{
    run_beside(time_out_as_the_second, NULL);
}

/* TH-3 */
LOOP_TEST(threadsafe_call_that_takes_too_long_can_be_cancelled)
{
    run_beside(time_out, NULL);
}

static void call_one_that_cancels_itself(void *arg)
{
    struct coil_thread_call call;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, cancel_itself, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), -ECANCELED);
}

/* TH-3 */
LOOP_TEST(threadsafe_call_whose_task_is_cancelled_is_cancelled)
{
    run_beside(call_one_that_cancels_itself, NULL);
}

static struct coil_exception reported;
static int reports;

static void note_report(struct coil_loop *l,
                        const struct coil_exception *exception, void *arg)
{
    (void)l;
    (void)arg;
    reported = *exception;
    reports++;
}

/* TH-3: the calling thread and the exception handler are both told. */
LOOP_TEST(threadsafe_call_that_cannot_begin_says_so)
{
    struct coil_thread_call call;
    int n = 0;

    reports = 0;
    coil_loop_set_exception_handler(loop, note_report, NULL);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    coil_test_fail_allocation(1, true);
    coil_loop_stop(loop);
    /* The loop itself needs a pool of stacks: that is made before. */
    (void)!coil_loop_run_forever(loop);
    coil_test_fail_allocation(0, false);
    if (!coil_thread_call_is_done(&call)) {
        struct coil_task *task;

        ASSERT_EQ(coil_loop_create_task(loop, &task, fail, NULL), 0);
        coil_test_fail_allocation(1, true);
        run_once();
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_task_result(task), -EIO);
        coil_task_release(task);
    }
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ENOMEM);
    ASSERT_EQ(reports, 1);
    ASSERT_EQ(reported.error, -ENOMEM);
    ASSERT_STR_CONTAINS(reported.site, "unit/threads/threadsafe.c");
    ASSERT_EQ(n, 0);
}

/* ---- before, and without, a run ---- */

LOOP_TEST(threadsafe_call_waits_until_the_loop_runs)
{
    struct coil_thread_call calls[2];
    int n = 0;

    ASSERT_EQ(coil_run_threadsafe(loop, &calls[0], add_one, &n), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &calls[1], add_one, &n), 0);
    ASSERT_EQ(coil_thread_call_wait(&calls[0], COIL_MILLISECOND), -ETIMEDOUT);
    run_once();
    run_once();
    run_once();
    run_once();
    ASSERT_EQ(coil_thread_call_wait(&calls[0], 0), 1);
    ASSERT_EQ(coil_thread_call_wait(&calls[1], 0), 2);
}

LOOP_TEST(threadsafe_call_cancelled_before_it_begins_never_does)
{
    struct coil_thread_call call;
    int n = 0;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    ASSERT(coil_thread_call_cancel(&call));
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ETIMEDOUT);
    run_once();
    run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ECANCELED);
    memset(&call, 0xa5, sizeof call);
    run_once();
    ASSERT_EQ(n, 0);
}

static int wait_here(void *arg)
{
    return coil_thread_call_wait(arg, COIL_NEVER);
}

LOOP_TEST(threadsafe_wait_in_the_loops_own_thread_is_refused)
{
    struct coil_thread_call call;
    int n = 6;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_here, &call), -EDEADLK);
    run_once();
    run_once();
    run_once();
    /* A call that is done need not be waited for. */
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_here, &call), 7);
}

/* ---- many ---- */

enum { THREADS = 4, CALLS = 500 };

static atomic_int threads_left;

static void *call_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < CALLS; i++) {
        struct coil_thread_call call;
        int n = i;

        ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
        ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), i + 1);
    }
    if (atomic_fetch_sub(&threads_left, 1) == 1)
        coil_loop_stop_threadsafe(loop);
    return NULL;
}

LOOP_TEST(threadsafe_calls_may_come_from_many_threads)
{
    pthread_t threads[THREADS];

    atomic_store(&threads_left, THREADS);
    coil_loop_hold(loop);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(call_many, NULL);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_release(loop);
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
}

static struct coil_thread_call one_call;

static void *wait_for_one(void *arg)
{
    ASSERT_EQ(coil_thread_call_wait(&one_call, COIL_NEVER), *(int *)arg);
    return NULL;
}

TEST(threadsafe_call_may_be_waited_for_by_several)
{
    pthread_t threads[THREADS];
    int result = -EIO;

    open_loop(0);
    ASSERT_EQ(coil_run_threadsafe(loop, &one_call, fail, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(wait_for_one, &result);
    pause_for(10 * COIL_MILLISECOND);
    run_once();
    run_once();
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- from another loop ---- */

static int await_call(void *arg)
{
    return coil_thread_call_await(arg);
}

static int call_from_here(void *arg)
{
    struct coil_thread_call call;
    int n = 9;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    rc = coil_thread_call_await(&call);
    ASSERT_EQ(rc, 10);
    return coil_thread_call_await(&call);
}

static int call_and_cancel(void *arg)
{
    struct coil_thread_call call;
    struct coil_task *task;
    int before = atomic_load(&waiting);
    int ended_with = 0;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_run_threadsafe(loop, &call, wait_for_ever, &ended_with), 0);
    ASSERT_EQ(coil_task_create(&task, await_call, &call), 0);
    /* The thread waits when this task does, and the call has begun. */
    do
        ASSERT_EQ(coil_sleep(0), 0);
    while (atomic_load(&waiting) == before);
    ASSERT(coil_task_cancel(task));
    rc = coil_task_await(task);
    coil_task_release(task);
    ASSERT(coil_thread_call_is_done(&call));
    ASSERT_EQ(ended_with, -ECANCELED);
    return rc;
}

static void run_another_loop(void *arg)
{
    coil_fn *fn = arg;
    int rc = coil_run(*fn, NULL);

    ASSERT_EQ(rc, *fn == call_from_here ? 10 : -ECANCELED);
}

/* FUT-9 */
LOOP_TEST(threadsafe_call_can_be_awaited_by_another_loop)
{
    coil_fn fn = call_from_here;

    run_beside(run_another_loop, &fn);
}

/* FUT-9: cancelling the awaiting task cancels the call. */
LOOP_TEST(threadsafe_call_is_cancelled_by_another_loop)
{
    coil_fn fn = call_and_cancel;

    run_beside(run_another_loop, &fn);
}

LOOP_TEST(threadsafe_call_can_be_awaited_by_its_own_loop)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, call_from_here, NULL), 10);
}

static int await_cancelled(void *arg)
{
    (void)arg;
    ASSERT(coil_task_cancel(coil_current_task()));
    return coil_thread_call_await(&one_call);
}

LOOP_TEST(threadsafe_await_reports_a_pending_cancellation_on_entry)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, await_cancelled, NULL),
              -ECANCELED);
}

/* ---- values ---- */

static struct coil_local local = COIL_LOCAL_INIT(NULL);

static int local_is(void *arg)
{
    return coil_local_get(&local) == arg;
}

static void call_with_local(void *arg)
{
    struct coil_thread_call call;
    int value;

    (void)arg;
    ASSERT_EQ(coil_local_set(&local, &value), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, local_is, &value), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), 1);
    ASSERT_EQ(coil_local_set(&local, NULL), 0);
}

LOOP_TEST(threadsafe_call_sees_the_values_of_who_called)
{
    run_beside(call_with_local, NULL);
}

/* ---- without a loop ---- */

static int await_without_a_loop(void *arg)
{
    return coil_thread_call_await(arg);
}

LOOP_TEST(threadsafe_call_is_not_awaited_on_a_scheduler_of_the_users)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_thread_call call;
    struct coil_runnable *r;
    struct coil_task *task;
    int n = 0;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    ASSERT_EQ(coil_task_create(&task, await_without_a_loop, &call), 0);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    ASSERT_EQ(coil_task_result(task), -ENOTSUP);
    coil_task_release(task);
    coil_scheduler_leave(&mine);
    for (int i = 0; i < 3; i++)
        run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 1);
}
