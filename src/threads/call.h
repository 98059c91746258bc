/* SPDX-License-Identifier: MIT */
/*
 * threads/call.h - calls in other threads, of whose end a loop hears
 *
 * A call is begun on a loop's thread, does its work() in a thread of a pool, and is
 * then told to the loop by done(), on the loop's thread.  The loop may be closed at
 * any point of this: then there is no done().
 *
 * A call is held by its beginner and, until it is past the end of that line, by
 * the pool.  The last one frees it, on whatever thread that is.
 */
#ifndef COIL_THREADS_CALL_H
#define COIL_THREADS_CALL_H

#include <stdatomic.h>

#include <coil/handle.h>

#include "threads/mailbox.h"
#include "threads/pool.h"

/* Embed it; the beginner sets the first three and leaves the rest zeroed. */
struct coil__call {
    void (*work)(struct coil__call *call);
    void (*done)(struct coil__call *call);
    void (*destroy)(struct coil__call *call);
    bool holds_loop; /* set by the beginner: closing the loop waits for it */

    struct coil_job job; /* job.error: what done() is to know */
    struct coil_letter letter;
    struct coil_pool *pool;
    struct coil_mailbox *mailbox;
    struct coil_handle handle; /* on the simulator */
    atomic_uint refs;
};

/*
 * Begin `call` for the running loop; the caller holds it afterwards.  On the
 * simulator it runs on the loop's own thread, in the next turn.
 *
 * Returns 0, else, with the call still the caller's alone: -ENOMEM, -ESHUTDOWN,
 * or -EAGAIN if there is no thread and none can be made.
 */
int coil__call_begin(struct coil_pool *pool, struct coil__call *call);

/*
 * On the loop's thread: keep a call from beginning, if it has not.  Returns the
 * state afterwards: CANCELLED, and done() will not be called; RUNNING; or OVER,
 * and done() is about to be called.
 */
int coil__call_cancel(struct coil__call *call);

/*
 * Begin `drain`, a call without work, which is done when no other of the pool is
 * under way.  Returns 1, else, with the call still the caller's alone: 0 if none
 * is, and the running loop has heard of all of its own, or -ENOMEM.
 */
int coil__call_drain(struct coil_pool *pool, struct coil__call *drain);

/* Whether the loop that began `call` is `loop`, and has not been closed. */
bool coil__call_is_of(struct coil__call *call, struct coil_loop *loop);

/* Give one reference back. */
void coil__call_release(struct coil__call *call);

#endif
