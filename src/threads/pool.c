/* SPDX-License-Identifier: MIT */
#include "threads/pool.h"

#include <errno.h>

#include "base/fork.h"
#include "base/list.h"
#include "threads/cond.h"
#include "threads/pool_state.h"
#include "threads/worker.h"

static pthread_mutex_t renewing = PTHREAD_MUTEX_INITIALIZER;

/* A child of fork() starts anew: it has none of the parent's threads. */
static void renew(struct coil_pool *pool)
{
    unsigned forks = coil__fork_count();

    if (atomic_load(&pool->forks) == forks)
        return;
    pthread_mutex_lock(&renewing);
    if (atomic_load(&pool->forks) != forks) {
        pthread_mutex_init(&pool->mutex, NULL);
        coil__cond_init(&pool->work);
        pool->queue = (struct coil_list)COIL_LIST_INIT;
        pool->queued = 0;
        pool->idle = 0;
        pool->count = 0;
        pool->active = 0;
        pool->drains = (struct coil_list)COIL_LIST_INIT;
        atomic_store(&pool->refs, 1);
        atomic_store(&pool->forks, forks);
    }
    pthread_mutex_unlock(&renewing);
}

/* ---- jobs ------------------------------------------------------------ */

/* The mutex is held. */
static int enqueue(struct coil_pool *pool, struct coil_job *job)
{
    int rc = 0;

    coil__list_append(&pool->queue, &job->link);
    pool->queued++;

    if (pool->queued > pool->idle && pool->count < pool->limit)
        rc = coil__worker_start(pool);
    if (rc < 0 && pool->count > 0)
        rc = 0; /* a thread that exists will take it */
    if (rc < 0)
        coil__pool_unqueue(pool, job);
    else
        pthread_cond_signal(&pool->work);
    return rc;
}

int coil__pool_begin(struct coil_pool *pool, struct coil_job *job)
{
    int rc = -ESHUTDOWN;

    atomic_init(&job->state, COIL__JOB_QUEUED);
    pthread_mutex_lock(&pool->mutex);
    if (!pool->is_shut)
        rc = enqueue(pool, job);
    if (rc == 0)
        coil__pool_add(pool);
    pthread_mutex_unlock(&pool->mutex);
    return rc;
}

void coil__pool_set_limit(struct coil_pool *pool, unsigned limit)
{
    renew(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->limit = limit;
    pthread_mutex_unlock(&pool->mutex);
}

bool coil__pool_withdraw(struct coil_pool *pool, struct coil_job *job)
{
    struct coil_list drains = COIL_LIST_INIT;
    bool is_queued;

    pthread_mutex_lock(&pool->mutex);
    is_queued = atomic_load(&job->state) == COIL__JOB_QUEUED && !job->error;
    if (is_queued) {
        atomic_store(&job->state, COIL__JOB_CANCELLED);
        coil__pool_unqueue(pool, job);
        drains = coil__pool_subtract(pool, 1);
    }
    pthread_mutex_unlock(&pool->mutex);
    coil__pool_tell_all(drains);
    return is_queued;
}

/* ---- without a thread ----------------------------------------------------- */

int coil__pool_enter(struct coil_pool *pool)
{
    int rc = 0;

    pthread_mutex_lock(&pool->mutex);
    if (pool->is_shut)
        rc = -ESHUTDOWN;
    else
        coil__pool_add(pool);
    pthread_mutex_unlock(&pool->mutex);
    return rc;
}

int coil__pool_begin_here(struct coil_pool *pool, struct coil_job *job)
{
    atomic_store(&job->state, COIL__JOB_RUNNING);
    pthread_mutex_lock(&pool->mutex);
    job->error = pool->is_dropped ? -ESHUTDOWN : 0;
    pthread_mutex_unlock(&pool->mutex);
    return job->error;
}

/* ---- the end of a pool ------------------------------------------------ */

void coil__pool_init(struct coil_pool *pool)
{
    pthread_mutex_init(&pool->mutex, NULL);
    coil__cond_init(&pool->work);
    atomic_init(&pool->refs, 1);
    atomic_init(&pool->forks, coil__fork_count());
}

void coil__pool_shut(struct coil_pool *pool)
{
    renew(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->is_shut = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

bool coil__pool_drain(struct coil_pool *pool, struct coil_job *drain)
{
    bool waits;

    atomic_init(&drain->state, COIL__JOB_RUNNING);
    pthread_mutex_lock(&pool->mutex);
    waits = pool->active > 0;
    if (waits) {
        coil__list_append(&pool->drains, &drain->link);
    }
    pthread_mutex_unlock(&pool->mutex);
    return waits;
}

/* Jobs without a thread are in no queue: they see `is_dropped`. */
void coil__pool_drop(struct coil_pool *pool)
{
    struct coil_list jobs;
    struct coil_list drains;

    renew(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->is_dropped = true;
    drains = coil__pool_subtract(pool, pool->queued);
    jobs = coil__pool_give_up_queue(pool, -ESHUTDOWN);
    pthread_mutex_unlock(&pool->mutex);
    coil__pool_tell_all(jobs);
    coil__pool_tell_all(drains);
}

void coil__pool_retain(struct coil_pool *pool)
{
    renew(pool);
    atomic_fetch_add(&pool->refs, 1);
}
