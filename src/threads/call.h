/* SPDX-License-Identifier: MIT */
/*
 * threads/call.h - calls in other threads, whose end is told to a loop
 *
 * A call is begun on a loop's thread, and does its work() in a thread of a
 * pool.  Then done() is called on the loop's thread, unless the loop has been
 * closed before that.
 *
 * Two have a reference to a call: its beginner; and the pool, until done() is
 * called or can no longer be.  Whoever gives back the last one frees the call,
 * in any thread.
 */
#ifndef COIL_THREADS_CALL_H
#define COIL_THREADS_CALL_H

#include <stdatomic.h>

#include <coil/handle.h>

#include "threads/mailbox.h"
#include "threads/pool.h"

/* To be embedded.  The beginner sets the functions; the rest is zeroed. */
struct coil__call {
    void (*work)(struct coil__call *call);
    void (*done)(struct coil__call *call);
    void (*destroy)(struct coil__call *call);
    bool holds_loop; /* set by the beginner: closing waits */

    struct coil_job job; /* job.error is for done() */
    struct coil_letter letter;
    struct coil_pool *pool;
    struct coil_mailbox *mailbox;
    struct coil_handle handle; /* on the simulator */
    atomic_uint refs;
};

/*
 * Begin `call` for the running loop; the caller keeps a reference.  On the
 * simulator the call runs on the loop's own thread, in the next turn.
 *
 * Returns 0.  On an error the caller has the only reference: -ENOMEM,
 * -ESHUTDOWN, or -EAGAIN if there is no thread and none can be made.
 */
int coil__call_begin(struct coil_pool *pool, struct coil__call *call);

/*
 * On the loop's thread: keep a call that has not begun from beginning.  Returns
 * its state afterwards.  CANCELLED: done() will never be called.  RUNNING: it
 * has begun.  OVER: done() will be called soon.
 */
int coil__call_cancel(struct coil__call *call);

/*
 * Begin `drain`, a call without work, which is done when no other call of the
 * pool is under way.  Returns 1.  Otherwise the caller has the only reference:
 * 0 if no call is under way and all those of the running loop have been told;
 * or -ENOMEM.
 */
int coil__call_drain(struct coil_pool *pool, struct coil__call *drain);

/* Whether `loop` has begun `call` and is still open. */
bool coil__call_is_of(struct coil__call *call, struct coil_loop *loop);

/* Give one reference back. */
void coil__call_release(struct coil__call *call);

#endif
