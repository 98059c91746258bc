/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of threads and signals, cancelled in each state of
 * its wait: no call, thread or signal is lost.
 */
/* LABELS: threads */
/* TIMEOUT: 60 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/executor.h>
#include <coil/signal.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "cancel_everywhere.h"

/* ---- threads -------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool may_return;
static int at_work;

/*
 * The simulator runs it on the loop's own thread, where nobody could wake it.
 */
static int work(void *arg)
{
    pthread_mutex_lock(&mutex);
    at_work++;
    while (!may_return && !simulated)
        pthread_cond_wait(&changed, &mutex);
    at_work--;
    if (arg)
        *(int *)arg = 42;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static void hold_workers(void)
{
    may_return = false;
}

static void release_workers(void)
{
    pthread_mutex_lock(&mutex);
    may_return = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* The calls that were cancelled go on, and nobody looks. */
static void wait_for_workers(void)
{
    release_workers();
    pthread_mutex_lock(&mutex);
    while (at_work > 0)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static int use_thread(void)
{
    return coil_to_thread(work, NULL);
}

static int use_thread_with_copy(void)
{
    int value = 1;
    int rc = coil_to_thread_copy(work, &value);

    ASSERT_EQ(value, rc == 0 ? 42 : 1);
    return rc;
}

static struct coil_executor *executor;

static void make_executor(void)
{
    hold_workers();
    ASSERT_EQ(coil_executor_new(&executor, 4), 0);
}

static void free_executor(void)
{
    wait_for_workers();
    coil_executor_free(executor);
}

static int use_executor(void)
{
    return coil_executor_run(executor, work, NULL);
}

static int use_executor_with_copy(void)
{
    int value = 1;
    int rc = coil_executor_run_copy(executor, work, &value);

    ASSERT_EQ(value, rc == 0 ? 42 : 1);
    return rc;
}

static struct coil_executor_call submitted;

static void make_busy_executor(void)
{
    make_executor();
    ASSERT_EQ(coil_executor_submit(executor, &submitted, work, NULL), 0);
}

static int shut_down_executor(void)
{
    return coil_executor_shutdown(executor, COIL_NEVER);
}

/* ---- calls of threads, which this loop makes itself ----------------------- */

static struct coil_thread_call thread_call;
static struct coil_event call_may_end;

static int wait_to_end(void *arg)
{
    int rc = coil_event_wait(&call_may_end);

    (void)arg;
    return rc < 0 ? rc : coil_yield();
}

static void make_call(void)
{
    coil_event_init(&call_may_end);
    ASSERT_EQ(coil_run_threadsafe(coil_loop_current(), &thread_call,
                                  wait_to_end, NULL),
              0);
}

static int await_call(void)
{
    return coil_thread_call_await(&thread_call);
}

static void let_call_end(void)
{
    coil_event_set(&call_may_end);
}

static void forget_call(void)
{
    let_call_end();
    while (!coil_thread_call_is_done(&thread_call))
        ASSERT_EQ(coil_yield(), 0);
}

/* ---- signals -------------------------------------------------------------- */

static int wait_for_signal(void)
{
    int rc = coil_wait_signal(SIGUSR1);

    return rc == SIGUSR1 ? 0 : rc;
}

static int wait_for_signals(void)
{
    const int numbers[] = { SIGUSR2, SIGUSR1 };
    int rc = coil_wait_signals(numbers, 2);

    return rc == SIGUSR1 ? 0 : rc;
}

static void raise_signal(void)
{
    raise(SIGUSR1);
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_to_thread, .prepare = hold_workers, .call = use_thread,
         .ready = release_workers, .finish = wait_for_workers, .flags = BRIEF),
    CASE(coil_to_thread_sized, .prepare = hold_workers,
         .call = use_thread_with_copy, .ready = release_workers,
         .finish = wait_for_workers, .flags = BRIEF),
    CASE(coil_executor_run, .prepare = make_executor, .call = use_executor,
         .ready = release_workers, .finish = free_executor, .flags = BRIEF),
    CASE(coil_executor_run_sized, .prepare = make_executor,
         .call = use_executor_with_copy, .ready = release_workers,
         .finish = free_executor, .flags = BRIEF),
    CASE(coil_executor_shutdown, .prepare = make_busy_executor,
         .call = shut_down_executor, .ready = release_workers,
         .finish = free_executor, .flags = KERNEL_ONLY),
    /* The request comes like all others from other threads. */
    CASE(coil_thread_call_await, .prepare = make_call, .call = await_call,
         .ready = let_call_end, .finish = forget_call, .turns = 10000,
         .flags = PASSES_ON),
    CASE(coil_wait_signal, .call = wait_for_signal, .ready = raise_signal,
         .flags = FOR_WAITERS),
    CASE(coil_wait_signals, .call = wait_for_signals, .ready = raise_signal,
         .flags = FOR_WAITERS),
};

EVERYWHERE_TEST(cancel_everywhere_threads_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_threads_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_threads_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_threads_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
