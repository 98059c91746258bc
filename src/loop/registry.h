/* SPDX-License-Identifier: MIT */
/*
 * loop/registry.h - all loops of this process
 *
 * Other threads ask here whether a loop is still open before they use it.  A
 * child of fork() learns here which loops are its parent's.  Those are
 * `forked`: they share an epoll set with the parent and must not run, and their
 * locks and lists may be in any state.
 */
#ifndef COIL_LOOP_REGISTRY_H
#define COIL_LOOP_REGISTRY_H

#include <pthread.h>

#include <coil/loop.h>

/*
 * The first loop; the others follow by `next`.  Under the mutex.  Other
 * processes read this list (inspect/introspection.c).
 */
extern struct coil_loop *coil__loops;

void coil__loops_add(struct coil_loop *loop);

/* The loop is being closed.  Its last tasks may still fork. */
void coil__loops_shut(struct coil_loop *loop);

void coil__loops_remove(struct coil_loop *loop);

/* Whether the process has more than one loop.  In any thread. */
bool coil__loops_are_several(void);

/*
 * Whoever uses a loop from another thread holds this mutex, so that the loop
 * stays open meanwhile; fork() waits for it.  It also guards every struct
 * coil_thread_call.
 */
void coil__loops_lock(void);
void coil__loops_unlock(void);
pthread_mutex_t *coil__loops_mutex(void);

/* Under the mutex: whether `loop`, which may be freed, exists. */
bool coil__loops_find(const struct coil_loop *loop);

/* Under the mutex: whether `loop` exists and is not being closed. */
bool coil__loops_has(const struct coil_loop *loop);

#endif
