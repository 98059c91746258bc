/* SPDX-License-Identifier: MIT */
/*
 * dump_test.h - what coil_dump_tasks() and coil_task_print_stack() say, as text
 *
 *     DUMP_TEST(dump_says_who_waits)
 *     {
 *         struct coil_task *task = start_named(wait_for_event, &event, "a");
 *
 *         turn();
 *         take_dump();
 *         ASSERT_STR_CONTAINS(text, "a, made at ");
 *         end_cancelled(task);
 *         return 0;
 *     }
 *
 * The body is the main task of a run on the simulator.
 */
#ifndef COIL_TESTS_DUMP_TEST_H
#define COIL_TESTS_DUMP_TEST_H

#include <errno.h>
#include <stdio.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "trace/backtrace.h"
#include "actors.h"
#include "names.h"
#include "test.h"

static char text[1 << 20];
static volatile int zero;

static inline void keep(FILE *file)
{
    size_t size;

    rewind(file);
    size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
}

/* What the running loop's dump says. */
static COIL_NOINLINE __attribute__((unused)) void take_dump(void)
{
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    coil_dump_tasks(fileno(file));
    keep(file);
}

/* What is said of one task.  Not inlined: it is a frame of its own. */
static COIL_NOINLINE __attribute__((unused)) void
take_stack(struct coil_task *task)
{
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    coil_task_print_stack(task, fileno(file));
    keep(file);
}

static inline size_t count_of(const char *part)
{
    size_t count = 0;

    for (const char *p = text; (p = strstr(p, part)); p++)
        count++;
    return count;
}

static inline bool look_at_frame(struct coil_frame *frame)
{
    struct coil_stack_range range = {
        (uintptr_t)__builtin_frame_address(0) - 65536, UINTPTR_MAX
    };

    *frame = (struct coil_frame){ .pc = 0 };
    return coil__backtrace_here(range, frame, 1) > 0;
}

static inline bool has_backtraces(void)
{
    struct coil_frame frame;

    return look_at_frame(&frame);
}

/* The library's own can be left out then. */
static inline bool knows_functions(void)
{
    struct coil_frame frame;

    return look_at_frame(&frame) && frame.function != 0;
}

/* Two frames to be seen. */
static COIL_NOINLINE __attribute__((unused)) int
wait_long(struct coil_event *event)
{
    return coil_event_wait(event) + zero;
}

static inline int wait_for_event(void *arg)
{
    return wait_long(arg) + zero;
}

static inline int await(void *arg)
{
    return coil_task_await(arg);
}

#define DUMP_TEST(test_name)                                                   \
    static int dump_body_##test_name(void *arg);                               \
    TEST(test_name)                                                            \
    {                                                                          \
        ASSERT_EQ(coil_test_run(dump_body_##test_name, NULL, 0), 0);           \
    }                                                                          \
    static int dump_body_##test_name(void *arg)

#endif
