/* SPDX-License-Identifier: MIT */
/*
 * sched/callback.h - a call that is due
 *
 * A callback stands in the ready queue when it is due.  Before that it may
 * stand elsewhere, as its owner says: among the timers, in a loop's inbox, in
 * the list of a future.  asyncio: Handle.
 */
#ifndef COIL_SCHED_CALLBACK_H
#define COIL_SCHED_CALLBACK_H

#include <coil/callback.h>

#include "sched/local.h"

/* The owner's own states, in which the callback stands elsewhere, follow. */
enum { COIL__CALLBACK_IDLE, COIL__CALLBACK_DUE, COIL__CALLBACK_ELSEWHERE };

static inline void coil__callback_set(struct coil_callback *cb,
                                      struct coil_scheduler *scheduler,
                                      coil_callback_fn fn, void *arg)
{
    cb->scheduler = scheduler;
    cb->fn = fn;
    cb->arg = arg;
}

/* The call will be made in the next turn. */
void coil__callback_make_due(struct coil_callback *cb);

/* Do not make the call after all.  False, changing nothing: it is not due. */
bool coil__callback_withdraw(struct coil_callback *cb);

/* The callback stands nowhere, and belongs to the caller again. */
static inline void coil__callback_give_back(struct coil_callback *cb)
{
    coil__locals_drop(&cb->locals);
    cb->state = COIL__CALLBACK_IDLE;
}

/* Empty the ready queue: the callbacks in it belong to their callers again. */
void coil__callbacks_drop(struct coil_scheduler *scheduler);

#endif
