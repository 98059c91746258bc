/* SPDX-License-Identifier: MIT */
/*
 * watchdog_test.h - steps that take too long, and what is said of them
 */
#ifndef COIL_TESTS_WATCHDOG_TEST_H
#define COIL_TESTS_WATCHDOG_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "child.h"
#include "trace/backtrace.h"
#include "test.h"

static struct child child;
static volatile int zero;
static coil_time slow = 400 * COIL_MILLISECOND;

static inline coil_time now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (coil_time)time.tv_sec * COIL_SECOND + time.tv_nsec;
}

static COIL_NOINLINE int compute(coil_time duration)
{
    coil_time end = now() + duration;

    while (now() < end)
        continue;
    return zero;
}

static COIL_NOINLINE int block(coil_time duration)
{
    coil_time begin = now();

    /* Not again when it is interrupted. */
    usleep((useconds_t)(duration / COIL_MICROSECOND));
    printf("%s\n", now() - begin >= duration ? "undisturbed" : "DISTURBED");
    return zero;
}

static inline int be_slow(void *arg)
{
    int rc;

    (void)arg;
    coil_task_set_name(coil_current_task(), "slowpoke");
    rc = coil_yield();
    compute(slow);
    return rc;
}

static inline int be_asleep(void *arg)
{
    int rc;

    (void)arg;
    coil_task_set_name(coil_current_task(), "sleeper");
    rc = coil_yield();
    block(slow);
    return rc;
}

/* Wait for fn(event) to be called, outside of any task, which sets the event. */
static inline int await_call(coil_callback_fn fn)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle, fn, &event), 0);
    return coil_event_wait(&event);
}

static inline void run(void *arg)
{
    coil_fn *fn = arg;
    int rc = coil_run(*fn, NULL);

    fflush(stdout);
    if (rc < 0)
        exit(9);
}

static inline void run_child(coil_fn fn)
{
    child_run(&child, run, &fn);
    ASSERT_CHILD_EXITED(&child, 0);
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

/* TSan hands a signal on when it suits it, and then the stack is another. */
#if defined(COIL_TSAN)
enum { SIGNALS_ARE_LATE = true };
#else
enum { SIGNALS_ARE_LATE = false };
#endif

/*
 * Elsewhere than on x86-64 a function that calls none is not seen to be left,
 * and on an emulator, as valgrind is, system calls are others.
 */
static inline bool is_emulated(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}

static inline bool sees_all(void)
{
#if defined(__x86_64__)
    return !is_emulated();
#else
    return false;
#endif
}

static inline void expect_frame(const char *function)
{
    if (has_backtraces() && !SIGNALS_ARE_LATE)
        ASSERT_STR_CONTAINS(child.text, function);
}

static inline void expect_no_frame(const char *function)
{
    if (strstr(child.text, function))
        FAIL("it wrote\n%s", child.text);
}

static inline void expect_silence(void)
{
    expect_no_frame("without waiting");
}

#endif
