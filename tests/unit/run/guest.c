/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A loop that a host drives: LOOP-23 of asyncio's behaviour.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/reader.h>
#include <coil/signal.h>
#include <coil/stream.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>
#include <coil/timeout.h>

#include "loop_test.h"

/* ---- a host that is a poll(2) ---- */

static int waits;

static void wait_and_run(struct coil_loop *guest)
{
    coil_time time = coil_loop_timeout(guest);
    struct pollfd ask = { .fd = coil_loop_fd(guest), .events = POLLIN };

    waits++;
    (void)poll(&ask, 1,
               time == COIL_NEVER
                   ? -1
                   : (int)((time + COIL_MILLISECOND - 1) / COIL_MILLISECOND));
    ASSERT_EQ(coil_loop_run_once(guest, 0), 0);
}

static int drive(coil_fn fn, void *arg)
{
    struct coil_task *task;
    int rc;

    waits = 0;
    ASSERT_EQ(coil_loop_create_task(loop, &task, fn, arg), 0);
    while (!coil_task_is_done(task))
        wait_and_run(loop);
    rc = coil_task_result(task);
    coil_task_release(task);
    return rc;
}

static int echo_once(void *arg)
{
    struct coil_listener *listener = arg;
    struct coil_stream *stream;
    char text[8];
    int rc;

    rc = coil_listener_accept(listener, &stream);
    if (rc < 0)
        return rc;
    rc = coil_stream_read_exactly(stream, text, 4, NULL);
    if (rc >= 0)
        rc = coil_stream_write(stream, text, 4);
    if (rc >= 0)
        rc = coil_stream_close(stream);
    return rc;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 1;
}

static int do_everything(void *arg)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *stream;
    struct coil_task *task;
    char text[8] = "";

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_task_create(&task, echo_once, listener), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_tcp_connect_address(&stream, &address), 0);
    ASSERT_EQ(coil_stream_write(stream, "ping", 4), 0);
    ASSERT_GE(coil_stream_read_exactly(stream, text, 4, NULL), 0);
    ASSERT_STR_EQ(text, "ping");
    ASSERT_GE(coil_task_await(task), 0);
    coil_task_release(task);
    coil_stream_abort(stream);
    coil_listener_close(listener);
    ASSERT_EQ(coil_to_thread(do_nothing, NULL), 1);
    return 7;
}

static void on_each_kernel_loop(void (*body)(void))
{
    for (variant = 0; variant < KERNEL_VARIANTS; variant++) {
        open_loop(variant);
        body();
        SAID("");
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    }
}

static void run_everything(void)
{
    ASSERT_EQ(drive(do_everything, NULL), 7);
    /* The host waited for something to happen, and did not spin. */
    ASSERT_LT(waits, 100);
    ASSERT(!coil_loop_is_running(loop));
    ASSERT_NULL(coil_loop_current());
}

TEST(guest_does_all_that_a_loop_does)
{
    on_each_kernel_loop(run_everything);
}

static int sleep_ten_times(void *arg)
{
    int sum = 0;

    (void)arg;
    for (int i = 0; i < 10; i++)
        sum += coil_sleep(COIL_MILLISECOND);
    return sum;
}

static void sleep_in_guest(void)
{
    ASSERT_EQ(drive(sleep_ten_times, NULL), 0);
    ASSERT_LT(waits, 60);
}

TEST(guest_says_how_long_it_may_sleep)
{
    on_each_kernel_loop(sleep_in_guest);
}

enum { MANY = 1000 };

static void count_call(void *arg)
{
    ++*(int *)arg;
}

/* There are more calls than are made between two looks outside. */
LOOP_TEST(guest_turn_is_all_that_is_ready)
{
    static struct coil_handle many[MANY];
    int calls = 0;

    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(coil_loop_call_soon(loop, &many[i], count_call, &calls), 0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    ASSERT_EQ(calls, MANY);
}

LOOP_TEST(guest_timeout_is_that_of_what_comes_first)
{
    coil_time time;

    ASSERT_EQ(coil_loop_timeout(loop), COIL_NEVER);
    call_later(0, COIL_MINUTE, "late");
    time = coil_loop_timeout(loop);
    ASSERT(time > 59 * COIL_SECOND && time <= COIL_MINUTE);
    call_later(1, -COIL_SECOND, "early");
    ASSERT_EQ(coil_loop_timeout(loop), 0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    SAID("early ");
    ASSERT(coil_loop_timeout(loop) > 50 * COIL_SECOND);
    call_soon(2, "now");
    ASSERT_EQ(coil_loop_timeout(loop), 0);
    ASSERT_EQ(coil_loop_run_once(loop, COIL_MINUTE), 0);
    SAID("now ");
    ASSERT(coil_handle_cancel(&handles[0]));
    coil_loop_call_soon_threadsafe(loop, &handles[3], say_name,
                                   (void *)(uintptr_t) "posted");
    ASSERT_EQ(coil_loop_timeout(loop), 0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    SAID("posted ");
}

static int limit_a_wait(void *arg)
{
    struct coil_timeout limit;
    struct coil_future never = COIL_FUTURE_INIT;

    ASSERT_EQ(coil_timeout_begin(&limit, *(const coil_time *)arg), 0);
    return coil_timeout_end(&limit, coil_future_await(&never, NULL));
}

/* The scopes began after the turn's only look at the clock. */
LOOP_TEST(guest_timeout_knows_the_scopes_that_have_just_begun)
{
    static coil_time minute = COIL_MINUTE;
    static coil_time less = COIL_MINUTE / 2;
    struct coil_task *tasks[2];
    coil_time time;

    ASSERT_EQ(coil_loop_create_task(loop, &tasks[0], limit_a_wait, &minute), 0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    time = coil_loop_timeout(loop);
    ASSERT(time > 59 * COIL_SECOND && time <= COIL_MINUTE);
    ASSERT_EQ(coil_loop_create_task(loop, &tasks[1], limit_a_wait, &less), 0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    time = coil_loop_timeout(loop);
    ASSERT(time >= 0 && time <= COIL_MINUTE / 2);
    for (int i = 0; i < 2; i++) {
        ASSERT(coil_task_cancel(tasks[i]));
        ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
        ASSERT(coil_task_is_cancelled(tasks[i]));
        coil_task_release(tasks[i]);
    }
    ASSERT_EQ(coil_loop_timeout(loop), COIL_NEVER);
}

static void say_again(void *arg)
{
    say("%s ", (const char *)arg);
    call_soon(1, "next");
}

/* LOOP-2, LOOP-3 */
LOOP_TEST(guest_turn_is_one)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], say_again,
                                  (void *)(uintptr_t) "first"),
              0);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    SAID("first ");
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    SAID("next ");
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
}

static int yield_much(void *arg)
{
    int rc = 0;

    while (rc == 0 && ++*(int *)arg < 20)
        rc = coil_yield();
    return rc;
}

/* Tasks that are always ready return to the host each turn. */
LOOP_TEST(guest_that_is_busy_lets_its_host_go_on)
{
    int n[2] = { 0 };

    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_loop_create_task(loop, NULL, yield_much, &n[i]), 0);
    }
    for (int turn = 1; turn <= 20; turn++) {
        ASSERT_EQ(coil_loop_run_once(loop, COIL_NEVER), 0);
        ASSERT_EQ(n[0], turn);
        ASSERT_EQ(n[1], turn);
    }
}

LOOP_TEST(guest_may_wait_by_itself)
{
    coil_time before;

    call_later(0, 100 * COIL_MILLISECOND, "a");
    before = run_now();
    ASSERT_EQ(coil_loop_run_once(loop, COIL_MILLISECOND), 0);
    ASSERT_GE(run_now() - before, COIL_MILLISECOND);
    SAID("");
    ASSERT_EQ(coil_loop_run_once(loop, COIL_NEVER), 0);
    SAID("a ");
    silence_stderr();
    ASSERT_EQ(coil_loop_run_once(loop, COIL_NEVER), -EDEADLK);
    restore_stderr();
    ASSERT_EQ(coil_loop_run_once(loop, COIL_MILLISECOND), 0);
}

LOOP_TEST(guest_tells_that_it_was_stopped)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], stop_it, loop), 0);
    call_soon(1, "a");
    ASSERT_EQ(coil_loop_run_once(loop, 0), -EINTR);
    SAID("a ");
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    coil_loop_stop(loop);
    ASSERT_EQ(coil_loop_timeout(loop), 0);
    ASSERT_EQ(coil_loop_run_once(loop, COIL_MINUTE), -EINTR);
}

static void run_itself(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_loop_run_once(loop, 0), -EBUSY);
    say("busy ");
}

LOOP_TEST(guest_cannot_drive_itself)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], run_itself, NULL), 0);
    run_once();
    SAID("busy ");
}

TEST(guest_has_no_descriptor_on_the_simulator)
{
    open_loop(2);
    ASSERT_EQ(coil_loop_fd(loop), -ENOTSUP);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- what wakes the host ---- */

static void *call_when_told(void *arg)
{
    struct coil_thread_call call;
    int rc;

    sem_wait(arg);
    rc = coil_run_threadsafe(loop, &call, do_nothing, NULL);
    if (rc == 0)
        rc = coil_thread_call_wait(&call, COIL_NEVER);
    ASSERT_EQ(rc, 1);
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void let_thread_call(void)
{
    struct pollfd ask = { .fd = coil_loop_fd(loop), .events = POLLIN };
    pthread_t thread;
    sem_t may_call;
    int rc;

    sem_init(&may_call, 0, 0);
    ASSERT_EQ(pthread_create(&thread, NULL, call_when_told, &may_call), 0);
    ASSERT_EQ(poll(&ask, 1, 0), 0);
    sem_post(&may_call);
    do {
        ASSERT_EQ(poll(&ask, 1, 5000), 1);
        rc = 0;
        while (rc == 0 && coil_loop_timeout(loop) == 0)
            rc = coil_loop_run_once(loop, 0);
        if (rc == 0)
            rc = coil_loop_run_once(loop, 0);
    } while (rc == 0);
    ASSERT_EQ(rc, -EINTR);
    pthread_join(thread, NULL);
    sem_destroy(&may_call);
}

TEST(guest_wakes_its_host_when_another_thread_calls)
{
    on_each_kernel_loop(let_thread_call);
}

static void raise_in_guest(void)
{
    static struct coil_signal_handler handler;
    struct pollfd ask = { .fd = coil_loop_fd(loop), .events = POLLIN };

    ASSERT_EQ(coil_loop_add_signal_handler(loop, &handler, SIGUSR1, say_name,
                                           (void *)(uintptr_t) "usr1"),
              0);
    ASSERT_EQ(poll(&ask, 1, 0), 0);
    raise(SIGUSR1);
    ASSERT_EQ(poll(&ask, 1, 0), 1);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    SAID("usr1 ");
    ASSERT_EQ(poll(&ask, 1, 0), 0);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
}

TEST(guest_wakes_its_host_for_a_signal)
{
    on_each_kernel_loop(raise_in_guest);
}

/* ---- a host that is a loop of coil's ---- */

/* As a task. */
static int host(void *arg)
{
    struct coil_task *task = arg;
    struct coil_loop *mine = coil_loop_current();
    int rc = 0;

    while (rc >= 0 && !coil_task_is_done(task)) {
        coil_time time = coil_loop_timeout(loop);

        if (time == COIL_NEVER)
            rc = coil_wait_fd(coil_loop_fd(loop), COIL_READABLE);
        else
            rc = coil_sleep(time < COIL_MILLISECOND ? time : COIL_MILLISECOND);
        if (rc >= 0)
            rc = coil_loop_run_once(loop, 0);
        ASSERT_PTR_EQ(coil_loop_current(), mine);
        ASSERT_NOT_NULL(coil_current_task());
    }
    return rc;
}

static int tick(void *arg)
{
    for (int i = 0; i < 5; i++) {
        int rc = coil_sleep(COIL_MILLISECOND);

        if (rc < 0)
            return rc;
        ++*(int *)arg;
    }
    return 0;
}

static int host_and_tick(void *arg)
{
    struct coil_task *task;
    int ticks = 0;
    int rc;

    rc = coil_task_create(&task, tick, &ticks);
    if (rc == 0)
        rc = host(arg);
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    ASSERT_EQ(ticks, 5);
    return rc;
}

static void be_guest_of_a_task(void)
{
    struct coil_task *task;

    ASSERT_EQ(coil_loop_create_task(loop, &task, do_everything, NULL), 0);
    ASSERT_EQ(coil_run(host_and_tick, task), 0);
    ASSERT_EQ(coil_task_result(task), 7);
    coil_task_release(task);
}

TEST(guest_of_a_task)
{
    on_each_kernel_loop(be_guest_of_a_task);
}

/* As callbacks. */
static struct coil_task *guest_task;
static struct coil_handle next_look;
static struct coil_fd_handler on_guest;
static struct coil_loop *outer;

static void look(void *arg)
{
    coil_time time;

    (void)arg;
    coil_handle_cancel(&next_look);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    ASSERT_PTR_EQ(coil_loop_current(), outer);
    ASSERT_NULL(coil_current_task());
    if (coil_task_is_done(guest_task)) {
        ASSERT(coil_loop_remove_reader(outer, &on_guest));
        coil_loop_stop(outer);
        return;
    }
    time = coil_loop_timeout(loop);
    if (time != COIL_NEVER)
        ASSERT_EQ(coil_loop_call_later(outer, &next_look, time, look, NULL), 0);
}

static void be_guest_of_callbacks(void)
{
    ASSERT_EQ(coil_loop_create_task(loop, &guest_task, do_everything, NULL), 0);
    ASSERT_EQ(coil_loop_new(&outer, NULL), 0);
    ASSERT_EQ(
        coil_loop_add_reader(outer, &on_guest, coil_loop_fd(loop), look, NULL),
        0);
    ASSERT_EQ(coil_loop_call_soon(outer, &next_look, look, NULL), 0);
    ASSERT_EQ(coil_loop_run_forever(outer), 0);
    ASSERT_EQ(coil_task_result(guest_task), 7);
    coil_task_release(guest_task);
    ASSERT_EQ(coil_loop_close(outer, NULL), 0);
}

TEST(guest_of_callbacks)
{
    on_each_kernel_loop(be_guest_of_callbacks);
}

static void suspend_here(void *arg)
{
    (void)arg;
    (void)!coil_sleep(1);
}

static int run_guest_once(void *arg)
{
    (void)arg;
    return coil_loop_run_once(loop, 0);
}

/* This holds even if the host is a task. */
PANIC_TEST(guest_callback_must_not_suspend, "outside of a task")
{
    open_loop(0);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], suspend_here, NULL), 0);
    (void)!coil_run(run_guest_once, NULL);
}

/* LOOP-14: a loop may run inside another loop's call only as a guest. */
static int run_inside(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_loop_run_forever(loop), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_complete(loop, do_nothing, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBUSY);
    return 0;
}

LOOP_TEST(guest_is_not_run_to_its_end)
{
    ASSERT_EQ(coil_run(run_inside, NULL), 0);
}
