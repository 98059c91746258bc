/* SPDX-License-Identifier: MIT */
/*
 * task/future.h - what the core does with futures beside coil/future.h
 */
#ifndef COIL_TASK_FUTURE_H
#define COIL_TASK_FUTURE_H

#include <coil/future.h>

#include "sched/wait.h"

/* What a task does differently from a plain future. */
struct coil_future_ops {
    void (*hold)(struct coil_future *future);
    void (*drop)(struct coil_future *future);
    bool (*cancel)(struct coil_future *future);
};

#define COIL__ABANDONED "error in a shielded future nobody waits for"

/* Complete a pending future, a task's included: wake and call who waits. */
void coil__future_complete(struct coil_future *future, int status, void *value);

/* The future's memory goes: forget the callbacks that are registered. */
void coil__future_abandon(struct coil_future *future);

/*
 * As coil_future_add_done_callback(), but fn is called from within the
 * completing call.  It may only decide waiters.  The future is pending.
 */
void coil__future_watch(struct coil_future *future,
                        struct coil_future_callback *callback,
                        coil_future_fn fn, void *arg);

/* Wait until the future, which is pending, is done: as coil__wait(). */
int coil__future_wait(struct coil_future *future, struct coil_waiter *self)
    COIL_MUST_CHECK;

/*
 * `runnable`, which was taken out of a ready queue, will not be run: if it is a
 * callback that was due, it is the caller's again.
 */
void coil__future_forget_call(struct coil_runnable *runnable);

#endif
