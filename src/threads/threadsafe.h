/* SPDX-License-Identifier: MIT */
/*
 * threads/threadsafe.h - calls from other threads when a loop ends
 */
#ifndef COIL_THREADS_THREADSAFE_H
#define COIL_THREADS_THREADSAFE_H

#include <coil/threadsafe.h>

/* The loop is being closed: end all its calls, and wake who waits for them. */
void coil__thread_calls_close(struct coil_loop *loop);

/* The thread that runs the loop ends: the same, with -EOWNERDEAD. */
void coil__thread_calls_lost(struct coil_loop *loop);

/* In a child of fork(): the loop belongs to the parent.  Forget its calls. */
void coil__thread_calls_forked(struct coil_loop *loop);

#endif
