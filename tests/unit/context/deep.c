/* SPDX-License-Identifier: MIT */
/*
 * Much stack, for a while.
 */
#include <coil/coroutine.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "context/deep.h"
#include "sandbox.h"
#include "test.h"
#include "trace/lines.h"

enum { MUCH = 500 << 10 };

static COIL_NOINLINE int take_much(int seed)
{
    volatile char frame[MUCH];

    for (size_t i = 0; i < sizeof frame; i += 1024)
        frame[i] = (char)seed;
    return frame[MUCH / 2 / 1024 * 1024];
}

static void use_much(void *arg)
{
    int *number = arg;

    *number = take_much(*number) + 1;
}

static int call_twice(void *arg)
{
    int number = 5;

#if defined(COIL_ASAN) || defined(COIL_TSAN)
    (void)arg;
    SKIP("the sanitizer is not told of such a stack");
#endif
    (void)arg;
    for (int i = 0; i < 2; i++)
        ASSERT(coil__deep_call(use_much, &number));
    return number;
}

TEST(deep_call_in_a_task_has_half_a_megabyte)
{
    ASSERT_EQ(coil_run(call_twice, NULL), 7);
}

TEST(deep_call_in_a_coroutine_has_half_a_megabyte)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, call_twice, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), 7);
    coil_coroutine_free(co);
}

TEST(deep_call_outside_of_tasks_has_half_a_megabyte)
{
    ASSERT_EQ(call_twice(NULL), 7);
}

static void call_without_memory(void *arg)
{
    int number = 5;

    (void)arg;
    refuse(SYS_mmap, ENOMEM);
    ASSERT(!coil__deep_call(use_much, &number));
    ASSERT_EQ(number, 5);
}

TEST(deep_call_without_memory_is_not_made)
{
    struct child child;

#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("the sanitizer needs no memory for it");
#endif
    sandbox_run(&child, call_without_memory, NULL);
}

/* libdw, which reads lines, needs three times the stack of a task. */
static int find_own_line(void *arg)
{
    struct coil_lines *lines = coil__lines_open();
    struct coil_line line;
    bool is_found;

    (void)arg;
    if (!lines)
        SKIP("there is no libdw");
    is_found = coil__lines_find(lines, (uintptr_t)find_own_line, &line);
    if (is_found)
        ASSERT_STR_CONTAINS(line.file, "deep.c");
    coil__lines_close(lines);
    return is_found;
}

/* The main task has much more stack than others. */
static int find_in_a_task(void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, find_own_line, arg);

    if (rc < 0)
        return rc;
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

TEST(deep_call_lets_a_task_read_lines)
{
    ASSERT_EQ(coil_run(find_in_a_task, NULL), 1);
}
