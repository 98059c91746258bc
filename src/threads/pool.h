/* SPDX-License-Identifier: MIT */
/*
 * threads/pool.h - threads that do jobs
 *
 * A job is queued, run by a thread, and then over, which its owner is told in that
 * thread:
 *
 *     begin -> QUEUED -> RUNNING -> over()
 *                 \\
 *                  cancel
 *
 * A job's work() may end its thread, by pthread_exit() or because somebody cancels
 * the thread.  The job is over then with the error -EOWNERDEAD, and another thread
 * takes the place of the one that is lost.
 *
 * In a child after fork() a pool is empty, and makes threads anew.
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

/* Embed it; set the first two and leave the rest zeroed. */
struct coil_job {
    void (*work)(struct coil_job *job);
    /* There is nothing more to do for it.  Not for a job that was cancelled. */
    void (*over)(struct coil_job *job);

    struct coil_link link; /* in the pool's queue */
    atomic_int state;
    /*
     * For over(), 0 if work() has returned: -ESHUTDOWN, the pool was shut down
     * before it began; -EOWNERDEAD, it ended its thread; -EAGAIN or -ENOMEM, no
     * thread is left that could begin it.
     */
    int error;
};

/*
 * At most `limit` threads, made when needed; they stay until the pool is shut.
 * It is held by its owner, its threads and whoever holds it besides; `destroy`,
 * NULL for one that is never released, is called when nobody does.
 */
struct coil_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct coil_list queue;
    unsigned queued;
    unsigned idle;
    unsigned count;
    unsigned limit;
    unsigned active;         /* jobs queued or running */
    struct coil_list drains; /* to be over when there is none */
    bool is_shut;
    bool is_dropped;   /* no more begin, either */
    atomic_uint forks; /* of which process: base/fork.h */
    atomic_uint refs;
    void (*destroy)(struct coil_pool *pool);
};

#define COIL__POOL_INIT(most)                                                  \
    {                                                                          \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,  \
        .limit = (most), .refs = 1                                             \
    }

/* Before the first job: `pool`, made by malloc, whose limit is set. */
void coil__pool_init(struct coil_pool *pool);

/*
 * Queue `job`.  Returns 0, else, with the job still the caller's alone: -ENOMEM,
 * -ESHUTDOWN, or -EAGAIN if there is no thread and none can be made.
 */
int coil__pool_begin(struct coil_pool *pool, struct coil_job *job);

/* Keep a job from beginning.  Returns false if it has, or was kept before. */
bool coil__pool_withdraw(struct coil_pool *pool, struct coil_job *job);

/*
 * Who does a job without a thread of the pool, as on the simulator, enters and
 * leaves instead.  enter: 0 or -ESHUTDOWN; begin_here: 0, or -ESHUTDOWN if the job
 * is not to begin any more.
 */
int coil__pool_enter(struct coil_pool *pool);
int coil__pool_begin_here(struct coil_pool *pool, struct coil_job *job);
void coil__pool_leave(struct coil_pool *pool);

/* Take no more jobs.  The threads end when there are no more. */
void coil__pool_shut(struct coil_pool *pool);

/*
 * Have `drain`, a job without work, be over when no other is queued or running.
 * Returns false, and keeps nothing, if none is.
 */
bool coil__pool_drain(struct coil_pool *pool, struct coil_job *drain);

/* Have the jobs that have not begun be over, with -ESHUTDOWN. */
void coil__pool_drop(struct coil_pool *pool);

/* Whoever begins a job holds the pool before, and until that is over. */
void coil__pool_retain(struct coil_pool *pool);
void coil__pool_release(struct coil_pool *pool);

#endif
