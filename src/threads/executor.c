/* SPDX-License-Identifier: MIT */
/*
 * executor.c - calls in threads, awaited or with a future
 *
 * A job is the library's memory, since a thread may still work on it when
 * nobody waits any more.  The job can have a copy of the argument.  It touches
 * the caller's memory only in done(), on the loop's thread.
 */
#include <coil/error.h>
#include <coil/executor.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/platform.h"
#include "task/future.h"
#include "sched/local.h"
#include "sched/sink.h"
#include "loop/loop.h"
#include "loop/wait_until.h"
#include "sched/wait.h"
#include "loop/hooks.h"
#include "threads/call.h"
#include "threads/executor.h"
#include "threads/pool_state.h"

enum { DEFAULT_LIMIT = 32, HIGHEST_LIMIT = 1024 };

struct coil_executor {
    struct coil_pool pool;
};

struct coil_executor_job {
    struct coil__call call;
    struct coil_list waiter;              /* of coil_executor_run() */
    struct coil_executor_call *submitted; /* or NULL */
    coil_fn fn;
    void *arg;
    struct coil_locals *locals; /* of whoever made the call */
    int result;
    _Alignas(max_align_t) unsigned char copy[];
};

static struct coil_executor default_executor = {
    .pool = COIL__POOL_INIT(DEFAULT_LIMIT),
};

static void read_limit(void)
{
    const char *text = getenv("COIL_MAX_THREADS");
    unsigned long limit = text ? strtoul(text, NULL, 10) : 0;

    if (limit > 0)
        default_executor.pool.limit =
            limit < HIGHEST_LIMIT ? (unsigned)limit : HIGHEST_LIMIT;
}

static struct coil_executor *get_default(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, read_limit);
    return &default_executor;
}

struct coil_pool *coil__default_pool(void)
{
    return &get_default()->pool;
}

/* ---- executors ------------------------------------------------------------ */

static void destroy_executor(struct coil_pool *pool)
{
    coil__free(coil__container_of(pool, struct coil_executor, pool));
}

int coil_executor_new(struct coil_executor **out, size_t max_threads)
{
    struct coil_executor *executor;

    if (max_threads > HIGHEST_LIMIT)
        return -EINVAL;
    executor = coil__alloc(sizeof *executor);
    if (!executor)
        return -ENOMEM;
    executor->pool.limit =
        max_threads ? (unsigned)max_threads : get_default()->pool.limit;
    executor->pool.destroy = destroy_executor;
    coil__pool_init(&executor->pool);
    *out = executor;
    return 0;
}

void coil_executor_free(struct coil_executor *executor)
{
    if (!executor)
        return;
    coil__pool_shut(&executor->pool);
    coil__pool_drop(&executor->pool);
    coil__pool_release(&executor->pool);
}

/* ---- jobs ----------------------------------------------------------------- */

static struct coil_executor_job *job_of(struct coil__call *call)
{
    return coil__container_of(call, struct coil_executor_job, call);
}

static void work(struct coil__call *call)
{
    struct coil_executor_job *job = job_of(call);
    struct coil_locals *before = coil__locals_enter(&job->locals);

    job->result = job->fn(job->arg);
    coil__locals_leave(before);
}

static void destroy(struct coil__call *call)
{
    struct coil_executor_job *job = job_of(call);

    coil__locals_drop(&job->locals);
    coil__free(job);
}

static struct coil_executor_job *make_job(struct coil_executor *executor,
                                          coil_fn fn, void *arg,
                                          size_t copy_size)
{
    struct coil_executor_job *job;

    if (copy_size > SIZE_MAX / 2)
        return NULL;
    job = coil__alloc(sizeof *job + copy_size);
    if (!job)
        return NULL;
    job->call.work = work;
    job->call.destroy = destroy;
    job->call.holds_loop = !executor;
    job->fn = fn;
    job->arg = arg;
    job->locals = coil__locals_capture();
    if (copy_size > 0) {
        memcpy(job->copy, arg, copy_size);
        job->arg = job->copy;
    }
    return job;
}

/* Begin the job; free it if that is impossible. */
static int begin_job(struct coil_executor *executor,
                     struct coil_executor_job *job)
{
    int rc;

    if (!executor)
        executor = get_default();
    rc = coil__call_begin(&executor->pool, &job->call);
    if (rc < 0)
        destroy(&job->call);
    return rc;
}

static int result_of(const struct coil_executor_job *job)
{
    return job->call.job.error ? job->call.job.error : job->result;
}

/* ---- awaiting ------------------------------------------------------------- */

/* Nobody waits if the task was cancelled while the thread worked. */
static void wake(struct coil__call *call)
{
    coil__wake_one(&job_of(call)->waiter, 0);
}

/* A job that is over counts: its result is about to arrive. */
static void cancel(struct coil_waiter *self)
{
    struct coil_executor_job *job =
        coil__container_of(self->queue, struct coil_executor_job, waiter);

    if (coil__call_cancel(&job->call) != COIL__JOB_OVER)
        coil__decide(self, -ECANCELED);
}

static int run(struct coil_executor *executor, coil_fn fn, void *arg,
               size_t copy_size)
{
    static const struct coil_wait_reason reason = { .name = "thread" };
    struct coil_executor_job *job;
    struct coil_waiter self;
    struct coil_loop *loop;
    int rc;

    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    job = make_job(executor, fn, arg, copy_size);
    if (!job)
        return -ENOMEM;
    job->call.done = wake;
    rc = begin_job(executor, job);
    if (rc < 0)
        return rc;

    self = (struct coil_waiter){ .reason = &reason,
                                 .object = job,
                                 .cancel = cancel };
    coil_loop_hold(loop);
    rc = coil__wait(&job->waiter, &self);
    coil_loop_release(loop);
    if (rc == 0) {
        rc = result_of(job);
        if (copy_size > 0 && !job->call.job.error)
            memcpy(arg, job->copy, copy_size);
    }
    coil__call_release(&job->call);
    return rc;
}

int coil_executor_run(struct coil_executor *executor, coil_fn fn, void *arg)
{
    return run(executor, fn, arg, 0);
}

int coil_executor_run_sized(struct coil_executor *executor, coil_fn fn,
                            void *arg, size_t arg_size)
{
    return run(executor, fn, arg, arg_size);
}

/* ---- submitting ----------------------------------------------------------- */

/* Separate the call from its job, which nobody waits for any more. */
static void part(struct coil_executor_call *call)
{
    struct coil_executor_job *job = call->job;

    call->job = NULL;
    job->submitted = NULL;
    coil_loop_release(call->loop);
    coil__call_cancel(&job->call);
    coil__call_release(&job->call);
}

/* The future was cancelled: cancel the job. */
static void withdraw(struct coil_future *future, void *arg)
{
    struct coil_executor_call *call = arg;

    (void)future;
    coil__loop_unhook(&call->hook);
    part(call);
}

static void tell(struct coil__call *call)
{
    struct coil_executor_call *submitted = job_of(call)->submitted;
    int rc = result_of(job_of(call));

    if (!submitted)
        return;
    coil__loop_unhook(&submitted->hook);
    coil_future_remove_done_callback(&submitted->future, &submitted->watch);
    part(submitted);
    coil__future_complete(&submitted->future, rc, NULL);
}

static void lose(struct coil_loop_hook *hook)
{
    struct coil_executor_call *call =
        coil__container_of(hook, struct coil_executor_call, hook);

    coil_future_remove_done_callback(&call->future, &call->watch);
    part(call);
    coil_future_cancel(&call->future);
}

int coil_executor_submit(struct coil_executor *executor,
                         struct coil_executor_call *call, coil_fn fn, void *arg)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil_executor_job *job;
    int rc;

    if (!loop)
        return -EINVAL;
    if (call->job)
        return -EBUSY;
    job = make_job(executor, fn, arg, 0);
    if (!job)
        return -ENOMEM;
    job->call.done = tell;
    rc = begin_job(executor, job);
    if (rc < 0)
        return rc;

    *call = (struct coil_executor_call){ .job = job,
                                         .loop = loop,
                                         .hook.fn = lose };
    job->submitted = call;
    coil__future_watch(&call->future, &call->watch, withdraw, call);
    coil__loop_at_close(loop, &call->hook);
    coil_loop_hold(loop);
    return 0;
}

/* ---- shutting down -------------------------------------------------------- */

/* The wait until no call is under way. */
struct drain {
    struct coil__call call;
    struct coil_list waiter;
};

static void drained(struct coil__call *call)
{
    coil__wake_one(&coil__container_of(call, struct drain, call)->waiter, 0);
}

static void free_drain(struct coil__call *call)
{
    coil__free(coil__container_of(call, struct drain, call));
}

static int await_drain(struct coil_loop *loop, struct drain *drain,
                       const struct coil_executor *executor, coil_time deadline)
{
    static const struct coil_wait_reason reason = { .name = "executor" };
    struct coil_waiter self = COIL_WAITER(&reason, executor);
    int rc;

    coil_loop_hold(loop);
    rc = coil__wait_until(loop, &drain->waiter, &self, deadline, -ETIMEDOUT);
    coil_loop_release(loop);
    return rc;
}

int coil_executor_shutdown(struct coil_executor *executor, coil_time timeout)
{
    struct coil_loop *loop;
    struct drain *drain;
    int rc;

    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    if (!executor)
        return -EINVAL;
    coil__pool_shut(&executor->pool);
    drain = coil__alloc(sizeof *drain);
    if (!drain)
        return -ENOMEM;
    drain->call.done = drained;
    drain->call.destroy = free_drain;
    rc = coil__call_drain(&executor->pool, &drain->call);
    if (rc <= 0) {
        coil__free(drain);
        return rc;
    }
    rc = timeout > 0 ? await_drain(loop, drain, executor, coil_after(timeout))
                     : -ETIMEDOUT;
    coil__call_release(&drain->call);
    if (rc == -ETIMEDOUT) {
        coil__pool_drop(&executor->pool);
        coil__report(NULL, "an executor is shut down while calls run",
                     -ETIMEDOUT, executor);
    }
    return rc;
}
