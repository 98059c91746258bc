/* SPDX-License-Identifier: MIT */
/*
 * threads/worker.h - a thread of a pool
 */
#ifndef COIL_THREADS_WORKER_H
#define COIL_THREADS_WORKER_H

#include "threads/pool_state.h"

/*
 * Start another thread for the jobs of `pool`, whose mutex is held.  Returns 0,
 * -EAGAIN or -ENOMEM.
 */
int coil__worker_start(struct coil_pool *pool);

#endif
