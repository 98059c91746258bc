/* SPDX-License-Identifier: MIT */
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/thread.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/platform.h"
#include "core/local.h"
#include "core/wait.h"
#include "io/threads.h"

enum { DEFAULT_LIMIT = 32, HIGHEST_LIMIT = 1024 };

/* One call of fn, and the copy of its argument that the thread works on. */
struct job {
    struct coil__call call;
    struct coil_waitq waiter;
    coil_fn fn;
    void *arg;
    struct coil_locals *locals; /* of the task that waits */
    int result;
    _Alignas(max_align_t) unsigned char copy[];
};

static struct coil__threads threads = COIL__THREADS_INIT(DEFAULT_LIMIT);

static void read_limit(void)
{
    const char *text = getenv("COIL_MAX_THREADS");
    unsigned long limit = text ? strtoul(text, NULL, 10) : 0;

    if (limit > 0)
        threads.limit = limit < HIGHEST_LIMIT ? (unsigned)limit : HIGHEST_LIMIT;
}

static void work(struct coil__call *call)
{
    struct job *job = coil__container_of(call, struct job, call);
    struct coil_locals *before = coil__locals_enter(&job->locals);

    job->result = job->fn(job->arg);
    coil__locals_leave(before);
}

/* Nobody waits if the task was cancelled while the thread was at it. */
static void done(struct coil__call *call)
{
    coil__wake_one(&coil__container_of(call, struct job, call)->waiter, 0);
}

static void destroy(struct coil__call *call)
{
    struct job *job = coil__container_of(call, struct job, call);

    coil__locals_drop(&job->locals);
    coil__free(job);
}

/* What has been done already counts: its result is on the way. */
static void cancel(struct coil_waiter *self)
{
    struct job *job = coil__container_of(self->queue, struct job, waiter);

    if (coil__call_cancel(&job->call) != COIL__CALL_FINISHED)
        coil__decide(self, -ECANCELED);
}

static struct job *make_job(coil_fn fn, void *arg, size_t copy_size)
{
    struct job *job;

    if (copy_size > SIZE_MAX / 2)
        return NULL;
    job = coil__alloc(sizeof *job + copy_size);
    if (!job)
        return NULL;
    job->call.work = work;
    job->call.done = done;
    job->call.destroy = destroy;
    job->fn = fn;
    job->arg = arg;
    job->locals = coil__locals_capture();
    if (copy_size > 0) {
        memcpy(job->copy, arg, copy_size);
        job->arg = job->copy;
    }
    return job;
}

static int run(coil_fn fn, void *arg, size_t copy_size)
{
    static const struct coil_wait_reason reason = { .name = "thread" };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct coil_waiter self;
    struct coil_loop *loop;
    struct job *job;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    loop = coil_loop_current();
    if (!loop)
        return -ENOTSUP;

    pthread_once(&once, read_limit);
    job = make_job(fn, arg, copy_size);
    if (!job)
        return -ENOMEM;
    rc = coil__call_begin(&threads, &job->call);
    if (rc < 0) {
        destroy(&job->call);
        return rc;
    }

    self = (struct coil_waiter){ .reason = &reason,
                                 .object = job,
                                 .cancel = cancel };
    coil_loop_hold(loop);
    rc = coil__wait(&job->waiter, &self);
    coil_loop_release(loop);
    if (rc == 0) {
        if (copy_size > 0)
            memcpy(arg, job->copy, copy_size);
        rc = job->result;
    }
    coil__call_release(&job->call);
    return rc;
}

int coil_to_thread(coil_fn fn, void *arg)
{
    return run(fn, arg, 0);
}

int coil_to_thread_sized(coil_fn fn, void *arg, size_t arg_size)
{
    return run(fn, arg, arg_size);
}
