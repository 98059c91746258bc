/* SPDX-License-Identifier: MIT */
/*
 * What another thread may do to a loop, and that it may do nothing else.
 */
/* LABELS: threads */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <coil/event.h>

#include "beside_test.h"
#include "bodies.h"

/* ---- calls ---------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 5000 };

struct call {
    struct coil_handle handle;
    size_t thread;
    size_t number;
};

static struct call calls[THREADS][CALLS];
static size_t next_number[THREADS];
static size_t calls_made;
static struct coil_event all_made;

static void take_call(void *arg)
{
    const struct call *call = arg;

    /* The calls of one thread keep their order. */
    ASSERT_EQ(call->number, next_number[call->thread]++);
    if (++calls_made == THREADS * CALLS)
        coil_event_set(&all_made);
}

static void *make_calls(void *arg)
{
    size_t thread = (size_t)arg;

    for (size_t i = 0; i < CALLS; i++) {
        struct call *call = &calls[thread][i];

        call->thread = thread;
        call->number = i;
        ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &call->handle, take_call,
                                                 call),
                  0);
        if (i % 512 == 0)
            pause_for(COIL_MILLISECOND);
    }
    return NULL;
}

static int receive_calls(void *arg)
{
    pthread_t threads[THREADS];
    int rc;

    (void)arg;
    coil_event_init(&all_made);
    coil_loop_hold(loop);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(make_calls, (void *)i);
    rc = coil_event_wait(&all_made);
    coil_loop_release(loop);
    for (size_t i = 0; i < THREADS; i++)
        join(threads[i]);
    return rc;
}

/* LOOP-16 */
LOOP_TEST(loop_threads_make_calls_all_at_once)
{
    calls_made = 0;
    memset(next_number, 0, sizeof next_number);
    memset(calls, 0, sizeof calls);
    ASSERT_EQ(coil_loop_run_until_complete(loop, receive_calls, NULL), 0);
    ASSERT_EQ(calls_made, THREADS * CALLS);
}

static int receive_calls_while_busy(void *arg)
{
    pthread_t threads[THREADS];

    (void)arg;
    coil_event_init(&all_made);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(make_calls, (void *)i);
    while (!coil_event_is_set(&all_made))
        ASSERT_EQ(coil_yield(), 0);
    for (size_t i = 0; i < THREADS; i++)
        join(threads[i]);
    return 0;
}

LOOP_TEST(loop_threads_are_heard_by_a_loop_that_is_never_idle)
{
    calls_made = 0;
    memset(next_number, 0, sizeof next_number);
    memset(calls, 0, sizeof calls);
    ASSERT_EQ(
        coil_loop_run_until_complete(loop, receive_calls_while_busy, NULL), 0);
}

static atomic_int rounds;

static void go_round(void *arg)
{
    /* The handle belongs to the caller from here on, in any thread. */
    atomic_fetch_add(&rounds, 1);
    (void)arg;
}

enum { ROUNDS = 300 };

static void *call_round_after_round(void *arg)
{
    struct coil_handle *handle = arg;

    for (int i = 0; i < ROUNDS; i++) {
        ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, handle, go_round, NULL),
                  0);
        while (atomic_load(&rounds) == i)
            sched_yield();
    }
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

LOOP_TEST(loop_threads_wake_it_each_time)
{
    struct coil_handle handle = { 0 };
    pthread_t thread;

    atomic_store(&rounds, 0);
    coil_loop_hold(loop);
    thread = start_thread(call_round_after_round, &handle);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_release(loop);
    join(thread);
    ASSERT_EQ(atomic_load(&rounds), ROUNDS);
}

static int call_from_the_loop_itself(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(
            coil_loop_call_soon_threadsafe(loop, &handles[i], say_name,
                                           (void *)(uintptr_t)(i == 0   ? "a"
                                                               : i == 1 ? "b"
                                                                        : "c")),
            0);
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handles[0], say_name, NULL),
              -EBUSY);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], say_name, NULL), -EBUSY);
    ASSERT(!coil_handle_cancel(&handles[0]));
    return coil_sleep(COIL_MILLISECOND);
}

/* LOOP-16 */
LOOP_TEST(loop_threads_calls_may_come_from_its_own)
{
    ASSERT_EQ(
        coil_loop_run_until_complete(loop, call_from_the_loop_itself, NULL), 0);
    SAID("a b c ");
}

static void *call_once(void *arg)
{
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, arg, say_name,
                                             (void *)(uintptr_t) "early"),
              0);
    return NULL;
}

LOOP_TEST(loop_threads_calls_made_before_it_runs_are_kept)
{
    join(start_thread(call_once, &handles[0]));
    SAID("");
    run_once();
    SAID("early ");
}

LOOP_TEST(loop_threads_calls_left_are_made_at_the_end)
{
    join(start_thread(call_once, &handles[0]));
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    SAID("early ");
    open_loop(0);
    call_soon(0, "again");
    run_once();
    SAID("again ");
}

/* ---- stopping ------------------------------------------------------------- */

static void *stop_soon(void *arg)
{
    pause_for(5 * COIL_MILLISECOND);
    coil_loop_stop_threadsafe(arg);
    return NULL;
}

LOOP_TEST(loop_threads_stop_it_while_it_waits)
{
    pthread_t thread;

    coil_loop_hold(loop);
    thread = start_thread(stop_soon, loop);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_release(loop);
    join(thread);
}

static int yield_for_ever(void *arg)
{
    int rc;

    (void)arg;
    do
        rc = coil_yield();
    while (rc == 0);
    return rc;
}

LOOP_TEST(loop_threads_stop_it_while_it_is_busy)
{
    pthread_t thread;
    struct coil_loop_report report;

    thread = start_thread(stop_soon, loop);
    ASSERT_EQ(coil_loop_run_until_complete(loop, yield_for_ever, NULL), -EINTR);
    join(thread);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 1);
    loop = NULL;
}

static void *stop_at_once(void *arg)
{
    coil_loop_stop_threadsafe(arg);
    return NULL;
}

LOOP_TEST(loop_threads_stop_it_before_it_runs)
{
    call_later(0, COIL_MINUTE, "late");
    call_soon(1, "a");
    join(start_thread(stop_at_once, loop));
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a ");
    ASSERT(coil_handle_cancel(&handles[0]));
}

/* ---- holding -------------------------------------------------------------- */

static struct coil_event from_outside;

static void set_event(void *arg)
{
    coil_event_set(arg);
}

static void *call_late(void *arg)
{
    static struct coil_handle handle;

    pause_for(20 * COIL_MILLISECOND);
    handle = (struct coil_handle){ 0 };
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handle, set_event, arg), 0);
    return NULL;
}

LOOP_TEST(loop_threads_are_waited_for_as_long_as_it_is_held)
{
    pthread_t thread;

    coil_event_init(&from_outside);
    coil_loop_hold(loop);
    coil_loop_hold(loop);
    coil_loop_release(loop);
    thread = start_thread(call_late, &from_outside);
    ASSERT_EQ(coil_loop_run_until_complete(loop, await_event, &from_outside),
              0);
    coil_loop_release(loop);
    join(thread);

    coil_event_init(&from_outside);
    silence_stderr();
    ASSERT_EQ(coil_loop_run_until_complete(loop, await_event, &from_outside),
              -EDEADLK);
    restore_stderr();
}

/* ---- a loop in each thread ------------------------------------------------ */

static int sleep_often(void *arg)
{
    size_t *count = arg;

    for (int i = 0; i < 20; i++) {
        int rc = coil_sleep(COIL_MILLISECOND / 10);

        if (rc < 0)
            return rc;
        *count += 1;
    }
    return 0;
}

static int run_some_tasks(void *arg)
{
    size_t *count = arg;
    struct coil_task *tasks[50];

    for (int i = 0; i < 50; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], sleep_often, count), 0);
    for (int i = 0; i < 50; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

static void *run_a_loop(void *arg)
{
    size_t count = 0;

    (void)arg;
    ASSERT_EQ(coil_run(run_some_tasks, &count), 0);
    ASSERT_EQ(count, 1000);
    ASSERT_NULL(coil_loop_current());
    return NULL;
}

TEST(loop_threads_run_a_loop_each)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(run_a_loop, NULL);
    for (int i = 0; i < THREADS; i++)
        join(threads[i]);
}

static void *run_given_loop(void *arg)
{
    ASSERT_EQ(coil_loop_run_until_complete(arg, sleep_a_little, NULL), 0);
    ASSERT_EQ(coil_loop_close(arg, NULL), 0);
    return NULL;
}

LOOP_TEST(loop_threads_may_run_one_that_was_made_elsewhere)
{
    join(start_thread(run_given_loop, loop));
    loop = NULL;
}

/* ---- what is not allowed -------------------------------------------------- */

static void *call_soon_from_here(void *arg)
{
    (void)arg;
    call_soon(0, "wrong");
    return NULL;
}

static void *call_later_from_here(void *arg)
{
    (void)arg;
    call_later(0, COIL_SECOND, "wrong");
    return NULL;
}

static int let_thread_do(void *arg)
{
    void *(*fn)(void *) = *(void *(**)(void *))arg;

    join(start_thread(fn, NULL));
    return 0;
}

static void run_in_debug_mode(void *(*fn)(void *arg))
{
    open_loop(1);
    ASSERT(variants[1].debug);
    (void)!coil_loop_run_until_complete(loop, let_thread_do, &fn);
}

/* LOOP-17 */
PANIC_TEST(loop_threads_are_told_to_use_the_safe_call_in_debug_mode,
           "coil_loop_call_soon_threadsafe()")
{
    run_in_debug_mode(call_soon_from_here);
}

PANIC_TEST(loop_threads_arm_no_timers_in_debug_mode, "another thread")
{
    run_in_debug_mode(call_later_from_here);
}

static int take_id(void *arg)
{
    *(uint64_t *)arg = coil_task_id(coil_current_task());
    return 0;
}

static void *run_take_id(void *arg)
{
    ASSERT_EQ(coil_run(take_id, arg), 0);
    return NULL;
}

TEST(loop_threads_give_their_tasks_different_ids)
{
    uint64_t ids[3] = { 0 };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, run_take_id, &ids[i]), 0);
    run_take_id(&ids[2]);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
    ASSERT_NE(ids[0], ids[1]);
    ASSERT_NE(ids[0], ids[2]);
    ASSERT_NE(ids[1], ids[2]);
}
