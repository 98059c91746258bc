/* SPDX-License-Identifier: MIT */
/*
 * threads/pool.h - threads that do jobs
 *
 * A job is queued and run by a thread.  Then it is over, and its owner is told
 * in that thread:
 *
 *     begin -> QUEUED -> RUNNING -> over()
 *                 \\
 *                  cancel
 *
 * The work() of a job may end its thread, by pthread_exit() or because somebody
 * cancels the thread.  Then the job is over with the error -EOWNERDEAD, and a
 * new thread takes the place of the lost one.
 *
 * In a child of fork() a pool is empty and makes new threads.
 */
#ifndef COIL_THREADS_POOL_H
#define COIL_THREADS_POOL_H

#include "threads/pool_state.h"

/*
 * Before the first job: prepare `pool`, zeroed but for its limit, linger, stack
 * size and destroy.  A pool whose threads linger needs it: its condition must be
 * of the monotonic clock.
 */
void coil__pool_init(struct coil_pool *pool);

/*
 * Queue `job`.  Returns 0.  On an error the job is the caller's again: -ENOMEM,
 * -ESHUTDOWN, or -EAGAIN if there is no thread and none can be made.
 */
int coil__pool_begin(struct coil_pool *pool, struct coil_job *job);

/*
 * From now on there may be `limit` threads.  Threads that are too many end when
 * they would take a job.
 */
void coil__pool_set_limit(struct coil_pool *pool, unsigned limit);

/* Keep a job from beginning.  False: it has begun, or was cancelled. */
bool coil__pool_withdraw(struct coil_pool *pool, struct coil_job *job);

/*
 * For a job without a thread of the pool, as on the simulator: enter,
 * begin_here, and coil__pool_leave() afterwards.  enter returns 0 or -ESHUTDOWN;
 * begin_here returns 0, or -ESHUTDOWN if the job must not begin any more.
 */
int coil__pool_enter(struct coil_pool *pool);
int coil__pool_begin_here(struct coil_pool *pool, struct coil_job *job);

/* Take no more jobs.  The threads end when no job is left. */
void coil__pool_shut(struct coil_pool *pool);

/*
 * Let `drain`, a job without work, be over when no other job is queued or
 * running.  Returns false if none is; then nothing is kept.
 */
bool coil__pool_drain(struct coil_pool *pool, struct coil_job *drain);

/* Let the jobs that have not begun be over, with -ESHUTDOWN. */
void coil__pool_drop(struct coil_pool *pool);

/* Whoever begins a job needs a reference to the pool until the job is over. */
void coil__pool_retain(struct coil_pool *pool);

#endif
