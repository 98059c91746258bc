/* SPDX-License-Identifier: MIT */
/*
 * The report at close of things that are many, or not what they seem; and
 * errors without a task, a loop or an origin.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/scheduler.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "actors.h"
#include "bodies.h"
#include "child.h"
#include "test.h"

static struct child child;
static char reported[16384];

static void note(struct coil_loop *loop, const struct coil_exception *e,
                 void *arg)
{
    size_t length = strlen(reported);

    (void)loop;
    (void)arg;
    snprintf(reported + length, sizeof reported - length, "%s\n", e->message);
}

static struct coil_loop *open_loop(enum coil_backend backend)
{
    const struct coil_loop_options options = { .backend = backend };
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    coil_loop_set_exception_handler(loop, note, NULL);
    return loop;
}

static int count_lines(void)
{
    int lines = 0;

    for (const char *p = reported; *p; p++)
        lines += *p == '\n';
    return lines;
}

/* ---- many ----------------------------------------------------------------- */

static void tick(void *arg)
{
    (void)arg;
}

TEST(report_close_with_many_timers_is_not_long)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_SIMULATOR);
    struct coil_loop_report report;
    struct coil_handle handles[25];

    memset(handles, 0, sizeof handles);
    for (int i = 0; i < 25; i++)
        ASSERT_EQ(
            coil_loop_call_later(loop, &handles[i], COIL_MINUTE, tick, NULL),
            0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.timers_armed, 25);
    ASSERT_STR_CONTAINS(reported, "15 more timers");
    ASSERT_EQ(count_lines(), 11);
}

static struct coil_listener *listeners[14];

static int leave_listeners(void *arg)
{
    (void)arg;
    for (int i = 0; i < 14; i++)
        ASSERT_EQ(coil_tcp_listen(&listeners[i], "127.0.0.1", 0), 0);
    return 0;
}

TEST(report_close_with_many_listeners_is_not_long)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_SIMULATOR);
    struct coil_loop_report report;

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_listeners, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.descriptors_open, 14);
    ASSERT_STR_CONTAINS(reported, "4 more streams and listeners");
    ASSERT_EQ(count_lines(), 11);
    for (int i = 0; i < 14; i++)
        free(listeners[i]);
}

/* ---- not what they seem --------------------------------------------------- */

extern const char __ehdr_start[];

TEST(report_close_with_a_timer_whose_function_has_no_name)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_SIMULATOR);
    struct coil_handle far = { 0 };
    struct coil_handle near = { 0 };

    ASSERT_EQ(coil_loop_call_later(loop, &far, COIL_MINUTE,
                                   (coil_callback_fn)(uintptr_t)0x1234, NULL),
              0);
    ASSERT_EQ(coil_loop_call_later(loop, &near, COIL_MINUTE,
                                   (coil_callback_fn)(uintptr_t)__ehdr_start,
                                   NULL),
              0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_CONTAINS(reported, "it calls 0x1234\n");
    if (!strstr(reported, "it calls ? ("))
        ASSERT_EQ(count_lines(), 2);
}

static int leave_one_closed(void *arg)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listeners[0], "127.0.0.1", 0), 0);
    /* The program closes descriptors that it does not own. */
    for (int fd = 3; fd < 64; fd++) {
        length = sizeof address;
        if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
            address.ss_family == AF_INET)
            close(fd);
    }
    return 0;
}

static void close_one_closed(void *arg)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_DEFAULT);

    (void)arg;
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_one_closed, NULL), 0);
    (void)!coil_loop_close(loop, NULL);
    puts(reported);
    free(listeners[0]);
}

TEST(report_close_with_a_descriptor_that_was_closed_already)
{
    child_run(&child, close_one_closed, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "a listener was left open when the loop "
                                    "was closed: descriptor ");
    ASSERT_STR_CONTAINS(child.text, "an unknown address");
}

/* ---- errors --------------------------------------------------------------- */

static int leave_error(void *arg)
{
    const struct coil_task_options options = { .name = "orphan" };

    ASSERT_EQ(coil_task_create_at(NULL, fail, arg, &options, NULL), 0);
    return coil_yield();
}

static void run_leaving_error(void *arg)
{
    ASSERT_EQ(coil_run(leave_error, arg), 0);
}

TEST(report_close_to_an_error_names_a_task_of_unknown_origin)
{
    child_run(&child, run_leaving_error, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "(task 'orphan'): ");
    ASSERT_NULL(strstr(child.text, "made at"));
}

static void misuse(void *arg)
{
    coil_lock_release(arg);
}

static int misuse_in_callback(void *arg)
{
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle, misuse, arg),
              0);
    return coil_yield();
}

static void run_misuse(void *arg)
{
    struct coil_lock lock = COIL_LOCK_INIT;

    (void)arg;
    ASSERT_EQ(coil_run(misuse_in_callback, &lock), 0);
}

TEST(report_close_to_a_misuse_outside_of_a_task_names_none)
{
    child_run(&child, run_misuse, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "coil: ");
    ASSERT_NULL(strstr(child.text, "task '"));
}

/* ---- without a loop ------------------------------------------------------- */

static struct coil_future work;

static int shield_work(void *arg)
{
    (void)arg;
    return coil_shield(&work, NULL);
}

/* A scheduler of the program has no handler for errors. */
static void abandon_without_loop(void *arg)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_runnable *r;
    struct coil_task *task;

    (void)arg;
    coil_future_init(&work);
    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    ASSERT_EQ(coil_task_create(&task, shield_work, NULL), 0);
    r = coil_scheduler_pop(&mine);
    coil_runnable_run(r);
    coil_task_cancel(task);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    ASSERT_EQ(coil_task_result(task), -ECANCELED);
    coil_task_release(task);
    ASSERT_EQ(coil_future_set_error(&work, -EIO), 0);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    coil_scheduler_leave(&mine);
}

TEST(report_close_to_shielded_work_without_a_loop_goes_to_stderr)
{
    child_run(&child, abandon_without_loop, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text,
                        "coil: error in a shielded future nobody waits for");
}

/* ---- runnables ------------------------------------------------------------ */

static int times_run;

static void run_again(struct coil_runnable *self)
{
    times_run++;
    coil_scheduler_append(coil_scheduler_current(), self);
}

/* It runs in the last turns, and then not any more. */
TEST(report_close_with_a_runnable_that_never_ends_forgets_it)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_SIMULATOR);
    struct coil_runnable runnable = { .run = run_again };

    coil_scheduler_append(coil_loop_scheduler(loop), &runnable);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_GE(times_run, 1);
    ASSERT_LE(times_run, 10);
}

/* ---- the last calls ------------------------------------------------------- */

static int calls;

static void count_call(void *arg)
{
    (void)arg;
    calls++;
}

enum { MANY = 1000 };

/* There are more calls than are made between two looks outside. */
TEST(report_close_with_many_calls_makes_them_all)
{
    static struct coil_handle handles[MANY];
    struct coil_loop *loop = open_loop(COIL_BACKEND_DEFAULT);

    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(coil_loop_call_soon(loop, &handles[i], count_call, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_EQ(calls, MANY);
}

TEST(report_close_without_memory_makes_no_calls)
{
    struct coil_loop *loop = open_loop(COIL_BACKEND_DEFAULT);
    struct coil_handle handle = { 0 };
    struct coil_thread_call call;

    ASSERT_EQ(coil_loop_call_soon(loop, &handle, count_call, NULL), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, fail, NULL), 0);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(calls, 0);
    ASSERT(!coil_handle_cancel(&handle));
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ECANCELED);
}
