/* SPDX-License-Identifier: MIT */
/*
 * task/future.h - what the library does with futures beside coil/future.h
 */
#ifndef COIL_TASK_FUTURE_H
#define COIL_TASK_FUTURE_H

#include <coil/future.h>

#include "sched/wait.h"

/* What a task does in another way than a plain future. */
struct coil_future_ops {
    void (*hold)(struct coil_future *future);
    void (*drop)(struct coil_future *future);
    bool (*cancel)(struct coil_future *future);
};

#define COIL__ABANDONED "error in a shielded future nobody waits for"

/* Complete a pending future or task: wake waiters, make callbacks due. */
void coil__future_complete(struct coil_future *future, int status, void *value);

/* The memory of `future` will be released: forget its registered callbacks. */
void coil__future_abandon(struct coil_future *future);

/*
 * As coil_future_add_done_callback(), but fn is called within the call that
 * completes the future, and may only decide waiters.  `future` must be pending.
 */
void coil__future_watch(struct coil_future *future,
                        struct coil_future_callback *callback,
                        coil_future_fn fn, void *arg);

/*
 * The order of a waiter that is about to wait for `future`, which is pending: it
 * comes after all callbacks that are registered now.
 */
unsigned coil__future_order_of_waiter(const struct coil_future *future);

#endif
