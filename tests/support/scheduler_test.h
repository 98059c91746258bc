/* SPDX-License-Identifier: MIT */
/* scheduler_test.h - what the programs scheduler and scheduler_waits share */
#ifndef COIL_TESTS_SCHEDULER_TEST_H
#define COIL_TESTS_SCHEDULER_TEST_H

#include <pthread.h>
#include <stdio.h>

#include <coil/barrier.h>
#include <coil/combinators.h>
#include <coil/condition.h>
#include <coil/coroutine.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/fd.h>
#include <coil/future.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/resolve.h>
#include <coil/scheduler.h>
#include <coil/semaphore.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/timeout.h>

#include "actors.h"
#include "test.h"

static struct coil_scheduler mine;
static size_t steps;

/* The loop: until nothing is ready. */
static inline void run(void)
{
    struct coil_runnable *r;

    while ((r = coil_scheduler_pop(&mine))) {
        steps++;
        coil_runnable_run(r);
    }
}

static inline void enter(void)
{
    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
}

static inline void leave(void)
{
    ASSERT_EQ(coil_scheduler_ready_count(&mine), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 0);
    coil_scheduler_leave(&mine);
}

/* Run `fn` as the only task, and whatever it starts, to the end. */
static inline void run_task(coil_fn fn)
{
    struct coil_task *task;

    enter();
    task = start(fn, NULL);
    run();
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_task_result(task), 0);
    coil_task_release(task);
    leave();
}

/* ---- what waits ----------------------------------------------------------- */

static struct coil_lock lock;
static int inside;

static inline int use_lock(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(coil_lock_acquire(&lock), 0);
        ASSERT_EQ(++inside, 1);
        ASSERT_EQ(coil_yield(), 0);
        inside--;
        ASSERT_EQ(coil_lock_release(&lock), 0);
    }
    return 0;
}

#endif
