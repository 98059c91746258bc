/* SPDX-License-Identifier: MIT */
/*
 * threads/threadsafe.h - what becomes of calls from other threads when a loop ends
 */
#ifndef COIL_THREADS_THREADSAFE_H
#define COIL_THREADS_THREADSAFE_H

#include <coil/threadsafe.h>

/* The loop is being closed: end what other threads wait for. */
void coil__thread_calls_close(struct coil_loop *loop);

/* The thread that runs it ends: likewise, with -EOWNERDEAD. */
void coil__thread_calls_lost(struct coil_loop *loop);

/* It is the parent's: nobody waits here, and nobody is told. */
void coil__thread_calls_forked(struct coil_loop *loop);

#endif
