/* SPDX-License-Identifier: MIT */
/*
 * coil/handle.h - calls arranged for later: soon, at a time, from another thread
 *
 * A call is made by the loop, outside of any task, in the order in which it became
 * due.
 *
 * Memory   Arranging a call cannot fail for lack of memory.  A loop with more
 *          than 64 timers has a table of them, 36 bytes for each, half empty
 *          perhaps; the table is freed as timers become few, and with the loop.
 *          A timer for which there is no room is kept without the table, and
 *          takes the processor longer among very many.
 */
#ifndef COIL_HANDLE_H
#define COIL_HANDLE_H

#include <coil/base.h>
#include <coil/callback.h>
#include <coil/list.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Something that ends together with a loop.  The fields are private. */
struct coil_loop_hook {
    struct coil_hook hook; /* first */
    void (*fn)(struct coil_loop_hook *self);
};

/*
 * One arranged call: caller's memory, zeroed, kept until the call begins or is
 * cancelled; within the call it may be arranged anew.  The fields are private.
 */
struct coil_handle {
    struct coil_callback call;
    coil_time when;
    uint64_t sequence;
    union {
        struct coil_heap_node node; /* of a timer */
        struct coil_handle *posted; /* by another thread, before this one */
        struct coil_link noted;     /* among the timers that are noted */
    };
    union {
        coil_time since; /* of a noted timer; see loop/timers.h */
        uint32_t slot;   /* of an armed one, from 1; 0: it has none */
    };
};

/*
 * Call fn(arg) in the next turn.  0, or -EBUSY, changing nothing, if `handle`
 * is arranged already.  asyncio: call_soon().
 */
COIL_API int coil_loop_call_soon(struct coil_loop *loop,
                                 struct coil_handle *handle,
                                 coil_callback_fn fn, void *arg);

/*
 * Call fn(arg) after `delay`; zero or less: as soon as timers are looked at.
 * Returns as coil_loop_call_soon().  asyncio: call_later().
 */
COIL_API int coil_loop_call_later(struct coil_loop *loop,
                                  struct coil_handle *handle, coil_time delay,
                                  coil_callback_fn fn, void *arg);

/* The same when the loop's clock shows `when`.  asyncio: call_at(). */
COIL_API int coil_loop_call_at(struct coil_loop *loop,
                               struct coil_handle *handle, coil_time when,
                               coil_callback_fn fn, void *arg);

/*
 * As coil_loop_call_soon() from any thread, the loop's own included; not from a
 * signal handler.  Wakes a loop that waits.  A loop that only other threads can
 * wake needs coil_loop_hold().  `handle` is kept until the call has begun, or
 * the loop has been closed, and cannot be cancelled.
 *
 * Returns as coil_loop_call_soon(), and -ESHUTDOWN, changing nothing, if the loop
 * has been closed: as for coil_loop_stop_threadsafe().  While it is being closed
 * it takes calls until its tasks have ended; later ones are never made.
 * asyncio: call_soon_threadsafe().
 */
COIL_API int coil_loop_call_soon_threadsafe(struct coil_loop *loop,
                                            struct coil_handle *handle,
                                            coil_callback_fn fn, void *arg)
    COIL_ANY_THREAD;

/*
 * Do not make the call after all; `handle` is the caller's again.  Returns
 * whether it was still to come; if not, nothing happens.
 * asyncio: Handle.cancel().
 */
COIL_API bool coil_handle_cancel(struct coil_handle *handle);

/*
 * When a call made by coil_loop_call_later() or coil_loop_call_at() is due.
 * asyncio: TimerHandle.when().
 */
COIL_API coil_time coil_handle_when(const struct coil_handle *handle);

#ifdef __cplusplus
}
#endif

#endif
