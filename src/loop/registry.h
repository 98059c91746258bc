/* SPDX-License-Identifier: MIT */
/*
 * loop/registry.h - all loops of this process
 *
 * Other threads ask here whether a loop is still open before they use it, and a
 * child after fork() learns here which loops are its parent's.  Those are
 * `forked`: they share an epoll set with the parent and must not be run, and
 * their locks and lists may be in any state.
 */
#ifndef COIL_LOOP_REGISTRY_H
#define COIL_LOOP_REGISTRY_H

#include <pthread.h>

#include <coil/loop.h>

/*
 * The first of them, linked by `next`; locked.  Other processes read it
 * (inspect/introspection.c).
 */
extern struct coil_loop *coil__loops;

void coil__loops_add(struct coil_loop *loop);

/* It is being closed.  Its last tasks may fork all the same. */
void coil__loops_shut(struct coil_loop *loop);

void coil__loops_remove(struct coil_loop *loop);

/*
 * Held by whoever uses a loop from another thread, so that it is not closed
 * meanwhile; fork() waits for it.  It also guards every struct coil_thread_call.
 */
void coil__loops_lock(void);
void coil__loops_unlock(void);
pthread_mutex_t *coil__loops_mutex(void);

/* Locked: whether `loop`, which may be freed, is there still. */
bool coil__loops_find(const struct coil_loop *loop);

/* Locked: whether it also takes new calls: it is not being closed. */
bool coil__loops_has(const struct coil_loop *loop);

#endif
