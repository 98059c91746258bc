/* SPDX-License-Identifier: MIT */
/*
 * threads/executor.h - the threads of coil_to_thread()
 */
#ifndef COIL_THREADS_EXECUTOR_H
#define COIL_THREADS_EXECUTOR_H

struct coil_pool;

/* The pool that serves all loops; it is never shut. */
struct coil_pool *coil__default_pool(void);

#endif
