/* SPDX-License-Identifier: MIT */
/* actors.c - the tasks of a test, and what they say */
#include "actors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <coil/timeout.h>

char trace[4096];

void say(const char *format, ...)
{
    size_t length = strlen(trace);
    va_list args;

    va_start(args, format);
    vsnprintf(trace + length, sizeof trace - length, format, args);
    va_end(args);
}

void forget(void)
{
    trace[0] = '\0';
}

struct coil_task *start_with(coil_fn fn, const void *arg,
                             const struct coil_task_options *options)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, (void *)(uintptr_t)arg, options),
              0);
    return task;
}

struct coil_task *start(coil_fn fn, const void *arg)
{
    return start_with(fn, arg, NULL);
}

struct coil_task *start_named(coil_fn fn, const void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };

    return start_with(fn, arg, &options);
}

void launch(coil_fn fn, const void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, fn, (void *)(uintptr_t)arg), 0);
}

struct coil_task *start_waiting(coil_fn fn, const void *arg)
{
    struct coil_task *task = start(fn, arg);

    turn();
    return task;
}

int end_of(struct coil_task *task)
{
    int rc = coil_task_await(task);

    coil_task_release(task);
    return rc;
}

int end_by_cancelling(struct coil_task *task)
{
    cancel(task);
    return end_of(task);
}

void end_cancelled(struct coil_task *task)
{
    coil_task_cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

void cancel(void *task)
{
    ASSERT(coil_task_cancel(task));
}

void cancel_self(void)
{
    cancel(coil_current_task());
}

void check_not_cancelled(void)
{
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
}

void check_nothing_is_left(void)
{
    check_not_cancelled();
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

void turn(void)
{
    ASSERT_EQ(coil_yield(), 0);
}

struct coil_coroutine *make(coil_fn fn, const void *arg)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, fn, (void *)(uintptr_t)arg, 0), 0);
    return co;
}
