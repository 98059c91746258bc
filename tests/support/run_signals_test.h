/* SPDX-License-Identifier: MIT */
/* run_signals_test.h - what the programs run_signals and run_signals_shared share */
#ifndef COIL_TESTS_RUN_SIGNALS_TEST_H
#define COIL_TESTS_RUN_SIGNALS_TEST_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <coil.h>
#include <coil/testing.h>

#include "child.h"
#include "test.h"

static struct child child;

static inline void ready(void)
{
    printf("ready\n");
    fflush(stdout);
}

static inline int tell_and_sleep(void *arg)
{
    (void)arg;
    ready();
    return coil_sleep(COIL_MINUTE);
}

static inline void by_default(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

/* In a child: a whole program. */
static inline void play_program(void *arg)
{
    by_default();
    exit(coil_run_status(coil_run(*(coil_fn *)arg, NULL)));
}

/* Run fn in a program, and send it `number` when it is ready. */
static inline void end_by(int number, coil_fn fn)
{
    child_start(&child, play_program, &fn);
    child_await(&child, "ready\n");
    kill(child.pid, number);
}

static inline void expect_status(int status)
{
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, status);
}

static inline void set_event(void *event)
{
    coil_event_set(event);
}

/* Say that it is ready when the signal is waited for, and wait for it. */
COIL_SUSPENDS static inline int wait_for(int number)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_signal_handler handler = { .loop = NULL };
    struct coil_loop *loop = coil_loop_current();
    int rc;

    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, number, set_event, &event),
        0);
    ready();
    rc = coil_event_wait(&event);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
    return rc;
}

#endif
