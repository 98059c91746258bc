/* SPDX-License-Identifier: MIT */
#include "threads/pool_state.h"

#include "base/bystanders.h"
#include "base/list.h"
#include "base/platform.h"

struct coil_job *coil__pool_job_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_job, link) : NULL;
}

void coil__pool_unqueue(struct coil_pool *pool, struct coil_job *job)
{
    coil__list_remove(&pool->queue, &job->link);
    pool->queued--;
}

/* Take the whole list and leave an empty one. */
static struct coil_list take_all(struct coil_list *list)
{
    struct coil_list all = *list;

    *list = (struct coil_list)COIL_LIST_INIT;
    return all;
}

void coil__pool_tell_all(struct coil_list jobs)
{
    struct coil_job *job;

    while ((job = coil__pool_job_of(coil__list_pop(&jobs))))
        job->over(job);
}

void coil__pool_add(struct coil_pool *pool)
{
    pool->active++;
    atomic_fetch_add(&coil__jobs, 1);
}

struct coil_list coil__pool_subtract(struct coil_pool *pool, unsigned n)
{
    pool->active -= n;
    atomic_fetch_sub(&coil__jobs, n);
    if (pool->active > 0)
        return (struct coil_list)COIL_LIST_INIT;
    return take_all(&pool->drains);
}

void coil__pool_put_back(struct coil_pool *pool, struct coil_job *job)
{
    atomic_store(&job->state, COIL__JOB_QUEUED);
    coil__list_prepend(&pool->queue, &job->link);
    pool->queued++;
}

struct coil_list coil__pool_give_up_queue(struct coil_pool *pool, int error)
{
    for (struct coil_link *at = pool->queue.head; at; at = at->next)
        coil__pool_job_of(at)->error = error;
    pool->queued = 0;
    return take_all(&pool->queue);
}

void coil__pool_leave(struct coil_pool *pool)
{
    struct coil_list drains;

    pthread_mutex_lock(&pool->mutex);
    drains = coil__pool_subtract(pool, 1);
    pthread_mutex_unlock(&pool->mutex);
    coil__pool_tell_all(drains);
}

void coil__pool_release(struct coil_pool *pool)
{
    if (atomic_fetch_sub(&pool->refs, 1) > 1 || !pool->destroy)
        return;
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    pool->destroy(pool);
}
