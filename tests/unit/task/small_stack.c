/* SPDX-License-Identifier: MIT */
/*
 * Tasks on one or two KiB.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/connect.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/stream_pair.h>
#include <coil/task.h>
#include <coil/listener.h>

#include "base/memory.h"
#include "base/platform.h"
#include "child.h"
#include "sched/coroutine.h"
#include "task/task.h"
#include "test.h"

static const struct coil_task_options small = { .small_stack = true };
static const struct coil_task_options least = { .small_stack = true,
                                                .stack_size = 768 };
static const struct coil_task_options ordinary;

static bool is_small(const struct coil_task *task)
{
    return task->co.context.extras & COIL_CONTEXT_SMALL;
}

static void run(coil_fn fn)
{
    ASSERT_EQ(coil_run(fn, NULL), 0);
}

static struct coil_task *start_small(coil_fn fn, void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &small), 0);
    return task;
}

static struct coil_task *start_least(coil_fn fn, void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &least), 0);
    return task;
}

static int end(struct coil_task *task)
{
    int rc = coil_task_await(task);

    coil_task_release(task);
    return rc;
}

static int yield_once(void *arg)
{
    (void)arg;
    return coil_yield();
}

static int look_for_small_stacks(void *arg)
{
    struct coil_task *task = start_small(yield_once, NULL);
    bool *has = arg;

    *has = is_small(task);
    return end(task);
}

static void skip_without_small_stacks(void)
{
    bool has = false;

    ASSERT_EQ(coil_run(look_for_small_stacks, &has), 0);
    if (!has)
        SKIP("there are no small stacks here");
}

/* ---- what they are --------------------------------------------------------- */

enum { MANY = 1000 };

static int tell_remaining(void *arg)
{
    *(size_t *)arg = coil_stack_remaining();
    return coil_yield();
}

static int compare(const void *a, const void *b)
{
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;

    return (x > y) - (x < y);
}

static int park_many(void *arg)
{
    static struct coil_task *tasks[MANY];
    static char *tops[MANY];
    static size_t remaining[MANY];
    size_t close_together = 0;

    (void)arg;
    for (size_t i = 0; i < MANY; i++) {
        ASSERT_EQ(coil_task_create_with(&tasks[i], tell_remaining,
                                        &remaining[i],
                                        i % 3 == 0 ? &least : &small),
                  0);
        ASSERT(is_small(tasks[i]));
        tops[i] = tasks[i]->co.stack->top;
    }
    qsort(tops, MANY, sizeof tops[0], compare);
    for (size_t i = 1; i < MANY; i++)
        close_together += tops[i] - tops[i - 1] <= 2048;
    ASSERT_GE(close_together, MANY * 9 / 10);
    for (size_t i = 0; i < MANY; i++) {
        ASSERT_EQ(end(tasks[i]), 0);
        /* Some of what was asked for goes to the first two frames. */
        ASSERT_GE(remaining[i] + 128, i % 3 == 0 ? 768 : 1400);
    }
    return 0;
}

TEST(small_stack_is_one_of_several_in_a_page)
{
    skip_without_small_stacks();
    run(park_many);
}

static int ask_for_too_much(void *arg)
{
    const struct coil_task_options large = { .small_stack = true,
                                             .stack_size = 4000 };
    const struct coil_task_options long_arg = { .small_stack = true,
                                                .stack_size = 1000,
                                                .arg_size = 1000 };
    const struct coil_task_options too_large = { .small_stack = true,
                                                 .stack_size =
                                                     ((size_t)1 << 30) + 1 };
    static char bytes[1000];
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(coil_task_create_with(&task, yield_once, NULL, &large), 0);
    ASSERT(!is_small(task));
    ASSERT_EQ(end(task), 0);
    ASSERT_EQ(coil_task_create_with(&task, yield_once, bytes, &long_arg), 0);
    ASSERT(!is_small(task));
    ASSERT_EQ(end(task), 0);
    ASSERT_EQ(coil_task_create_with(&task, yield_once, NULL, &too_large),
              -EINVAL);
    return 0;
}

TEST(small_stack_that_would_be_too_large_is_an_ordinary_one)
{
    run(ask_for_too_much);
}

/* ---- what may be called ----------------------------------------------------- */

static struct coil_lock lock;
static struct coil_event event;
static struct coil_queue queue;

static int use_primitives(void *arg)
{
    int item = 0;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_sleep(1), 0);
        ASSERT_EQ(coil_lock_acquire(&lock), 0);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(coil_lock_release(&lock), 0);
        ASSERT_EQ(coil_queue_put(&queue, &i), 0);
        ASSERT_EQ(coil_queue_get(&queue, &item), 0);
    }
    return coil_event_wait(&event);
}

static int run_primitives(void *arg)
{
    struct coil_task *tasks[50];

    (void)arg;
    coil_event_init(&event);
    coil_lock_init(&lock);
    coil_queue_init(&queue, sizeof(int), 3);
    for (size_t i = 0; i < 50; i++)
        tasks[i] = start_least(use_primitives, NULL);
    coil_event_set(&event);
    for (size_t i = 0; i < 50; i++)
        ASSERT_EQ(end(tasks[i]), 0);
    coil_queue_fini(&queue);
    return 0;
}

TEST(small_stack_is_enough_for_primitives)
{
    run(run_primitives);
}

static int echo(void *arg)
{
    struct coil_stream *stream = arg;
    char bytes[100];
    ptrdiff_t n;

    while ((n = coil_stream_read(stream, bytes, sizeof bytes)) > 0) {
        ASSERT_EQ(coil_stream_write(stream, bytes, (size_t)n), 0);
        ASSERT_EQ(coil_stream_flush(stream), 0);
    }
    return (int)n;
}

/* The other end is an ordinary task. */
static void talk_to_echo(struct coil_stream *near, struct coil_stream *far)
{
    struct coil_task *task = start_small(echo, far);
    char bytes[100];

    for (int i = 0; i < 100; i++) {
        memset(bytes, i, sizeof bytes);
        ASSERT_EQ(coil_stream_write(near, bytes, sizeof bytes), 0);
        memset(bytes, 0, sizeof bytes);
        ASSERT_EQ(coil_stream_read_exactly(near, bytes, sizeof bytes, NULL), 0);
        ASSERT_EQ(bytes[99], i);
    }
    ASSERT_EQ(coil_stream_close(near), 0);
    ASSERT_EQ(end(task), 0);
    ASSERT_EQ(coil_stream_close(far), 0);
}

static int talk_over_a_pair(void *arg)
{
    struct coil_stream *pair[2];

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    talk_to_echo(pair[0], pair[1]);
    return 0;
}

TEST(small_stack_is_enough_for_a_stream_pair)
{
    run(talk_over_a_pair);
}

static int talk_over_tcp(void *arg)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *near;
    struct coil_stream *far;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&near, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &far), 0);
    talk_to_echo(near, far);
    coil_listener_close(listener);
    return 0;
}

TEST(small_stack_is_enough_for_a_socket)
{
    run(talk_over_tcp);
}

static int allocate(void *arg)
{
    void *pieces[10];

    (void)arg;
    for (size_t i = 0; i < 10; i++) {
        pieces[i] = malloc((size_t)100 << i);
        ASSERT_NOT_NULL(pieces[i]);
    }
    for (size_t i = 0; i < 10; i++)
        free(pieces[i]);
    return coil_yield();
}

static int nest(void *arg)
{
    const int *depth = arg;
    int less = *depth - 1;
    struct coil_task *task;

    if (*depth == 0)
        return allocate(NULL);
    task = start_small(nest, &less);
    return end(task);
}

static int make_tasks(void *arg)
{
    int depth = 400;

    (void)arg;
    return end(start_small(nest, &depth));
}

/* More than one slab of them, each made by the one before. */
TEST(small_stack_is_enough_to_make_tasks_and_to_allocate)
{
    run(make_tasks);
}

/* ---- cancelling, failing, running out of memory ------------------------------ */

static int wait_for_event(void *arg)
{
    (void)arg;
    return coil_event_wait(&event);
}

static int cancel_them(void *arg)
{
    struct coil_task *tasks[200];

    (void)arg;
    coil_event_init(&event);
    for (size_t i = 0; i < 200; i++)
        tasks[i] = start_small(wait_for_event, NULL);
    for (size_t i = 0; i < 200; i += 2)
        coil_task_cancel(tasks[i]);
    ASSERT_EQ(coil_yield(), 0);
    for (size_t i = 1; i < 200; i += 2)
        coil_task_cancel(tasks[i]);
    for (size_t i = 0; i < 200; i++)
        ASSERT_EQ(end(tasks[i]), -ECANCELED);
    return 0;
}

TEST(small_stack_of_a_task_that_is_cancelled)
{
    run(cancel_them);
}

static unsigned told;

/* As most handlers do: this takes several KiB. */
static void print_report(struct coil_loop *loop,
                         const struct coil_exception *exception, void *arg)
{
    char text[6000];

    (void)loop;
    (void)arg;
    snprintf(text, sizeof text, "%s %f %p", exception->message, 1e300,
             (void *)text);
    told++;
}

static int fail_in_the_end(void *arg)
{
    int rc = coil_yield();

    (void)arg;
    return rc < 0 ? rc : -EIO;
}

static int fail_untold(void *arg)
{
    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), print_report, NULL);
    for (size_t i = 0; i < 20; i++)
        ASSERT_EQ(coil_task_create_with(NULL, fail_in_the_end, NULL, &small),
                  0);
    while (told < 20)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

TEST(small_stack_does_not_hold_the_report_of_an_error)
{
    run(fail_untold);
}

static int run_out_of_memory(void *arg)
{
    struct coil_task *tasks[600];
    size_t refused = 0;
    size_t n = 0;

    (void)arg;
    coil_event_init(&event);
    while (n < 600) {
        int rc;

        coil__alloc_fail_at(n % 3 + 1, true);
        rc = coil_task_create_with(&tasks[n], wait_for_event, NULL, &small);
        coil__alloc_fail_at(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            refused++;
            tasks[n] = start_small(wait_for_event, NULL);
        }
        n++;
    }
    ASSERT_GE(refused, 200);
    ASSERT_EQ(coil_yield(), 0);
    coil_event_set(&event);
    for (size_t i = 0; i < n; i++)
        ASSERT_EQ(end(tasks[i]), 0);
    return 0;
}

TEST(small_stack_without_memory_is_an_error_and_leaves_the_others_sound)
{
    run(run_out_of_memory);
}

/* ---- again and again ----------------------------------------------------------- */

static int count_up(void *arg)
{
    int *count = arg;
    int rc = coil_yield();

    (*count)++;
    return rc;
}

static int use_again(void *arg)
{
    struct coil_task *tasks[500];
    const struct coil_task_options *kinds[] = { &small, &ordinary, &least };
    int count = 0;

    (void)arg;
    for (int round = 0; round < 50; round++) {
        size_t n = 1 + (size_t)round * 37 % 500;

        for (size_t i = 0; i < n; i++)
            ASSERT_EQ(coil_task_create_with(&tasks[i], count_up, &count,
                                            kinds[(i + (size_t)round) % 3]),
                      0);
        for (size_t i = n; i > 0; i--)
            ASSERT_EQ(end(tasks[i - 1]), 0);
        count -= (int)n;
    }
    ASSERT_EQ(count, 0);
    return 0;
}

TEST(small_stack_is_used_again_beside_larger_ones)
{
    run(use_again);
}

/* ---- signals ---------------------------------------------------------------- */

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    volatile char frame[8192];

    frame[0] = (char)number;
    signals += frame[0] == (char)number;
}

static int raise_it(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    return coil_yield();
}

static int raise_in_many(void *arg)
{
    const struct sigaction action = { .sa_handler = on_signal,
                                      .sa_flags = SA_ONSTACK };
    struct coil_task *tasks[20];

    (void)arg;
    sigaction(SIGUSR1, &action, NULL);
    for (size_t i = 0; i < 20; i++)
        tasks[i] = start_small(raise_it, NULL);
    for (size_t i = 0; i < 20; i++)
        ASSERT_EQ(end(tasks[i]), 0);
    ASSERT_EQ(signals, 20);
    return 0;
}

TEST(small_stack_is_not_where_a_signal_is_handled)
{
    run(raise_in_many);
}

/* ---- an overflow ------------------------------------------------------------- */

static COIL_NOINLINE void write_down(size_t size)
{
    volatile char *frame = __builtin_alloca(size);

    for (size_t i = size; i > 0; i--)
        frame[i - 1] = 1;
}

static int use_too_much_and_wait(void *arg)
{
    (void)arg;
    write_down(2000);
    return coil_yield();
}

static int use_too_much_and_end(void *arg)
{
    (void)arg;
    write_down(2000);
    return 0;
}

static coil_fn culprit;

static int overflow_one(void *arg)
{
    const struct coil_task_options named = { .small_stack = true,
                                             .name = "digger" };
    struct coil_task *others[5];
    struct coil_task *task;

    (void)arg;
    coil_event_init(&event);
    for (size_t i = 0; i < 5; i++)
        others[i] = start_small(wait_for_event, NULL);
    (void)others;
    ASSERT_EQ(coil_task_create_with(&task, culprit, NULL, &named), 0);
    return coil_task_await(task);
}

static void run_overflow(void *arg)
{
    (void)!coil_run(overflow_one, arg);
}

static void expect_report(coil_fn fn)
{
    skip_without_small_stacks();
    culprit = fn;
    child_run(&the_child, run_overflow, NULL);
    ASSERT_CHILD_KILLED(&the_child, SIGABRT);
    ASSERT_STR_CONTAINS(the_child.text, "stack overflow");
    ASSERT_STR_CONTAINS(the_child.text, "small_stack.c:");
    ASSERT_STR_CONTAINS(the_child.text, "stack_size");
    ASSERT_STR_CONTAINS(the_child.text, "digger");
}

TEST(small_stack_overflow_is_seen_when_the_task_waits)
{
    expect_report(use_too_much_and_wait);
}

TEST(small_stack_overflow_is_seen_when_the_task_ends)
{
    expect_report(use_too_much_and_end);
}

/* ---- how much is used ---------------------------------------------------------- */

static int use_some(void *arg)
{
    const size_t *size = arg;

    write_down(*size);
    return coil_yield();
}

static int use_various(void *arg)
{
    size_t sizes[] = { 100, 500, 300 };
    struct coil_task *tasks[3];

    (void)arg;
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create_with(&tasks[i], use_some, &sizes[i], &small),
                  0);
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(end(tasks[i]), 0);
    return 0;
}

static void run_in_debug_mode(void *arg)
{
    const struct coil_loop_options debug = { .debug = true };

    ASSERT_EQ(coil_run_with(use_various, arg, &debug), 0);
}

TEST(small_stack_use_is_told_in_debug_mode)
{
    const char *line;
    size_t used = 0;
    size_t size = 0;

    skip_without_small_stacks();
    child_run(&the_child, run_in_debug_mode, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "coil: 3 small stacks were made at ");
    line = strstr(the_child.text, ": at most ");
    ASSERT_NOT_NULL(line);
    ASSERT_EQ(sscanf(line, ": at most %zu of %zu bytes", &used, &size), 2);
    ASSERT_GE(used, 500);
    ASSERT_LT(used, 1000);
    ASSERT_GE(size, 1400);
}
