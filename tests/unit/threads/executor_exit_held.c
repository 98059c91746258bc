/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: pthread_testcancel */
/*
 * A thread is cancelled after it has taken a call and before it has begun it.
 * The test holds it where the library asks whether it is cancelled.
 */
#include <pthread.h>

#include <coil/executor.h>

#include "gate_test.h"
#include "stream_test.h"

static atomic_bool is_held;

void __real_pthread_testcancel(void);
void __wrap_pthread_testcancel(void);

void __wrap_pthread_testcancel(void)
{
    int before;

    if (atomic_load(&is_held)) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
        wait_at_gate();
        pthread_setcancelstate(before, &before);
    }
    __real_pthread_testcancel();
}

static pthread_t worker;

static int note_thread(void *arg)
{
    worker = pthread_self();
    return doubled(arg);
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

/*
 * The executor is shut down meanwhile: the call ends with that error, and never
 * begins.
 */
KERNEL_TEST(executor_exit_held_behind_a_shutdown_begins_nothing)
{
    struct coil_executor_call calls[2] = { { .job = NULL } };
    struct coil_executor *e;
    int n = 21;

    ASSERT_EQ(coil_executor_new(&e, 2), 0);
    close_gate();
    sem_init(&second_gate, 0, 0);
    ASSERT_EQ(coil_executor_submit(e, &calls[0], wait_at_second_gate, NULL), 0);
    until(&begun, 1);
    ASSERT_EQ(coil_executor_run(e, note_thread, &n), 42);
    ASSERT_EQ(pthread_cancel(worker), 0);
    atomic_store(&is_held, true);
    ASSERT_EQ(coil_executor_submit(e, &calls[1], doubled, &n), 0);
    until(&begun, 2);
    ASSERT_EQ(coil_executor_shutdown(e, 0), -ETIMEDOUT);
    atomic_store(&is_held, false);
    open_gate(1);
    ASSERT_EQ(coil_future_await(&calls[1].future, NULL), -ESHUTDOWN);
    ASSERT_EQ(n, 42);
    sem_post(&second_gate);
    ASSERT_EQ(coil_future_await(&calls[0].future, NULL), 7);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
}

/* Nothing else has happened: another thread runs the call. */
KERNEL_TEST(executor_exit_held_leaves_the_call_to_another_thread)
{
    struct coil_executor_call call = { .job = NULL };
    struct coil_executor *e;
    int n = 21;

    ASSERT_EQ(coil_executor_new(&e, 1), 0);
    close_gate();
    ASSERT_EQ(coil_executor_run(e, note_thread, &n), 42);
    ASSERT_EQ(pthread_cancel(worker), 0);
    atomic_store(&is_held, true);
    ASSERT_EQ(coil_executor_submit(e, &call, doubled, &n), 0);
    until(&begun, 1);
    atomic_store(&is_held, false);
    open_gate(1);
    ASSERT_EQ(coil_future_await(&call.future, NULL), 84);
    ASSERT_EQ(coil_executor_shutdown(e, COIL_MINUTE), 0);
    coil_executor_free(e);
}
