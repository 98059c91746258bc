/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: pthread_cond_signal */
/*
 * How long the memory of a call is needed: until one waiter has been told its
 * end, not until all have.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <coil/guest.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "loop/registry.h"
#include "loop_test.h"

static int fail(void *arg)
{
    (void)arg;
    return -EXDEV;
}

static struct coil_thread_call *new_call(coil_fn fn)
{
    struct coil_thread_call *call = calloc(1, sizeof *call);

    ASSERT_NOT_NULL(call);
    ASSERT_EQ(coil_run_threadsafe(loop, call, fn, NULL), 0);
    return call;
}

/*
 * A waiter that uses the memory later is seen by ASan, and finds another
 * result.
 */
static void free_call(struct coil_thread_call *call)
{
    explicit_bzero(call, sizeof *call);
    free(call);
}

/* Run `loop` until the call is done; nothing else is looked at. */
static void run_call(struct coil_thread_call *call)
{
    while (!coil_thread_call_is_done(call))
        run_once();
}

/* ---- tasks ---- */

static int told; /* tasks that have been told */

static int await_call(void *arg)
{
    struct coil_thread_call *call = arg;
    int rc;

    rc = coil_thread_call_await(call);
    if (told++ == 0)
        free_call(call);
    return rc;
}

/* The first waiter that is told frees the call, before the second has run. */
LOOP_TEST(threadsafe_memory_of_a_call_is_let_go_by_the_first_task)
{
    struct coil_thread_call *call = new_call(fail);
    struct coil_task *tasks[2];

    told = 0;
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_loop_create_task(loop, &tasks[i], await_call, call), 0);
    while (told < 2)
        run_once();
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_task_result(tasks[i]), -EXDEV);
        coil_task_release(tasks[i]);
    }
}

static int only_await(void *arg)
{
    return coil_thread_call_await(arg);
}

/*
 * A task of `other` waits for a call of `loop`, and does not know yet that the
 * call is done when the memory is gone.
 */
static struct coil_task *await_what_is_gone(struct coil_loop *other)
{
    struct coil_thread_call *call = new_call(fail);
    struct coil_task *task;

    ASSERT_EQ(coil_loop_create_task(other, &task, only_await, call), 0);
    ASSERT_EQ(coil_loop_run_once(other, 0), 0);
    run_call(call);
    free_call(call);
    return task;
}

LOOP_TEST(threadsafe_memory_of_a_call_may_go_before_another_loop_looks)
{
    struct coil_loop *other;
    struct coil_task *task;

    ASSERT_EQ(coil_loop_new(&other, &variants[variant]), 0);
    task = await_what_is_gone(other);
    while (!coil_task_is_done(task))
        ASSERT_EQ(coil_loop_run_once(other, 0), 0);
    ASSERT_EQ(coil_task_result(task), -EXDEV);
    coil_task_release(task);
    ASSERT_EQ(coil_loop_close(other, NULL), 0);
}

/* The call ended first: the request finds nothing to cancel. */
LOOP_TEST(threadsafe_memory_of_a_call_may_go_before_a_waiter_is_cancelled)
{
    struct coil_loop *other;
    struct coil_task *task;

    ASSERT_EQ(coil_loop_new(&other, &variants[variant]), 0);
    task = await_what_is_gone(other);
    ASSERT_EQ(coil_scheduler_enter(coil_loop_scheduler(other)), 0);
    ASSERT(coil_task_cancel(task));
    coil_scheduler_leave(coil_loop_scheduler(other));
    while (!coil_task_is_done(task))
        ASSERT_EQ(coil_loop_run_once(other, 0), 0);
    ASSERT_EQ(coil_task_result(task), -EXDEV);
    coil_task_release(task);
    ASSERT_EQ(coil_loop_close(other, NULL), 0);
}

/* ---- a loop that ends while its task waits ---- */

/* The thread has run nothing yet: it needs memory to run its last tasks. */
static void *close_without_memory(void *arg)
{
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_loop_close(arg, NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    return NULL;
}

static void close_badly(struct coil_loop *other)
{
    pthread_t thread;

    silence_stderr();
    ASSERT_EQ(pthread_create(&thread, NULL, close_without_memory, other), 0);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    restore_stderr();
}

/* The call ends, and its task never runs again, without a loop. */
LOOP_TEST(threadsafe_memory_of_a_loop_that_was_closed_badly_is_not_needed)
{
    for (int is_done = 0; is_done < 2; is_done++) {
        struct coil_thread_call *call = new_call(fail);
        struct coil_loop *other;
        struct coil_task *task;

        ASSERT_EQ(coil_loop_new(&other, &variants[variant]), 0);
        ASSERT_EQ(coil_loop_create_task(other, &task, only_await, call), 0);
        ASSERT_EQ(coil_loop_run_once(other, 0), 0);
        if (is_done)
            run_call(call);
        close_badly(other);
        run_call(call);
        free_call(call);
        coil_task_release(task);
    }
    test_leaves_stacks = true;
}

/* ---- threads ---- */

static atomic_bool is_signalled_slowly;
static atomic_bool has_returned;

int __real_pthread_cond_signal(pthread_cond_t *cond);
int __wrap_pthread_cond_signal(pthread_cond_t *cond);

/*
 * The thread that waits knows already that the call is done, and wakes up by
 * itself.  Its record, with what is signalled, may go only after the signal.
 */
int __wrap_pthread_cond_signal(pthread_cond_t *cond)
{
    if (atomic_load(&is_signalled_slowly)) {
        for (int i = 0; i < 20000 && !atomic_load(&has_returned); i++)
            sched_yield();
        if (atomic_load(&has_returned))
            FAIL("who waited is gone while it is signalled");
    }
    return __real_pthread_cond_signal(cond);
}

/* Each of the waits is over at once. */
static void *wait_again_and_again(void *arg)
{
    struct coil_thread_call *call = arg;
    int rc;

    do
        rc = coil_thread_call_wait(call, COIL_MICROSECOND);
    while (rc == -ETIMEDOUT);
    ASSERT_EQ(rc, -EXDEV);
    atomic_store(&has_returned, true);
    return NULL;
}

LOOP_TEST(threadsafe_memory_of_a_waiter_outlives_its_signal)
{
    for (int round = 0; round < 10; round++) {
        struct coil_thread_call *call = new_call(fail);
        pthread_t thread;

        atomic_store(&has_returned, false);
        ASSERT_EQ(pthread_create(&thread, NULL, wait_again_and_again, call), 0);
        atomic_store(&is_signalled_slowly, true);
        run_call(call);
        atomic_store(&is_signalled_slowly, false);
        ASSERT_EQ(pthread_join(thread, NULL), 0);
        free_call(call);
    }
}

enum { THREADS = 4, ROUNDS = 20 };

static atomic_int threads_told;

/* Who is in the list has let the mutex go, and waits. */
static size_t count_waiters(const struct coil_thread_call *call)
{
    size_t n = 0;

    coil__loops_lock();
    for (struct coil_link *w = call->waiters.head; w; w = w->next)
        n++;
    coil__loops_unlock();
    return n;
}

static void *wait_for_call(void *arg)
{
    struct coil_thread_call *call = arg;

    ASSERT_EQ(coil_thread_call_wait(call, COIL_NEVER), -EXDEV);
    if (atomic_fetch_add(&threads_told, 1) == 0)
        free_call(call);
    return NULL;
}

TEST(threadsafe_memory_of_a_call_is_let_go_by_the_first_thread)
{
    struct coil_thread_call *call;
    pthread_t threads[THREADS];

    open_loop(0);
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&threads_told, 0);
        call = new_call(fail);
        for (int i = 0; i < THREADS; i++)
            ASSERT_EQ(pthread_create(&threads[i], NULL, wait_for_call, call),
                      0);
        while (count_waiters(call) < THREADS)
            sched_yield();
        while (atomic_load(&threads_told) < THREADS)
            run_once();
        for (int i = 0; i < THREADS; i++)
            ASSERT_EQ(pthread_join(threads[i], NULL), 0);
    }
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}
