/* SPDX-License-Identifier: MIT */
/*
 * core/future.h - what the core does with futures beside coil/future.h
 */
#ifndef COIL_CORE_FUTURE_H
#define COIL_CORE_FUTURE_H

#include <coil/future.h>

#include "core/wait.h"

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

/* The task that is waited for as a future: a wait's reason says who is needed. */
enum coil_need coil__future_need(const struct coil_waiter *waiter,
                                 const void **cursor, uint64_t *id);

/* How far the count of a wait for many is from its waiter: combinators.c. */
extern const int32_t coil__futures_count;

/* The task that `waiter`, which may be NULL, awaits; NULL if it does not. */
struct coil_task *coil__future_awaited_task(const struct coil_waiter *waiter);

#endif
