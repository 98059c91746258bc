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

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <coil/list.h>

enum {
    COIL__JOB_QUEUED,
    COIL__JOB_RUNNING,
    COIL__JOB_OVER, /* set by the owner's over() */
    COIL__JOB_CANCELLED,
};

/* To be embedded.  The owner sets the functions and leaves the rest zeroed. */
struct coil_job {
    void (*work)(struct coil_job *job);
    /* The job is over.  Not called for a job that was cancelled. */
    void (*over)(struct coil_job *job);

    struct coil_link link; /* in the pool's queue */
    atomic_int state;
    /*
     * For over().  0: work() has returned.  -ESHUTDOWN: the pool was shut
     * before the job began.  -EOWNERDEAD: work() has ended its thread.
     * -EAGAIN, -ENOMEM: there is no thread that could begin the job.
     */
    int error;
};

/*
 * At most `limit` threads, made when needed, which stay until the pool is shut,
 * or until they have been idle for `linger` seconds.
 * The owner, each thread and others have references to the pool.  `destroy` is
 * called when the last one is given back; it is NULL for a pool that is never
 * released.
 */
struct coil_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct coil_list queue;
    unsigned queued;
    unsigned idle;
    unsigned count;
    unsigned limit;
    unsigned linger;         /* 0: for ever */
    size_t stack_size;       /* of a thread; 0: the system's default */
    unsigned active;         /* jobs queued or running */
    struct coil_list drains; /* over when `active` is 0 */
    bool is_shut;
    bool is_dropped;   /* queued jobs do not begin, either */
    atomic_uint forks; /* of which process: base/fork.h */
    atomic_uint refs;
    void (*destroy)(struct coil_pool *pool);
};

#define COIL__POOL_INIT(most)                                                  \
    {                                                                          \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,  \
        .limit = (most), .refs = 1                                             \
    }

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
 * begin_here, and leave afterwards.  enter returns 0 or -ESHUTDOWN; begin_here
 * returns 0, or -ESHUTDOWN if the job must not begin any more.
 */
int coil__pool_enter(struct coil_pool *pool);
int coil__pool_begin_here(struct coil_pool *pool, struct coil_job *job);
void coil__pool_leave(struct coil_pool *pool);

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
void coil__pool_release(struct coil_pool *pool);

#endif
