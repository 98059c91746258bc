/* SPDX-License-Identifier: MIT */
/* overflow_test.h - what the programs overflow and overflow_signal share */
#ifndef COIL_TESTS_OVERFLOW_TEST_H
#define COIL_TESTS_OVERFLOW_TEST_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/coroutine.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "child.h"
#include "sandbox.h"
#include "test.h"

static struct child child;

/* ---- going too far -------------------------------------------------------- */

static COIL_NOINLINE int descend(int depth)
{
    volatile char frame[256];

    frame[depth & 255] = (char)depth;
    if (depth == INT32_MAX)
        return 0;
    return descend(depth + 1) + frame[depth & 255];
}

static inline int overflow(void *arg)
{
    (void)arg;
    return descend(0);
}

static inline int yield(void *arg)
{
    (void)arg;
    return coil_yield();
}

struct plan {
    coil_fn fn;
    struct coil_task_options task;
    struct coil_loop_options loop;
};

static inline int start_task(void *arg)
{
    const struct plan *plan = arg;
    struct coil_task *others[3];
    struct coil_task *task;

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create(&others[i], yield, NULL), 0);
    ASSERT_EQ(coil_task_create_with(&task, plan->fn, NULL, &plan->task), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    return 0;
}

static inline void run_plan(void *arg)
{
    struct plan *plan = arg;

    (void)!coil_run_with(start_task, plan, &plan->loop);
}

static inline bool has_sigsegv(void)
{
    struct sigaction action;

    sigaction(SIGSEGV, NULL, &action);
    return !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
}

static inline void skip_if_taken(void)
{
    if (!has_sigsegv())
        SKIP("SIGSEGV belongs to the sanitizer");
}

/* Of coil's: an emulator has something to say. */
static inline void expect_silence(void)
{
    if (strstr(child.text, "coil"))
        FAIL("it wrote\n%s", child.text);
}

#endif
