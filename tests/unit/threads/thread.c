/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Functions in other threads: each runs once or, cancelled in time, never. A
 * function that goes on after a cancellation touches only its own copy. A loop
 * that is gone is not told.
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <coil/thread.h>

#include "bodies.h"
#include "default_stack.h"
#include "gate_test.h"
#include "simulated.h"
#include "stream_test.h"

struct big {
    int number;
    char rest[5000];
    long double aligned;
};

static int touch_big(void *arg)
{
    struct big *b = arg;

    b->number++;
    b->rest[4999] = 'x';
    b->aligned = 1.5L;
    return 3;
}

static int run_doubled(void *arg)
{
    return coil_to_thread(doubled, arg);
}

static int run_gate(void *arg)
{
    return coil_to_thread(pass_gate, arg);
}

static int run_gate_copy(void *arg)
{
    int *n = arg;

    return coil_to_thread_copy(pass_gate, n);
}

STREAM_TEST(thread_result_is_what_the_function_returned)
{
    struct big big = { .number = 1 };
    int n = 21;

    ASSERT_EQ(coil_to_thread(doubled, &n), 42);
    ASSERT_EQ(n, 42);
    ASSERT_EQ(coil_to_thread(fail, NULL), -EIO);
    ASSERT_EQ(coil_to_thread_copy(doubled, &n), 84);
    ASSERT_EQ(n, 84);
    ASSERT_EQ(coil_to_thread_copy(touch_big, &big), 3);
    ASSERT_EQ(big.number, 2);
    ASSERT_EQ(big.rest[4999], 'x');
    ASSERT(big.aligned > 1 && big.aligned < 2);
}

STREAM_TEST(thread_without_memory_runs_nothing)
{
    size_t before;
    size_t i = 0;
    int n;

    do {
        int rc;

        n = 21;
        before = coil_test_allocations();
        coil_test_fail_allocation(++i, false);
        rc = coil_to_thread(doubled, &n);
        ASSERT_EQ(rc, n == 42 ? 42 : -ENOMEM);
    } while (coil_test_allocations() - before >= i);
    coil_test_fail_allocation(0, false);
    ASSERT_GT(i, 1);
    ASSERT_EQ(coil_to_thread_sized(doubled, &n, SIZE_MAX), -ENOMEM);
}

/*
 * The stack is larger than any address space: no thread can be made, as without
 * memory.
 */
KERNEL_TEST(thread_that_cannot_be_made_is_an_error)
{
    struct coil_task *first, *second;
    pthread_attr_t usual, huge;
    int n = 21;
    int m = 0;

    close_gate();
    ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
    ASSERT_EQ(pthread_attr_init(&huge), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
    if (!make_default(&huge))
        SKIP("this C library has no default stacks of such a size");
    ASSERT_EQ(coil_to_thread(doubled, &n), -EAGAIN);
    ASSERT_EQ(n, 21);

    /* A thread is there and comes to it: the call is only late. */
    ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
    first = start(run_gate, &m);
    settle();
    until(&begun, 1);
    ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
    second = start(run_doubled, &n);
    settle();
    ASSERT_EQ(n, 21);
    open_gate(1);
    ASSERT_EQ(end_of(first), 0);
    ASSERT_EQ(end_of(second), 42);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&huge);
}

STREAM_TEST(thread_reports_a_pending_cancellation_on_entry)
{
    int n = 21;

    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_to_thread(doubled, &n), -ECANCELED);
    ASSERT_EQ(n, 21);
}

/*
 * However late the cancellation: the call returns 42, or is cancelled and never
 * begins.
 */
STREAM_TEST(thread_that_is_cancelled_did_it_or_did_not)
{
    if (!simulated)
        return;
    for (int turns = 0; turns < 6; turns++) {
        int n = 21;
        struct coil_task *task = start(run_doubled, &n);
        int rc;

        for (int i = 0; i < turns; i++)
            ASSERT_EQ(coil_yield(), 0);
        coil_task_cancel(task);
        rc = end_of(task);
        ASSERT_EQ(rc, n == 42 ? 42 : -ECANCELED);
        settle();
        ASSERT_EQ(rc, n == 42 ? 42 : -ECANCELED);
    }
}

KERNEL_TEST(thread_calls_run_side_by_side)
{
    struct coil_task *tasks[10];
    int n[10] = { 0 };

    close_gate();
    for (int i = 0; i < 10; i++)
        tasks[i] = start(run_gate, &n[i]);
    settle();
    until(&begun, 10);
    ASSERT_EQ(ended, 0);
    open_gate(10);
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_EQ(n[i], 1);
    }
}

KERNEL_TEST(thread_calls_beyond_the_limit_wait)
{
    struct coil_task *tasks[100];
    int n[100] = { 0 };

    close_gate();
    for (int i = 0; i < 100; i++)
        tasks[i] = start(run_gate, &n[i]);
    settle();
    until(&begun, 32);
    for (int i = 33; i <= 100; i++) {
        open_gate(1);
        until(&begun, i);
    }
    open_gate(32);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(ended, 100);
    ASSERT_EQ(most, 32);
}

/* The pool has so many threads, once there are as many calls. */
static void with_threads(const char *number)
{
    ASSERT_EQ(setenv("COIL_MAX_THREADS", number, 1), 0);
    close_gate();
}

KERNEL_TEST(thread_call_cancelled_before_it_began_never_does)
{
    struct coil_task *tasks[6];
    int n[6] = { 0 };

    with_threads("1");
    for (int i = 0; i < 6; i++)
        tasks[i] = start(run_gate, &n[i]);
    settle();
    until(&begun, 1);
    /* Cancel one in the middle of the queue, the first, and the last. */
    ASSERT_EQ(end_by_cancelling(tasks[3]), -ECANCELED);
    ASSERT_EQ(end_by_cancelling(tasks[1]), -ECANCELED);
    ASSERT_EQ(end_by_cancelling(tasks[5]), -ECANCELED);
    open_gate(6);
    for (int i = 0; i < 6; i += 2)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(begun, 3);
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(n[i], i % 2 == 0);
}

KERNEL_TEST(thread_call_cancelled_while_it_runs_touches_only_its_copy)
{
    struct coil_task *task;
    int n = 0;

    with_threads("1");
    task = start(run_gate_copy, &n);
    settle();
    until(&begun, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    open_gate(1);
    until(&ended, 1);
    ASSERT_EQ(n, 0);
    /* The thread is free again. */
    n = 21;
    ASSERT_EQ(coil_to_thread(doubled, &n), 42);
}

KERNEL_TEST(thread_call_in_a_timeout_scope_ends_in_time)
{
    struct coil_timeout limit;
    int n = 0;
    int rc;

    close_gate();
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = coil_to_thread_copy(pass_gate, &n);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(n, 0);
    open_gate(1);
}

/* The call has finished, and the loop does not know yet: the result counts. */
KERNEL_TEST(thread_call_cancelled_after_it_ended_succeeds)
{
    struct coil_task *task;
    int n = 0;

    close_gate();
    task = start(run_gate, &n);
    settle();
    open_gate(1);
    until_posted();
    ASSERT(coil_task_cancel(task));
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(n, 1);
}

static int mask_is_full(void *arg)
{
    static const int some[] = { SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1 };
    sigset_t set;

    (void)arg;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (!sigismember(&set, some[i]))
            return 0;
    return !sigismember(&set, SIGSEGV);
}

KERNEL_TEST(thread_takes_no_signals)
{
    sigset_t before, after;

    pthread_sigmask(SIG_BLOCK, NULL, &before);
    ASSERT_EQ(coil_to_thread(mask_is_full, NULL), 1);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    ASSERT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

/* ---- the end of the loop ---- */

/* Start one and wait until it has begun. */
static struct coil_task *begin_one(void *arg)
{
    int before = atomic_load(&begun);
    struct coil_task *task = start(run_gate_copy, arg);

    while (atomic_load(&begun) == before)
        ASSERT_EQ(coil_yield(), 0);
    return task;
}

static int begin_and_leave(void *arg)
{
    coil_task_release(begin_one(arg));
    return 0;
}

/* All threads of the pool have finished their work for loops that are gone. */
static int keep_all_threads(void *arg)
{
    const int *threads = arg;
    int before = atomic_load(&begun);
    struct coil_task *tasks[32];
    int n[32] = { 0 };

    for (int i = 0; i < *threads; i++)
        tasks[i] = start(run_gate, &n[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, before + *threads);
    open_gate(*threads);
    for (int i = 0; i < *threads; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    return 0;
}

TEST(thread_that_ends_after_its_loop_tells_nobody)
{
    const struct coil_loop_options options = { .close_limit = -1 };
    int threads = 20;

    with_threads("20");
    for (int i = 1; i <= 20; i++) {
        int n = 0;

        ASSERT_EQ(coil_run_with(begin_and_leave, &n, &options), 0);
        ASSERT_EQ(n, 0);
    }
    open_gate(20);
    until(&ended, 20);
    ASSERT_EQ(coil_run(keep_all_threads, &threads), 0);
}

static void *keep_gate_open(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        until(&begun, i + 1);
        usleep((useconds_t)(i % 7) * 100);
        sem_post(&gate);
    }
    return NULL;
}

static int begin_and_cancel(void *arg)
{
    const int *n = arg;
    coil_time time = *n % 5 * 100 * COIL_MICROSECOND;
    struct coil_task *task = begin_one(arg);
    int rc = coil_sleep(time);

    coil_task_cancel(task);
    coil_task_release(task);
    return rc;
}

/* The job ends before, while and after the loop is closed. */
TEST(thread_and_loop_may_end_at_the_same_time)
{
    const struct coil_loop_options options = { .close_limit = -1 };
    int threads = 4;
    pthread_t helper;

    with_threads("4");
    ASSERT_EQ(pthread_create(&helper, NULL, keep_gate_open, NULL), 0);
    for (int i = 0; i < 200; i++) {
        int n = i;

        ASSERT_EQ(coil_run_with(begin_and_cancel, &n, &options), 0);
    }
    pthread_join(helper, NULL);
    until(&ended, 200);
    ASSERT_EQ(coil_run(keep_all_threads, &threads), 0);
}

/* ---- several loops ---- */

static int run_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        int n = i;

        if (coil_to_thread_copy(doubled, &n) != 2 * i || n != 2 * i)
            return -EIO;
    }
    return 0;
}

static int run_many_tasks(void *arg)
{
    struct coil_task *tasks[20];
    int rc = 0;

    for (int i = 0; i < 20; i++)
        tasks[i] = start(run_many, arg);
    for (int i = 0; i < 20; i++)
        rc |= end_of(tasks[i]);
    return rc;
}

static void *run_loop(void *arg)
{
    int *rc = arg;

    *rc = coil_run(run_many_tasks, NULL);
    return NULL;
}

TEST(thread_pool_serves_several_loops)
{
    pthread_t loops[4];
    int rc[4];

    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&loops[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(loops[i], NULL);
        ASSERT_EQ(rc[i], 0);
    }
}

/* ---- outside of a loop of coil's ---- */

static int try_to_call(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_to_thread(fail, NULL), -ENOTSUP);
    return 7;
}

TEST(thread_needs_a_loop_of_coils)
{
    ASSERT_EQ(run_without_clock(try_to_call, NULL), 7);
}
