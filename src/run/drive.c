/* SPDX-License-Identifier: MIT */
/*
 * drive.c - a loop takes over its thread, and gives it back
 */
#include "run/drive.h"

#include <errno.h>

#include "context/switch.h"
#include "cross/shared.h"
#include "sched/coroutine.h"
#include "sched/scheduler.h"
#include "sched/thread.h"
#include "threads/threadsafe.h"
#include "loop/circle.h"
#include "loop/handle.h"
#include "loop/loop_stats.h"
#include "loop/turn.h"
#include "loop/turn_record.h"
#include "inspect/watchdog.h"

static bool is_over(const struct coil_loop *loop)
{
    if (loop->scheduler.closing)
        return loop->scheduler.task_count == 0;
    return loop->stopping && loop->scheduler.turn_left == 0 &&
           loop->scheduler.fuel == 0;
}

/*
 * What was in this thread before the loop ran.  All members are NULL, except for
 * a guest, and in a child of fork() that a task has made.
 */
struct before {
    struct coil_scheduler *scheduler;
    struct coil_coroutine *current;
    struct coil_context *base;
    void (*lose_loop)(struct coil_thread *self);
};

/* The thread ends while it runs the loop. */
static void lose_loop(struct coil_thread *self)
{
    struct coil_loop *loop = self->scheduler->loop;

    coil__watchdog_remove(loop);
    coil__thread_calls_lost(loop);
    coil__shared_end(loop);
    coil__circle_lose(loop);
}

static int enter(struct coil_loop *loop, struct before *before)
{
    struct coil_thread *self = coil__thread();

    if (loop->scheduler.forked)
        return -EBADF;
    if (loop->scheduler.running)
        return -EBUSY;
    if (!coil__thread_stacks())
        return -ENOMEM;
    *before = (struct before){ self->scheduler, self->current, self->base,
                               self->lose_loop };
    self->scheduler = &loop->scheduler;
    self->lose_loop = lose_loop;
    if (self->current)
        self->base = &self->current->context;
    self->current = NULL;
    loop->scheduler.running = true;
    loop->scheduler.thread = self;
    loop->scheduler.turn_left = 0;
    coil__scheduler_fill(&loop->scheduler, 0);
    coil__watchdog_add(loop, __builtin_frame_address(0));
    coil__watched_look(&loop->watched);
    coil__counts_enter(loop);
    return 0;
}

static void leave(struct coil_loop *loop, const struct before *before)
{
    struct coil_thread *self = coil__thread();

    coil__watched_look(&loop->watched);
    coil__turn_append_who_gave_way(loop);
    coil__counts_leave(loop);
    if (coil__turn_record_of(loop))
        coil__turn_record_left(loop);
    if (loop->backend->ops->leave && !loop->scheduler.forked)
        loop->backend->ops->leave(loop->backend);
    /* The host of a guest waits for the wake-up. */
    if (!coil__loop_may_wait(loop) && !loop->scheduler.forked)
        loop->backend->ops->wake(loop->backend);
    loop->stopping = false;
    loop->scheduler.running = false;
    self->scheduler = before->scheduler;
    self->current = before->current;
    self->base = before->base;
    self->lose_loop = before->lose_loop;
    /* A user's scheduler goes on in the child, as in loop/registry.c. */
    if (loop->scheduler.forked)
        self->forked =
            coil__loop_of(before->scheduler) ? before->scheduler : NULL;
    if (!before->scheduler)
        coil__thread_free_stacks();
}

/*
 * Callbacks run on the loop's stack.  What they throw must not unwind that
 * stack, so the loop runs behind a guard.
 */
struct run {
    struct coil_loop *loop;
    coil_time limit;
};

static int run_until_over(void *arg)
{
    struct coil_loop *loop = arg;
    int rc;

    do
        rc = coil__turn(loop, COIL_NEVER);
    while (rc == 0 && !is_over(loop));
    return rc;
}

static int run_whole_turn(void *arg)
{
    const struct run *run = arg;

    return coil__turn_whole(run->loop, run->limit);
}

int coil__loop_run(struct coil_loop *loop)
{
    struct before before;
    int rc;

    if (coil_scheduler_current())
        return -EBUSY;
    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    rc = coil__guard(run_until_over, loop);
    leave(loop, &before);
    return rc;
}

int coil__loop_run_turn(struct coil_loop *loop)
{
    struct run run = { loop, INT64_MIN };
    struct before before;
    int rc;

    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    loop->stopping = true;
    rc = coil__guard(run_whole_turn, &run);
    leave(loop, &before);
    return rc;
}

int coil__loop_run_once(struct coil_loop *loop, coil_time limit)
{
    struct run run = { loop, limit };
    struct before before;
    bool stopped;
    int rc;

    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    loop->guest = true;
    rc = coil__guard(run_whole_turn, &run);
    loop->guest = false;
    stopped = loop->stopping;
    leave(loop, &before);
    return rc == 0 && stopped ? -EINTR : rc;
}
