/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Calls of a loop that ends, and of threads that end.
 */
#include "bodies.h"
#include "threadsafe_test.h"

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

    /* The call has not begun. */
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

/* Many threads make calls before, while and after the loop is closed. */
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

/* A thread that ends within a run tells the waiters of its loop. */
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
    /*
     * Nobody can close the loop any more: only its descriptors are taken back.
     */
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
