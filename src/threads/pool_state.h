/* SPDX-License-Identifier: MIT */
/*
 * threads/pool_state.h - what a pool counts: jobs, threads, references
 *
 * (locked) means that the caller holds the pool's mutex.
 */
#ifndef COIL_THREADS_POOL_STATE_H
#define COIL_THREADS_POOL_STATE_H

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

/* The job whose link that is; NULL for NULL. */
struct coil_job *coil__pool_job_of(struct coil_link *link);

/* (locked) The job is in the queue no more. */
void coil__pool_unqueue(struct coil_pool *pool, struct coil_job *job);

/* (locked) Another thread will begin this job before all others. */
void coil__pool_put_back(struct coil_pool *pool, struct coil_job *job);

/* (locked) The queued jobs will never begin.  Returns them. */
struct coil_list coil__pool_give_up_queue(struct coil_pool *pool, int error);

/* (locked) One job more is under way. */
void coil__pool_add(struct coil_pool *pool);

/*
 * (locked) `n` jobs have ended.  Returns the drains that are over now, if no job
 * is left.
 */
struct coil_list coil__pool_subtract(struct coil_pool *pool, unsigned n);

/* Jobs, or drains, are over. */
void coil__pool_tell_all(struct coil_list jobs);

/* A job without a thread of the pool has ended: see coil__pool_enter(). */
void coil__pool_leave(struct coil_pool *pool);

/* Give back a reference. */
void coil__pool_release(struct coil_pool *pool);

#endif
