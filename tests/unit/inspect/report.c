/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * The report of a deadlock, word for word except addresses and lines, and the
 * report of a closed loop about what was left.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "child.h"
#include "trace/backtrace.h"
#include "names.h"
#include "test.h"

static struct child child;

/* ---- reading -------------------------------------------------------------- */

static char told[65536];   /* all but frames */
static char frames[65536]; /* the frames */

static const char *skip_digits(const char *p, bool hex)
{
    while ((*p >= '0' && *p <= '9') || (hex && *p >= 'a' && *p <= 'f'))
        p++;
    return p;
}

/* Copy a line; addresses become ADDRESS, and a line's number N. */
static char *copy_line(char *to, const char *line, size_t length)
{
    const char *end = line + length;

    while (line < end) {
        if (strncmp(line, "0x", 2) == 0) {
            to = stpcpy(to, "ADDRESS");
            line = skip_digits(line + 2, true);
        } else if (strncmp(line, ".c:", 3) == 0) {
            to = stpcpy(to, ".c:N");
            line = skip_digits(line + 3, false);
        } else {
            *to++ = *line++;
        }
    }
    *to++ = '\n';
    *to = '\0';
    return to;
}

static void read_text(const char *text)
{
    char *t = told;
    char *f = frames;

    told[0] = '\0';
    frames[0] = '\0';
    while (*text) {
        size_t length = strcspn(text, "\n");

        if (text[strspn(text, " ")] == '#')
            f = copy_line(f, text, length);
        else
            t = copy_line(t, text, length);
        text += length;
        text += *text == '\n';
    }
}

static coil_fn main_fn;

static void run_main(void *arg)
{
    (void)arg;
    exit(coil_test_run(main_fn, NULL, 0) == -EDEADLK ? 7 : 8);
}

/* Run `fn` into a deadlock, in virtual time. */
static void run_into_deadlock(coil_fn fn)
{
    main_fn = fn;
    child_run(&child, run_main, NULL);
    ASSERT_CHILD_EXITED(&child, 7);
    read_text(child.text);
}

/* The reports name this file as the tasks' origin. */
static struct coil_task *start_here(coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &options), 0);
    return task;
}

/* ---- two tasks, two locks ------------------------------------------------- */

static struct coil_lock first;
static struct coil_lock second;

struct pair {
    struct coil_lock *a;
    struct coil_lock *b;
};

static COIL_NOINLINE int take_both(const struct pair *pair)
{
    int rc = coil_lock_acquire(pair->a);

    if (rc == 0)
        rc = coil_sleep(COIL_SECOND);
    if (rc == 0)
        rc = coil_lock_acquire(pair->b);
    return rc + zero;
}

static int take_in_order(void *arg)
{
    return take_both(arg) + zero;
}

static int lock_each_other_out(void *arg)
{
    static struct pair ab = { &first, &second };
    static struct pair ba = { &second, &first };
    struct coil_task *a = start_here(take_in_order, &ab, "a");

    (void)arg;
    start_here(take_in_order, &ba, "b");
    return coil_task_await(a);
}

TEST(report_of_two_tasks_and_two_locks)
{
    skip_without_names();
    run_into_deadlock(lock_each_other_out);
    ASSERT_STR_EQ(told,
                  "coil: deadlock: nothing can ever run again; 3 tasks wait\n"
                  "  cycle: a waits for lock second (ADDRESS), held by b; "
                  "b waits for lock first (ADDRESS), held by a\n"
                  "  Task-1, made at coil_loop_run_until_complete(): "
                  "waits for task a, for 1.00 s\n"
                  "    a, made at tests/unit/inspect/report.c:N: "
                  "waits for lock second (ADDRESS), held by b, for 0.0 ms\n"
                  "  b, made at tests/unit/inspect/report.c:N: "
                  "waits for lock first (ADDRESS), held by a, for 0.0 ms\n"
                  "  cure for lock: release a lock on every way out; take "
                  "several locks in the same order everywhere\n");
}

/* The text behind "`function` at ", to the end of the line. */
static const char *place_of(const char *function)
{
    static char place[256];
    const char *at = frames;

    do {
        at = strstr(at, function);
        ASSERT_NOT_NULL(at);
        at += strlen(function);
    } while (strncmp(at, " at ", 4) != 0);
    snprintf(place, sizeof place, "%.*s", (int)strcspn(at + 4, "\n"), at + 4);
    return place;
}

TEST(report_says_in_which_line_each_task_waits)
{
    const char *place;

    run_into_deadlock(lock_each_other_out);
    if (!has_backtraces())
        SKIP("no backtraces on this CPU, or with this C library");
    ASSERT_STR_CONTAINS(frames, "take_both");
    ASSERT_STR_CONTAINS(frames, "take_in_order");
    if (!strstr(frames, ".c:N"))
        SKIP("no libdw, no lines");
    place = place_of("take_both");
    ASSERT_STR_CONTAINS(place, "tests/unit/inspect/report.c:N");
    ASSERT_STR_EQ(strstr(place, "report.c"), "report.c:N");
}

/* ---- other ways ----------------------------------------------------------- */

static int take_first_and_end(void *arg)
{
    (void)arg;
    return coil_lock_acquire(&first);
}

static int wait_for_the_dead(void *arg)
{
    (void)arg;
    coil_task_release(start_here(take_first_and_end, NULL, "gone"));
    if (coil_yield() < 0)
        return -1;
    return coil_lock_acquire(&first);
}

TEST(report_of_a_lock_whose_holder_has_ended)
{
    skip_without_names();
    run_into_deadlock(wait_for_the_dead);
    ASSERT_STR_CONTAINS(told, "waits for lock first (ADDRESS), held by "
                              "Task-2, which has ended");
    ASSERT_NULL(strstr(told, "cycle"));
}

static int take_twice(void *arg)
{
    (void)arg;
    if (coil_lock_acquire(&first) < 0)
        return -1;
    return coil_lock_acquire(&first);
}

TEST(report_of_a_lock_taken_twice)
{
    skip_without_names();
    run_into_deadlock(take_twice);
    ASSERT_STR_CONTAINS(told, "coil: deadlock: nothing can ever run again; "
                              "1 task waits\n");
    ASSERT_STR_CONTAINS(told, "  cycle: Task-1 waits for lock first (ADDRESS), "
                              "held by Task-1\n");
}

static struct coil_task *ring[3];

static int await_next(void *arg)
{
    struct coil_task **next = arg;

    return coil_task_await(*next);
}

static int await_in_a_ring(void *arg)
{
    (void)arg;
    ring[0] = start_here(await_next, &ring[1], "x");
    ring[1] = start_here(await_next, &ring[2], "y");
    ring[2] = start_here(await_next, &ring[0], "z");
    return coil_task_await(ring[0]);
}

TEST(report_of_tasks_that_await_in_a_ring)
{
    run_into_deadlock(await_in_a_ring);
    ASSERT_STR_CONTAINS(told,
                        "  cycle: x waits for task y; y waits for task z; "
                        "z waits for task x\n");
    ASSERT_STR_CONTAINS(told, "\n  Task-1, made at ");
    ASSERT_STR_CONTAINS(told, "\n    x, made at ");
    ASSERT_STR_CONTAINS(told, "\n      y, made at ");
    ASSERT_STR_CONTAINS(told, "\n        z, made at ");
}

static int await_arg(void *arg)
{
    return coil_task_await(arg);
}

static int lock_out_the_group(void *arg)
{
    struct coil_task_group group;
    const struct coil_task_options options = { .name = "child" };
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_create_with(&group, NULL, await_arg,
                                     coil_current_task(), &options);
    return coil_task_group_end(&group, rc);
}

TEST(report_of_a_group_whose_child_awaits_its_parent)
{
    run_into_deadlock(lock_out_the_group);
    ASSERT_STR_CONTAINS(told, "  cycle: Task-1 waits for task group ADDRESS "
                              "with child; child waits for task Task-1\n");
    ASSERT_STR_CONTAINS(told, "\n    child, made at ");
}

static int gather_in_a_circle(void *arg)
{
    struct coil_task *tasks[2] = {
        start_here(await_arg, coil_current_task(), "p"),
        start_here(await_arg, coil_current_task(), "q")
    };
    struct coil_future *futures[2] = { coil_task_future(tasks[0]),
                                       coil_task_future(tasks[1]) };

    (void)arg;
    return coil_gather(futures, 2, 0);
}

TEST(report_of_gathered_tasks_that_await_who_gathers)
{
    run_into_deadlock(gather_in_a_circle);
    ASSERT_STR_CONTAINS(told, "waits for futures ADDRESS with p; "
                              "p waits for task Task-1\n");
    ASSERT_STR_CONTAINS(told, "waits for futures ADDRESS with q; "
                              "q waits for task Task-1\n");
    ASSERT_STR_CONTAINS(told, "\n    p, made at ");
    ASSERT_STR_CONTAINS(told, "\n    q, made at ");
}

static int wait_for_any(void *arg)
{
    struct coil_task *task = start_here(await_arg, coil_current_task(), "p");
    struct coil_future *futures[1] = { coil_task_future(task) };

    (void)arg;
    return coil_wait(futures, 1, COIL_FIRST_COMPLETED, COIL_NEVER);
}

/* Another task could have ended the wait. */
TEST(report_of_a_wait_for_any_is_no_cycle)
{
    run_into_deadlock(wait_for_any);
    ASSERT_NULL(strstr(told, "cycle"));
    ASSERT_STR_CONTAINS(told, "\n    p, made at ");
}

enum { CHAIN = 1000 };

static struct coil_task *chain[CHAIN];

static int await_chained(void *arg)
{
    struct coil_event never = COIL_EVENT_INIT;
    struct coil_task **next = arg;

    return next < chain + CHAIN ? coil_task_await(*next)
                                : coil_event_wait(&never);
}

static int await_a_chain(void *arg)
{
    (void)arg;
    for (int i = 0; i < CHAIN; i++)
        ASSERT_EQ(coil_task_create(&chain[i], await_chained, &chain[i + 1]), 0);
    return coil_task_await(chain[0]);
}

static void run_chain(void *arg)
{
    (void)arg;
    /* So much is written that the test does not read it here. */
    if (!freopen("/dev/null", "w", stderr))
        exit(1);
    exit(coil_test_run(await_a_chain, NULL, 0) == -EDEADLK ? 7 : 8);
}

TEST(report_of_a_long_chain_needs_no_stack)
{
    child_run(&child, run_chain, NULL);
    ASSERT_CHILD_EXITED(&child, 7);
}

/* ---- closing -------------------------------------------------------------- */

static char reported[4096];

static void note(struct coil_loop *loop, const struct coil_exception *e,
                 void *arg)
{
    (void)loop;
    (void)arg;
    snprintf(reported + strlen(reported), sizeof reported - strlen(reported),
             "%s [%s] [%s]\n", e->message,
             e->task ? coil_task_name(e->task) : "", e->site ? e->site : "");
}

static struct coil_loop *open_loop(void)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    coil_loop_set_exception_handler(loop, note, NULL);
    reported[0] = '\0';
    return loop;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MINUTE);
}

static int leave_tasks(void *arg)
{
    const int *count = arg;

    for (int i = 0; i < *count; i++)
        coil_task_release(start_here(sleep_long, NULL, "left"));
    return coil_yield();
}

TEST(report_at_close_names_tasks_and_where_they_were_made)
{
    struct coil_loop *loop = open_loop();
    int count = 1;

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_tasks, &count), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_CONTAINS(reported,
                        "a task had not ended when the loop was closed [left] "
                        "[tests/unit/inspect/report.c:");
}

static int reported_lines(void)
{
    int lines = 0;

    for (const char *p = reported; *p; p++)
        lines += *p == '\n';
    return lines;
}

TEST(report_at_close_of_many_tasks_is_not_long)
{
    struct coil_loop *loop = open_loop();
    int count = 1000;

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_tasks, &count), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_CONTAINS(reported, "990 more tasks");
    ASSERT_EQ(reported_lines(), 11);
}

static void tick(void *arg)
{
    (void)arg;
}

TEST(report_at_close_says_what_a_timer_would_have_called)
{
    struct coil_handle handle = { 0 };
    struct coil_loop *loop = open_loop();
    struct coil_loop_report report;

    skip_without_names();
    ASSERT_EQ(coil_loop_call_later(loop, &handle, COIL_MINUTE, tick, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.timers_armed, 1);
    ASSERT_STR_CONTAINS(reported, "a timer was armed when the loop was closed: "
                                  "it calls ");
    if (has_backtraces())
        ASSERT_STR_CONTAINS(reported, "it calls tick (");
    ASSERT(!coil_handle_cancel(&handle));
}

static struct coil_listener *listener;
static struct coil_stream *stream;

static int leave_sockets(void *arg)
{
    struct coil_address address;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 8000), 0);
    coil_listener_address(listener, &address);
    return coil_tcp_connect(&stream, "127.0.0.1", 8000);
}

TEST(report_at_close_names_streams_and_listeners)
{
    struct coil_loop *loop = open_loop();
    struct coil_loop_report report;

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_sockets, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.descriptors_open, 2);
    ASSERT_STR_CONTAINS(reported,
                        "a stream was left open when the loop was closed: ");
    ASSERT_STR_CONTAINS(reported, "connected to 127.0.0.1 port 8000");
    ASSERT_STR_CONTAINS(reported,
                        "a listener was left open when the loop was closed: ");
    ASSERT_STR_CONTAINS(reported, "on 127.0.0.1 port 8000");
    free(stream);
    free(listener);
}

static int leave_sockets_of_the_kernel(void *arg)
{
    struct coil_address address;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    return coil_tcp_connect(&stream, "127.0.0.1", coil_address_port(&address));
}

static void close_above_sockets(void *arg)
{
    struct coil_loop *loop;

    (void)arg;
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(
        coil_loop_run_until_complete(loop, leave_sockets_of_the_kernel, NULL),
        0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    free(stream);
    free(listener);
}

/* In a child, which ends with the descriptors. */
TEST(report_at_close_names_streams_of_the_kernel_as_well)
{
    child_run(&child, close_above_sockets, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text,
                        "a stream was left open when the loop was closed: ");
    ASSERT_STR_CONTAINS(child.text, "connected to 127.0.0.1 port ");
    ASSERT_STR_CONTAINS(child.text,
                        "a listener was left open when the loop was closed: ");
    ASSERT_STR_CONTAINS(child.text, "on 127.0.0.1 port ");
}

static struct coil_listener *many[13];

static int leave_listeners(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < 13; i++)
        ASSERT_EQ(coil_tcp_listen(&many[i], "127.0.0.1", 0), 0);
    return 0;
}

TEST(report_at_close_of_many_listeners_is_not_long)
{
    struct coil_loop *loop = open_loop();

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_listeners, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_CONTAINS(reported, "3 more streams and listeners");
    ASSERT_EQ(reported_lines(), 11);
    for (size_t i = 0; i < 13; i++)
        free(many[i]);
}

static int close_sockets(void *arg)
{
    ASSERT_EQ(leave_sockets(arg), 0);
    coil_stream_abort(stream);
    coil_listener_close(listener);
    return 0;
}

TEST(report_at_close_of_nothing_is_silence)
{
    struct coil_loop *loop = open_loop();

    ASSERT_EQ(coil_loop_run_until_complete(loop, close_sockets, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_EQ(reported, "");
}

static int leave_task_and_timer(void *arg)
{
    static struct coil_handle handle;
    int one = 1;

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), note, NULL);
    ASSERT_EQ(coil_loop_call_later(coil_loop_current(), &handle, COIL_MINUTE,
                                   tick, NULL),
              0);
    return leave_tasks(&one);
}

TEST(report_at_close_is_silent_on_what_a_run_ends_anyway)
{
    struct coil_loop_options options = { .backend = COIL_BACKEND_SIMULATOR };

    reported[0] = '\0';
    ASSERT_EQ(coil_run_with(leave_task_and_timer, NULL, &options), 0);
    ASSERT_STR_EQ(reported, "");
    options.debug = true;
    ASSERT_EQ(coil_run_with(leave_task_and_timer, NULL, &options), 0);
    ASSERT_STR_CONTAINS(reported, "a task had not ended");
    ASSERT_STR_CONTAINS(reported, "a timer was armed");
}
