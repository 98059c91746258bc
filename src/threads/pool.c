/* SPDX-License-Identifier: MIT */
#include "threads/pool.h"

#include <errno.h>
#include <signal.h>

#include "base/fork.h"
#include "base/list.h"
#include "base/platform.h"
#include "sched/local.h"
#include "sched/thread.h"
#include "backend/sys.h"
#include "threads/cond.h"

/* ---- the threads ------------------------------------------------------ */

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

static struct coil_job *job_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_job, link) : NULL;
}

static void unqueue(struct coil_pool *pool, struct coil_job *job)
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

static void tell_all(struct coil_list jobs)
{
    struct coil_job *job;

    while ((job = job_of(coil__list_pop(&jobs))))
        job->over(job);
}

/*
 * The mutex is held: `n` jobs have ended.  Returns the drains that are over
 * now, if no job is left.
 */
static struct coil_list subtract(struct coil_pool *pool, unsigned n)
{
    pool->active -= n;
    if (pool->active > 0)
        return (struct coil_list)COIL_LIST_INIT;
    return take_all(&pool->drains);
}

/* The mutex is held.  False: it was in vain, for as long as threads linger. */
static bool wait_for_work(struct coil_pool *pool)
{
    coil_time end = pool->linger > 0
                        ? coil__sys_now() + pool->linger * COIL_SECOND
                        : COIL_NEVER;
    bool in_time;

    pool->idle++;
    in_time = coil__cond_wait(&pool->work, &pool->mutex, end);
    pool->idle--;
    return in_time;
}

/* The next job.  NULL: the thread has nothing more to do. */
static struct coil_job *take_job(struct coil_pool *pool)
{
    struct coil_job *job = NULL;
    bool lingers = true;

    pthread_mutex_lock(&pool->mutex);
    while (!pool->queue.head && !pool->is_shut && lingers)
        lingers = wait_for_work(pool);
    if (pool->count <= pool->limit)
        job = job_of(pool->queue.head);
    if (job) {
        unqueue(pool, job);
        atomic_store(&job->state, COIL__JOB_RUNNING);
    } else {
        pool->count--;
        pthread_cond_signal(&pool->work); /* it may have been for another */
    }
    pthread_mutex_unlock(&pool->mutex);
    return job;
}

/*
 * Signals belong to the program, so the threads of a pool block all of them,
 * except for those that a crash raises in the thread.
 */
static void block_signals(sigset_t *before)
{
    static const int crashes[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                   SIGTRAP, SIGABRT, SIGSYS };
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigdelset(&set, crashes[i]);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* ---- a thread --------------------------------------------------------- */

struct worker {
    struct coil_pool *pool;
    struct coil_job *job;
    bool has_begun; /* the job */
};

/*
 * Only work() can be cancelled: whoever cancels the thread means the job.  A
 * request that comes too late for that ends the thread, and another thread
 * begins the next job.
 */
static void run_work(struct worker *self)
{
    struct coil_job *job = self->job;
    int before;

    self->has_begun = false;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    pthread_testcancel();
    self->has_begun = true;
    job->error = -EOWNERDEAD; /* unless work() returns */
    job->work(job);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &before);
    job->error = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
}

/* The mutex is held.  Another thread will begin this job before all others. */
static void put_back(struct coil_pool *pool, struct coil_job *job)
{
    atomic_store(&job->state, COIL__JOB_QUEUED);
    coil__list_prepend(&pool->queue, &job->link);
    pool->queued++;
}

/* The mutex is held.  The queued jobs will never begin.  Returns them. */
static struct coil_list give_up_queue(struct coil_pool *pool, int error)
{
    for (struct coil_link *at = pool->queue.head; at; at = at->next)
        job_of(at)->error = error;
    pool->queued = 0;
    return take_all(&pool->queue);
}

static int start_thread(struct coil_pool *pool);

/* The thread ends before work(), or within it. */
static void end_early(void *arg)
{
    struct worker *self = arg;
    struct coil_pool *pool = self->pool;
    struct coil_list jobs = COIL_LIST_INIT;
    struct coil_list drains;
    unsigned over = self->has_begun;
    int rc;

    coil__locals_drop(&coil__thread()->locals);
    if (self->has_begun)
        self->job->over(self->job);
    pthread_mutex_lock(&pool->mutex);
    pool->count--;
    if (!self->has_begun)
        put_back(pool, self->job);
    rc = pool->is_dropped ? -ESHUTDOWN : 0;
    if (pool->queue.head && rc == 0)
        rc = start_thread(pool);
    if (rc < 0 && (pool->count == 0 || pool->is_dropped)) {
        over += pool->queued;
        jobs = give_up_queue(pool, rc);
    }
    drains = subtract(pool, over);
    pthread_mutex_unlock(&pool->mutex);
    tell_all(jobs);
    tell_all(drains);
    coil__pool_release(pool);
}

static void *run_jobs(void *arg)
{
    struct worker self = { .pool = arg };
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_cleanup_push(end_early, &self);
    while ((self.job = take_job(self.pool))) {
        run_work(&self);
        self.job->over(self.job);
        coil__pool_leave(self.pool);
    }
    pthread_cleanup_pop(0);
    coil__pool_release(self.pool);
    return NULL;
}

/* Returns 0 or an error of pthread_create(), which is positive. */
static int create_thread(struct coil_pool *pool, size_t stack_size)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error;

    error = pthread_attr_init(&attr);
    if (error)
        return error;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (stack_size > 0)
        pthread_attr_setstacksize(&attr, stack_size);
    error = pthread_create(&thread, &attr, run_jobs, pool);
    pthread_attr_destroy(&attr);
    return error;
}

static int start_thread(struct coil_pool *pool)
{
    sigset_t before;
    int error;

    block_signals(&before);
    error = create_thread(pool, pool->stack_size);
    if (error == EINVAL) /* the program's variables of a thread need more */
        error = create_thread(pool, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return -error;
    pool->count++;
    atomic_fetch_add(&pool->refs, 1);
    return 0;
}

/* ---- jobs ------------------------------------------------------------ */

/* The mutex is held. */
static int enqueue(struct coil_pool *pool, struct coil_job *job)
{
    int rc = 0;

    coil__list_append(&pool->queue, &job->link);
    pool->queued++;

    if (pool->queued > pool->idle && pool->count < pool->limit)
        rc = start_thread(pool);
    if (rc < 0 && pool->count > 0)
        rc = 0; /* a thread that exists will take it */
    if (rc < 0)
        unqueue(pool, job);
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
        pool->active++;
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
        unqueue(pool, job);
        drains = subtract(pool, 1);
    }
    pthread_mutex_unlock(&pool->mutex);
    tell_all(drains);
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
        pool->active++;
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

void coil__pool_leave(struct coil_pool *pool)
{
    struct coil_list drains;

    pthread_mutex_lock(&pool->mutex);
    drains = subtract(pool, 1);
    pthread_mutex_unlock(&pool->mutex);
    tell_all(drains);
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
    drains = subtract(pool, pool->queued);
    jobs = give_up_queue(pool, -ESHUTDOWN);
    pthread_mutex_unlock(&pool->mutex);
    tell_all(jobs);
    tell_all(drains);
}

void coil__pool_retain(struct coil_pool *pool)
{
    renew(pool);
    atomic_fetch_add(&pool->refs, 1);
}

void coil__pool_release(struct coil_pool *pool)
{
    if (atomic_fetch_sub(&pool->refs, 1) > 1 || !pool->destroy)
        return;
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    pool->destroy(pool);
}
