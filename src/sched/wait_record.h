/* SPDX-License-Identifier: MIT */
/*
 * sched/wait_record.h - waits, as the recorder sees them
 *
 * coil__wait() records each wait.  coil__wait_inline() is for waits that are
 * cheaper than a record.  It notes the coroutine among the recent ones of the
 * recorder, once between two looks, and the look records who is still waiting.
 * So a wait is in the record if it lasts until the loop looks outside.  Such a
 * coroutine asks its waker (COIL__ASKS_WAKER), who is recorded as well.
 *
 * If everything is to be recorded, each wait is at once.
 */
#ifndef COIL_SCHED_WAIT_RECORD_H
#define COIL_SCHED_WAIT_RECORD_H

#include "record/ring.h"
#include "sched/waiter.h"

/* `co`, which runs, will wait as `self` says.  It has a task and a recorder. */
void coil__record_wait(struct coil_coroutine *co, struct coil_waiter *self);

/* The same, for a wait that is cheaper than a record: note it. */
void coil__record_note(struct coil_coroutine *co, struct coil_waiter *self);

/* The recorded wait of `co` has been decided. */
void coil__record_woken(struct coil_coroutine *co, int outcome);

/* The loop looks outside: record the waits that were noted and go on. */
void coil__record_recent(struct coil_recorder *r);

/* `co` ends. */
static inline void coil__record_forget(struct coil_recorder *r,
                                       struct coil_coroutine *co)
{
    if (co->recent > 0 && r->recent)
        r->recent[co->recent - 1] = NULL;
}

/* `co` waits for long, and the record of it may have been overwritten. */
void coil__record_still(struct coil_recorder *r, struct coil_coroutine *co);

#endif
