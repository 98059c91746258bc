/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * What a thread may not do to another thread's loop, and debug mode reports:
 * LOOP-17 of asyncio's behaviour, for everything that belongs to a loop.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <coil/event.h>
#include <coil/guest.h>
#include <coil/reader.h>
#include <coil/signal.h>

#include "bodies.h"
#include "loop_test.h"

static struct coil_event event = COIL_EVENT_INIT;
static struct coil_future future = COIL_FUTURE_INIT;
static struct coil_task *waiter;
static struct coil_handle armed;
static struct coil_handle spare;

static void call_nothing(void *arg)
{
    (void)arg;
}

static int wait_for_future(void *arg)
{
    (void)arg;
    return coil_future_await(&future, NULL);
}

static void *do_wrong(void *arg)
{
    void (*wrong)(void) = *(void (**)(void))arg;

    wrong();
    return NULL;
}

static int let_thread_do(void *arg)
{
    pthread_t thread;

    ASSERT_EQ(coil_task_create(&waiter, await_event, &event), 0);
    ASSERT_EQ(coil_task_create(NULL, wait_for_future, NULL), 0);
    ASSERT_EQ(
        coil_loop_call_later(loop, &armed, COIL_MINUTE, call_nothing, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, do_wrong, arg), 0);
    pthread_join(thread, NULL);
    return 0;
}

static void run_in_debug_mode(void (*wrong)(void))
{
    ASSERT_EQ(setenv("COIL_DEBUG", "1", 1), 0);
    open_loop(0);
    (void)!coil_loop_run_until_complete(loop, let_thread_do, &wrong);
}

#define WRONG_TEST(name, statement)                                            \
    static void wrong_##name(void)                                             \
    {                                                                          \
        statement;                                                             \
    }                                                                          \
    PANIC_TEST(loop_debug_##name, "belongs to another thread")                 \
    {                                                                          \
        run_in_debug_mode(wrong_##name);                                       \
    }

WRONG_TEST(catches_call_soon,
           coil_loop_call_soon(loop, &spare, call_nothing, NULL))
WRONG_TEST(catches_call_later,
           coil_loop_call_later(loop, &spare, 1, call_nothing, NULL))
WRONG_TEST(catches_call_at,
           coil_loop_call_at(loop, &spare, 1, call_nothing, NULL))
WRONG_TEST(catches_the_cancelling_of_a_handle, coil_handle_cancel(&armed))
WRONG_TEST(catches_the_making_of_a_task,
           (void)!coil_loop_create_task(loop, NULL, await_event, &event))
WRONG_TEST(catches_the_cancelling_of_a_task, coil_task_cancel(waiter))
WRONG_TEST(catches_a_stop, coil_loop_stop(loop))
WRONG_TEST(catches_a_hold, coil_loop_hold(loop))
WRONG_TEST(catches_a_release, coil_loop_release(loop))

static void set_event(void)
{
    coil_event_set(&event);
}
WRONG_TEST(catches_the_setting_of_an_event, set_event())

/* Debug mode is turned on while the task waits. */
static int turn_debug_on_and_let_thread_do(void *arg)
{
    void (*wrong)(void) = set_event;
    pthread_t thread;

    (void)arg;
    ASSERT_EQ(coil_task_create(&waiter, await_event, &event), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_loop_set_debug(loop, true);
    ASSERT_EQ(pthread_create(&thread, NULL, do_wrong, &wrong), 0);
    pthread_join(thread, NULL);
    return 0;
}

PANIC_TEST(loop_debug_turned_on_later_catches_the_setting_of_an_event,
           "belongs to another thread")
{
    open_loop(0);
    (void)!coil_loop_run_until_complete(loop, turn_debug_on_and_let_thread_do,
                                        NULL);
}

static void complete_future(void)
{
    coil_future_set_result(&future, NULL);
}
WRONG_TEST(catches_the_completion_of_a_future, complete_future())

static void cancel_future(void)
{
    coil_future_cancel(&future);
}
WRONG_TEST(catches_the_cancelling_of_a_future, cancel_future())


/* The descriptor is not ready, so no other call would report the mistake. */
static void add_reader(void)
{
    static struct coil_fd_handler handler;
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    (void)!coil_loop_add_reader(loop, &handler, fds[0], call_nothing, NULL);
}
WRONG_TEST(catches_an_added_reader, add_reader())

WRONG_TEST(catches_an_added_signal_handler,
           (void)!coil_loop_add_signal_handler(
               loop, &(struct coil_signal_handler){ .fn = NULL }, SIGUSR1,
               call_nothing, NULL))
WRONG_TEST(catches_the_question_how_long_to_wait, coil_loop_timeout(loop))

/* LOOP-17: the same holds where that thread has a loop of its own. */
static int do_it_in_a_task(void *arg)
{
    (void)arg;
    coil_event_set(&event);
    return 0;
}

static void run_own_loop(void)
{
    (void)!coil_run(do_it_in_a_task, NULL);
}

WRONG_TEST(catches_threads_with_a_loop_of_their_own, run_own_loop())

/* All this belongs to the loop itself, so no mistake is reported. */
static int do_all_of_it(void *arg)
{
    struct coil_task *task;
    struct coil_handle handle = { 0 };
    int rc;

    (void)arg;
    ASSERT_EQ(coil_loop_create_task(loop, &task, await_event, &event), 0);
    ASSERT_EQ(coil_loop_call_later(loop, &handle, 1, call_nothing, NULL), 0);
    ASSERT(coil_handle_cancel(&handle));
    ASSERT_EQ(coil_yield(), 0);
    coil_event_set(&event);
    rc = coil_task_await(task);
    coil_task_release(task);
    coil_event_clear(&event);
    return rc;
}

LOOP_TEST(loop_debug_lets_pass_what_is_right)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, do_all_of_it, NULL), 0);
    call_soon(0, "a");
    ASSERT(coil_handle_cancel(&handles[0]));
    ASSERT_EQ(coil_loop_create_task(loop, &waiter, await_event, &event), 0);
    run_once();
    ASSERT(coil_task_cancel(waiter));
    run_once();
    ASSERT_EQ(coil_task_result(waiter), -ECANCELED);
    coil_task_release(waiter);
}
