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

extern struct coil_scheduler mine;
extern size_t steps;

/* The loop: it runs until nothing is ready. */
void run_ready(void);

void enter(void);
void leave(void);

/* Run `fn` as the only task, and all tasks that it starts, to the end. */
void run_task(coil_fn fn);

/* ---- what waits ----------------------------------------------------------- */

extern struct coil_lock lock;
extern int inside;

int use_lock(void *arg);

#endif
