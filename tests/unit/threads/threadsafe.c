/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Tasks of a loop that other threads ask for: TH-3 and FUT-9 of asyncio's
 * behaviour.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <coil/event.h>
#include <coil/local.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "loop/loop.h"
#include "beside_test.h"

/* Run `loop` while fn(arg) runs in another thread, which stops it at its end. */
struct helper {
    void (*fn)(void *arg);
    void *arg;
};

static void *help(void *arg)
{
    const struct helper *helper = arg;

    helper->fn(helper->arg);
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void run_beside(void (*fn)(void *arg), void *arg)
{
    struct helper helper = { fn, arg };
    pthread_t thread;

    coil_loop_hold(loop);
    thread = start_thread(help, &helper);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_release(loop);
    join(thread);
}

/* ---- what is called ---- */

static int add_one(void *arg)
{
    int *n = arg;
    int rc;

    ASSERT_PTR_EQ(coil_loop_current(), loop);
    ASSERT_NOT_NULL(coil_current_task());
    rc = coil_yield();
    ++*n;
    return rc < 0 ? rc : *n;
}

static int fail(void *arg)
{
    (void)arg;
    return -EXDEV;
}

static atomic_int waiting;

static int wait_for_ever(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    int rc;

    atomic_fetch_add(&waiting, 1);
    rc = coil_event_wait(&event);
    if (arg)
        *(int *)arg = rc;
    return rc;
}

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
    /* Again, and without waiting. */
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 42);
    ASSERT(!coil_thread_call_cancel(&call));
    ASSERT_EQ(coil_run_threadsafe(loop, &call, fail, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_MINUTE), -EXDEV);
}

/* TH-3; an error that the thread is told is not reported. */
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
    /* Cancelled before its first step it would not say how it went. */
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

/* Whoever came first waits on. */
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

/* TH-3: to both, who called and the exception handler. */
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
        ASSERT_EQ(coil_task_result(task), -EXDEV);
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
    /* What is done need not be waited for. */
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_here, &call), 7);
}

/* ---- the end of the loop ---- */

static void *call_and_wait(void *arg)
{
    struct coil_thread_call call;
    int *rc = arg;

    *rc = coil_run_threadsafe(loop, &call, wait_for_ever, NULL);
    if (*rc == 0)
        *rc = coil_thread_call_wait(&call, COIL_NEVER);
    return NULL;
}

LOOP_TEST(threadsafe_calls_are_cancelled_when_the_loop_is_closed)
{
    struct coil_thread_call call;
    int n = 0;

    /* One that has not begun. */
    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), -ECANCELED);
    ASSERT_EQ(n, 0);
    /* Too late. */
    ASSERT_EQ(coil_run_threadsafe(loop, &call, add_one, &n), -ESHUTDOWN);
    loop = NULL;
}

static int stop_when_waiting(void *arg)
{
    int before = *(int *)arg;

    while (atomic_load(&waiting) == before)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

LOOP_TEST(threadsafe_calls_that_run_are_cancelled_when_the_loop_is_closed)
{
    int before = atomic_load(&waiting);
    pthread_t thread;
    int rc = 0;

    thread = start_thread(call_and_wait, &rc);
    ASSERT_EQ(coil_loop_run_until_complete(loop, stop_when_waiting, &before),
              0);
    silence_stderr();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    restore_stderr();
    join(thread);
    ASSERT_EQ(rc, -ECANCELED);
    loop = NULL;
}

static int refuse_to_end(void *arg)
{
    atomic_fetch_add(&waiting, 1);
    while (wait_for_ever(arg) == -ECANCELED)
        continue;
    return 0;
}

static void *call_what_never_ends(void *arg)
{
    struct coil_thread_call call;
    int *rc = arg;

    *rc = coil_run_threadsafe(loop, &call, refuse_to_end, NULL);
    if (*rc == 0)
        *rc = coil_thread_call_wait(&call, COIL_NEVER);
    return NULL;
}

TEST(threadsafe_calls_of_tasks_that_never_end_are_let_go)
{
    int before = atomic_load(&waiting);
    pthread_t thread;
    int rc = 0;

    test_leaves_stacks = true;
    open_loop(0);
    thread = start_thread(call_what_never_ends, &rc);
    ASSERT_EQ(coil_loop_run_until_complete(loop, stop_when_waiting, &before),
              0);
    silence_stderr();
    ASSERT_EQ(coil_loop_close(loop, NULL), -EDEADLK);
    restore_stderr();
    join(thread);
    ASSERT_EQ(rc, -ECANCELED);
}

static struct coil_loop *shared;

static void *call_until_closed(void *arg)
{
    int *count = arg;
    int rc;

    do {
        struct coil_thread_call call;
        int n = 0;

        rc = coil_run_threadsafe(shared, &call, add_one, &n);
        if (rc == 0 && *count % 3 == 0)
            (void)coil_thread_call_cancel(&call);
        if (rc == 0)
            rc = coil_thread_call_wait(&call, COIL_NEVER);
        ASSERT(rc == 1 || rc == -ECANCELED || rc == -ESHUTDOWN);
        ++*count;
    } while (rc != -ESHUTDOWN);
    return NULL;
}

static int sleep_briefly(void *arg)
{
    const int *i = arg;
    int sum = 0;

    for (int n = 0; n < 20 + *i % 7; n++)
        sum += coil_yield();
    return sum;
}

/* Calls are made before, while and after the loop is closed, from many. */
TEST(threadsafe_calls_and_the_end_of_the_loop_may_meet)
{
    for (int i = 0; i < 60; i++) {
        pthread_t threads[3];
        int counts[3] = { 0 };

        open_loop(0);
        shared = loop;
        for (int j = 0; j < 3; j++)
            threads[j] = start_thread(call_until_closed, &counts[j]);
        ASSERT_EQ(coil_loop_run_until_complete(loop, sleep_briefly, &i), 0);
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        for (int j = 0; j < 3; j++)
            join(threads[j]);
    }
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
    int result = -EXDEV;

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
    /* It waits when this does, and the call has begun. */
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

/* FUT-9: cancelling who awaits cancels the call. */
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

/* ---- threads that end in the midst of it ---- */

static void *wait_and_be_cancelled(void *arg)
{
    (void)!coil_thread_call_wait(arg, COIL_NEVER);
    return NULL;
}

static void cancel_who_waits(void *arg)
{
    struct coil_thread_call call;
    pthread_t waiter;
    void *how;

    (void)arg;
    atomic_store(&waiting, 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, wait_for_ever, NULL), 0);
    while (!atomic_load(&waiting))
        sched_yield();
    waiter = start_thread(wait_and_be_cancelled, &call);
    ASSERT_EQ(pthread_cancel(waiter), 0);
    ASSERT_EQ(pthread_join(waiter, &how), 0);
    ASSERT_PTR_EQ(how, PTHREAD_CANCELED);
    /* It holds no lock, and is not told of the end. */
    ASSERT(coil_thread_call_cancel(&call));
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), -ECANCELED);
}

LOOP_TEST(threadsafe_call_is_not_waited_for_by_a_thread_that_was_cancelled)
{
    run_beside(cancel_who_waits, NULL);
}

static struct coil_loop *_Atomic lost_loop;

static int exit_thread(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

static void exit_thread_later(void *arg)
{
    exit_thread(arg);
}

static int offer_loop(void *arg)
{
    atomic_store(&lost_loop, coil_loop_current());
    coil_loop_hold(coil_loop_current());
    return wait_for_ever(arg);
}

static void *run_lost_loop(void *arg)
{
    (void)arg;
    (void)!coil_run(offer_loop, NULL);
    FAIL("the thread goes on");
}

/* A thread that ends within a run tells those who wait for its loop. */
static void lose_loop(bool by_callback)
{
    static struct coil_handle handle; /* of a loop that is never closed */
    struct coil_thread_call calls[2];
    struct coil_loop *lost;
    pthread_t thread;

    test_leaves_stacks = true;
    atomic_store(&lost_loop, NULL);
    thread = start_thread(run_lost_loop, NULL);
    while (!(lost = atomic_load(&lost_loop)))
        sched_yield();
    ASSERT_EQ(coil_run_threadsafe(lost, &calls[0], wait_for_ever, NULL), 0);
    if (by_callback) {
        ASSERT_EQ(coil_run_threadsafe(lost, &calls[1], wait_for_ever, NULL), 0);
        coil_loop_call_soon_threadsafe(lost, &handle, exit_thread_later, NULL);
    } else {
        ASSERT_EQ(coil_run_threadsafe(lost, &calls[1], exit_thread, NULL), 0);
    }
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_thread_call_wait(&calls[i], COIL_NEVER), -EOWNERDEAD);
    join(thread);
    ASSERT_EQ(coil_run_threadsafe(lost, &calls[0], fail, NULL), -ESHUTDOWN);
    /* Nobody can close it any more: only its descriptors are taken back. */
    lost->backend->ops->forked(lost->backend);
}

TEST(threadsafe_call_ends_with_the_thread_of_its_loop)
{
    lose_loop(true);
}

#if defined(COIL_TSAN)
static const bool on_its_own_stack = false;
#else
static const bool on_its_own_stack = true;
#endif

TEST(threadsafe_call_that_ends_its_thread_is_told)
{
    if (!on_its_own_stack)
        SKIP("ThreadSanitizer stops at pthread_exit() on a task's stack");
    lose_loop(false);
}
