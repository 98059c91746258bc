/* SPDX-License-Identifier: MIT */
/*
 * loop_test.h - a test of the loop, on each kind of it
 *
 *     LOOP_TEST(loop_makes_calls_in_order)
 *     {
 *         call_soon(0, "a");
 *         call_soon(1, "b");
 *         run_once();
 *         SAID("a b ");
 *     }
 *
 * The body is run with `loop` on the kernel, on the kernel with every step
 * watched (debug), and on the simulator.  It may close the loop, and says so by
 * setting it to NULL.
 */
#ifndef COIL_TESTS_LOOP_TEST_H
#define COIL_TESTS_LOOP_TEST_H

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "actors.h"
#include "test.h"

enum { VARIANTS = 3, KERNEL_VARIANTS = 2 };

static const struct coil_loop_options variants[VARIANTS] = {
    { .backend = COIL_BACKEND_EPOLL },
    { .backend = COIL_BACKEND_EPOLL, .debug = true },
    { .backend = COIL_BACKEND_SIMULATOR },
};

static size_t variant;
static struct coil_loop *loop;
static struct coil_handle handles[8];

/* ---- calls ---------------------------------------------------------------- */

static inline void say_name(void *arg)
{
    say("%s ", (const char *)arg);
}

static inline void call_soon(size_t i, const char *name)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[i], say_name,
                                  (void *)(uintptr_t)name),
              0);
}

static inline void call_later(size_t i, coil_time delay, const char *name)
{
    ASSERT_EQ(coil_loop_call_later(loop, &handles[i], delay, say_name,
                                   (void *)(uintptr_t)name),
              0);
}

static inline void call_at(size_t i, coil_time when, const char *name)
{
    ASSERT_EQ(coil_loop_call_at(loop, &handles[i], when, say_name,
                                (void *)(uintptr_t)name),
              0);
}

static inline void stop_it(void *arg)
{
    coil_loop_stop(arg);
}

static inline void stop_at(coil_time when)
{
    static struct coil_handle handle;

    ASSERT_EQ(coil_loop_call_at(loop, &handle, when, stop_it, loop), 0);
}

/* ---- running -------------------------------------------------------------- */

static inline void open_loop(size_t i)
{
    ASSERT_EQ(coil_loop_new(&loop, &variants[i]), 0);
}

/* One turn. */
static inline void run_once(void)
{
    coil_loop_stop(loop);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
}

/* Ask the loop's clock, from outside. */
static inline coil_time run_now(void)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    coil_time now;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    now = coil_now();
    coil_scheduler_leave(scheduler);
    return now;
}

/* Make a task of the loop, from outside.  The pointer is borrowed. */
static inline struct coil_task *start_on_loop(coil_fn fn)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    struct coil_task *task;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    ASSERT_EQ(coil_task_create(&task, fn, NULL), 0);
    coil_scheduler_leave(scheduler);
    coil_task_release(task);
    return task;
}

static inline size_t tasks_of_loop(struct coil_task **tasks, size_t capacity)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loop);
    size_t count;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    count = coil_all_tasks(tasks, capacity);
    coil_scheduler_leave(scheduler);
    return count;
}

/* ---- what goes to stderr -------------------------------------------------- */

static int kept_stderr = -1;

static inline void silence_stderr(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fflush(stderr);
    kept_stderr = dup(STDERR_FILENO);
    dup2(null, STDERR_FILENO);
    close(null);
}

static inline void restore_stderr(void)
{
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    kept_stderr = -1;
}

static inline void say_variant(void)
{
    if (kept_stderr >= 0)
        restore_stderr();
    fprintf(stderr, "in variant %zu of loop_test.h\n", variant);
}

static inline void run_on_each_loop(void (*body)(void))
{
    test_on_failure = say_variant;
    for (variant = 0; variant < VARIANTS; variant++) {
        memset(handles, 0, sizeof handles);
        open_loop(variant);
        body();
        SAID("");
        if (loop)
            ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        loop = NULL;
    }
}

#define LOOP_TEST(name)                                                        \
    static void loop_body_##name(void);                                        \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_each_loop(loop_body_##name);                                    \
    }                                                                          \
    static void loop_body_##name(void)

#endif
