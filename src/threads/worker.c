/* SPDX-License-Identifier: MIT */
#include "threads/worker.h"

#include <errno.h>
#include <signal.h>

#include "backend/sys.h"
#include "base/bystanders.h"
#include "sched/local.h"
#include "sched/thread.h"
#include "threads/cond.h"
#include "threads/pool_state.h"

/* ---- the next job --------------------------------------------------------- */

/* The mutex is held.  False: there was nothing until `end`. */
static bool wait_for_work(struct coil_pool *pool, coil_time end)
{
    bool in_time;

    pool->idle++;
    in_time = coil__cond_wait(&pool->work, &pool->mutex, end);
    pool->idle--;
    return in_time;
}

/* The next job.  NULL: the thread has nothing more to do. */
static struct coil_job *take_job(struct coil_pool *pool)
{
    coil_time end = pool->linger > 0
                        ? coil__sys_now() + pool->linger * COIL_SECOND
                        : COIL_NEVER;
    struct coil_job *job = NULL;
    bool lingers = true;

    pthread_mutex_lock(&pool->mutex);
    while (!pool->queue.head && !pool->is_shut && lingers)
        lingers = wait_for_work(pool, end);
    if (pool->count <= pool->limit)
        job = coil__pool_job_of(pool->queue.head);
    if (job) {
        coil__pool_unqueue(pool, job);
        atomic_store(&job->state, COIL__JOB_RUNNING);
    } else {
        pool->count--;
        atomic_fetch_sub(&coil__bystanders, 1);
        if (pool->queue.head) /* there are too many threads: it is another's */
            pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->mutex);
    return job;
}

/* ---- a thread ------------------------------------------------------------- */

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
    atomic_fetch_sub(&coil__bystanders, 1);
    if (!self->has_begun)
        coil__pool_put_back(pool, self->job);
    rc = pool->is_dropped ? -ESHUTDOWN : 0;
    if (pool->queue.head && rc == 0)
        rc = coil__worker_start(pool);
    if (rc < 0 && (pool->count == 0 || pool->is_dropped)) {
        over += pool->queued;
        jobs = coil__pool_give_up_queue(pool, rc);
    }
    drains = coil__pool_subtract(pool, over);
    pthread_mutex_unlock(&pool->mutex);
    coil__pool_tell_all(jobs);
    coil__pool_tell_all(drains);
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

int coil__worker_start(struct coil_pool *pool)
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
    atomic_fetch_add(&coil__bystanders, 1);
    atomic_fetch_add(&pool->refs, 1);
    return 0;
}
