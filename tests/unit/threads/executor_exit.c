/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Jobs that end their thread: the task is told, another thread replaces the
 * lost one, and the jobs queued behind are run.
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>

#include <coil/executor.h>
#include <coil/local.h>
#include <coil/thread.h>

#include "default_stack.h"
#include "gate_test.h"
#include "stream_test.h"

static struct coil_executor *new_executor(size_t max)
{
    struct coil_executor *executor;

    ASSERT_EQ(coil_executor_new(&executor, max), 0);
    return executor;
}

/* ---- jobs ---- */

static int exit_thread(void *arg)
{
    int *n = arg;

    if (n)
        *n = -1;
    pthread_exit(NULL);
}

static int cancel_thread(void *arg)
{
    (void)arg;
    pthread_cancel(pthread_self());
    pthread_testcancel();
    FAIL("it goes on");
}

/* It is cancelled too late, and returns. */
static int cancel_and_return(void *arg)
{
    pthread_cancel(pthread_self());
    return doubled(arg);
}

static int cancel_and_forbid(void *arg)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    pthread_cancel(pthread_self());
    return doubled(arg);
}

static pthread_t worker;

static int note_thread(void *arg)
{
    worker = pthread_self();
    return doubled(arg);
}

/* The next job must be able to rely on what POSIX says about a new thread. */
static int is_as_a_new_thread(void *arg)
{
    int state, type;

    (void)arg;
    pthread_testcancel();
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    return state == PTHREAD_CANCEL_ENABLE && type == PTHREAD_CANCEL_DEFERRED;
}

static int exit_at_gate(void *arg)
{
    wait_at_gate();
    return exit_thread(arg);
}

/* ---- in the default executor and in another ---- */

static void lose_and_go_on(struct coil_executor *e)
{
    int n = 21;

    ASSERT_EQ(coil_executor_run(e, exit_thread, NULL), -EOWNERDEAD);
    ASSERT_EQ(coil_executor_run(e, doubled, &n), 42);
    ASSERT_EQ(coil_executor_run(e, cancel_thread, NULL), -EOWNERDEAD);
    ASSERT_EQ(coil_executor_run(e, doubled, &n), 84);
    /* `n` is copied back only when a function has returned. */
    ASSERT_EQ(coil_executor_run_copy(e, exit_thread, &n), -EOWNERDEAD);
    ASSERT_EQ(n, 84);
    ASSERT_EQ(coil_executor_run(e, is_as_a_new_thread, NULL), 1);
}

KERNEL_TEST(executor_exit_of_a_thread_is_an_error_and_the_next_job_runs)
{
    struct coil_executor *e = new_executor(1);

    lose_and_go_on(e);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
    lose_and_go_on(NULL);
}

KERNEL_TEST(executor_exit_that_comes_too_late_hits_nobody_else)
{
    struct coil_executor *e = new_executor(1);
    int n = 21;

    ASSERT_EQ(coil_executor_run(e, cancel_and_return, &n), 42);
    ASSERT_EQ(coil_executor_run(e, is_as_a_new_thread, NULL), 1);
    ASSERT_EQ(coil_executor_run(e, cancel_and_forbid, &n), 84);
    ASSERT_EQ(coil_executor_run(e, is_as_a_new_thread, NULL), 1);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
}

static int change_cancellation(void *arg)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    return doubled(arg);
}

KERNEL_TEST(executor_exit_of_the_next_job_is_as_in_a_new_thread)
{
    struct coil_executor *e = new_executor(1);
    int n = 21;

    ASSERT_EQ(coil_executor_run(e, note_thread, &n), 42);
    ASSERT_EQ(coil_executor_run(e, change_cancellation, &n), 84);
    ASSERT_EQ(coil_executor_run(e, is_as_a_new_thread, NULL), 1);
    coil_executor_free(e);
}

static int forbid_and_wait(void *arg)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    worker = pthread_self();
    wait_at_gate();
    return doubled(arg);
}

/* A call that the thread had taken is still the first that is run. */
KERNEL_TEST(executor_exit_keeps_the_order_of_the_queue)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[4] = { { .job = NULL } };
    int n = 21;

    close_gate();
    ASSERT_EQ(coil_executor_submit(e, &calls[0], forbid_and_wait, &n), 0);
    for (int i = 1; i < 4; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], doubled, &n), 0);
    until(&begun, 1);
    ASSERT_EQ(pthread_cancel(worker), 0);
    open_gate(1);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(coil_future_await(&calls[i].future, NULL), 42 << i);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
}

/* The thread has nothing to do; the next job is not affected. */
KERNEL_TEST(executor_exit_of_an_idle_thread_hits_nobody)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[3] = { { .job = NULL } };
    int n = 21;

    ASSERT_EQ(coil_executor_run(e, note_thread, &n), 42);
    ASSERT_EQ(pthread_cancel(worker), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_executor_submit(e, &calls[i], doubled, &n), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_future_await(&calls[i].future, NULL), 84 << i);
    ASSERT_EQ(coil_executor_run(e, is_as_a_new_thread, NULL), 1);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
}

KERNEL_TEST(executor_exit_fails_the_future_of_a_call)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call call = { .job = NULL };
    int n = 21;

    ASSERT_EQ(coil_executor_submit(e, &call, exit_thread, NULL), 0);
    ASSERT_EQ(coil_future_await(&call.future, NULL), -EOWNERDEAD);
    ASSERT_EQ(coil_executor_submit(e, &call, doubled, &n), 0);
    ASSERT_EQ(coil_future_await(&call.future, NULL), 42);
    coil_executor_free(e);
}

/*
 * Another thread runs the queued jobs, whether the executor is shut down or
 * not.
 */
KERNEL_TEST(executor_exit_leaves_nobody_behind_in_the_queue)
{
    for (int shut = 0; shut < 2; shut++) {
        struct coil_executor *e = new_executor(1);
        struct coil_executor_call calls[4] = { { .job = NULL } };
        int n = 21;

        close_gate();
        ASSERT_EQ(coil_executor_submit(e, &calls[0], exit_at_gate, NULL), 0);
        ASSERT_EQ(coil_executor_submit(e, &calls[1], doubled, &n), 0);
        ASSERT_EQ(coil_executor_submit(e, &calls[2], exit_thread, NULL), 0);
        ASSERT_EQ(coil_executor_submit(e, &calls[3], doubled, &n), 0);
        until(&begun, 1);
        if (shut)
            ASSERT_EQ(coil_executor_shutdown(e, 0), -ETIMEDOUT);
        open_gate(1);
        ASSERT_EQ(coil_future_await(&calls[0].future, NULL), -EOWNERDEAD);
        for (int i = 1; i < 4; i++) {
            static const int results[] = { 0, 42, -EOWNERDEAD, 84 };

            ASSERT_EQ(coil_future_await(&calls[i].future, NULL),
                      shut ? -ESHUTDOWN : results[i]);
        }
        ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
        coil_executor_free(e);
    }
}

static sem_t second_gate;

static int wait_at_second_gate(void *arg)
{
    (void)arg;
    count(&begun);
    while (sem_wait(&second_gate) < 0)
        continue;
    return 7;
}

static int count_threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    int n = 0;

    ASSERT_NOT_NULL(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

/* Another thread is left, and runs the queued jobs later. */
KERNEL_TEST(executor_exit_leaves_the_queue_to_a_thread_that_is_left)
{
    struct coil_executor *e = new_executor(2);
    struct coil_executor_call calls[4] = { { .job = NULL } };
    pthread_attr_t usual, huge;
    int threads;
    int n = 21;

    close_gate();
    sem_init(&second_gate, 0, 0);
    ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
    ASSERT_EQ(pthread_attr_init(&huge), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[0], exit_at_gate, NULL), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[1], wait_at_second_gate, NULL), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[2], doubled, &n), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[3], doubled, &n), 0);
    until(&begun, 2);
    if (!make_default(&huge))
        SKIP("this C library has no default stacks of such a size");
    threads = count_threads();
    open_gate(1);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), -EOWNERDEAD);
    while (count_threads() == threads)
        sched_yield();
    ASSERT(!coil_future_is_done(&calls[2].future));
    sem_post(&second_gate);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), 7);
    ASSERT_EQ(coil_future_await(&calls[2].future, NULL), 42);
    ASSERT_EQ(coil_future_await(&calls[3].future, NULL), 84);
    ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&huge);
}

/*
 * No thread is left and no new one can be made: the queued jobs end with an
 * error.
 */
KERNEL_TEST(executor_exit_without_another_thread_ends_what_is_queued)
{
    struct coil_executor *e = new_executor(1);
    struct coil_executor_call calls[3] = { { .job = NULL } };
    pthread_attr_t usual, huge;
    int n = 21;

    close_gate();
    ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
    ASSERT_EQ(pthread_attr_init(&huge), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[0], exit_at_gate, NULL), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[1], doubled, &n), 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[2], doubled, &n), 0);
    until(&begun, 1);
    if (!make_default(&huge))
        SKIP("this C library has no default stacks of such a size");
    open_gate(1);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), -EOWNERDEAD);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), -EAGAIN);
    ASSERT_EQ(coil_future_await(&calls[2].future, NULL), -EAGAIN);
    ASSERT_EQ(n, 21);
    ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
    ASSERT_EQ(coil_executor_run(e, doubled, &n), 42);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&huge);
}

/* ---- what the job had of its task's ---- */

static void note_clean_up(void *arg)
{
    *(int *)arg = 1;
}

static int exit_with_clean_up(void *arg)
{
    pthread_cleanup_push(note_clean_up, arg);
    pthread_exit(NULL);
    pthread_cleanup_pop(0);
}

/* The thread's own clean-up handlers have run when the task goes on. */
KERNEL_TEST(executor_exit_is_told_when_the_job_has_cleaned_up)
{
    int clean = 0;

    ASSERT_EQ(coil_to_thread(exit_with_clean_up, &clean), -EOWNERDEAD);
    ASSERT_EQ(clean, 1);
}

static struct coil_local local = COIL_LOCAL_INIT(NULL);

/* Under ASan: the values that the job saw, and those it set, are freed. */
static int set_and_exit(void *arg)
{
    static int other;

    ASSERT_PTR_EQ(coil_local_get(&local), arg);
    ASSERT_EQ(coil_local_set(&local, &other), 0);
    return exit_thread(NULL);
}

KERNEL_TEST(executor_exit_gives_the_values_of_a_task_back)
{
    size_t before = coil_test_live_allocations();
    struct coil_executor *e = new_executor(1);
    int value;

    ASSERT_EQ(coil_local_set(&local, &value), 0);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_executor_run(e, set_and_exit, &value), -EOWNERDEAD);
    ASSERT_PTR_EQ(coil_local_get(&local), &value);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
    /* Only the executor may still be held, by the last thread. */
    ASSERT_LE(coil_test_live_allocations(), before + 10);
}

/* ---- the end of the loop ---- */

static int run_exit_at_gate(void *arg)
{
    return coil_to_thread(exit_at_gate, arg);
}

static int leave_job(void *arg)
{
    struct coil_task *task = start(run_exit_at_gate, arg);

    settle();
    until(&begun, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    open_gate(1);
    return 0;
}

/* Closing waits for a job that has no waiter, and no longer than that. */
TEST(executor_exit_lets_the_loop_be_closed)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .close_limit = COIL_NEVER };

    close_gate();
    ASSERT_EQ(coil_run_with(leave_job, NULL, &options), 0);
}
