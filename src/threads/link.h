/* SPDX-License-Identifier: MIT */
/*
 * threads/link.h - what a call in another thread knows of its loop
 *
 * One for each loop that has begun a call; held by the loop until it is closed,
 * and by every call.  Closing the loop severs it.
 */
#ifndef COIL_THREADS_LINK_H
#define COIL_THREADS_LINK_H

#include <coil/loop.h>

struct coil__call;
struct coil__link;

/* The link of `loop`, held once more, or NULL for want of memory. */
struct coil__link *coil__link_of(struct coil_loop *loop);
void coil__link_release(struct coil__link *link);

/* Between the two, closing the loop waits, for its close_limit at most. */
void coil__link_hold(struct coil__link *link);
void coil__link_unhold(struct coil__link *link);

/*
 * Mostly in a thread of a pool: there is nothing more to do for `call`.  Its
 * loop is told, or if that is closed the pool's reference is given back.
 */
void coil__call_finish(struct coil__call *call);

/* On the loop's thread: tell it now of what has been finished. */
void coil__link_deliver(struct coil__link *link);

/* Guards the list of links; held by fork(). */
void coil__links_lock(void);
void coil__links_unlock(void);

#endif
