/* SPDX-License-Identifier: MIT */
#include "file/file_job.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/platform.h"
#include "file/open_file.h"
#include "loop/loop.h"
#include "sched/wait.h"
#include "threads/executor.h"

static struct coil__file_job *job_of(struct coil__call *call)
{
    return coil__container_of(call, struct coil__file_job, call);
}

static void work(struct coil__call *call)
{
    struct coil__file_job *job = job_of(call);

    job->work(job);
}

/* The last reference is given back, in any thread. */
static void destroy(struct coil__call *call)
{
    struct coil__file_job *job = job_of(call);

    if (job->undo && job->result >= 0 && !job->is_taken)
        job->undo(job);
    coil__file_release(job->file);
    coil__free(job);
}

/* A task waits, or over() is to be called, or nobody is interested any more. */
static void done(struct coil__call *call)
{
    struct coil__file_job *job = job_of(call);

    if (job->call.job.error < 0)
        job->result = job->call.job.error;
    if (job->over)
        job->over(job);
    else
        coil__wake_one(&job->waiter, 0);
}

struct coil__file_job *coil__file_job_new(coil__file_fn *fn,
                                          struct coil_file *file, size_t size)
{
    struct coil__file_job *job = coil__realloc(NULL, sizeof *job + size);

    if (!job)
        return NULL;
    memset(job, 0, sizeof *job);
    job->call.work = work;
    job->call.done = done;
    job->call.destroy = destroy;
    job->call.holds_loop = true;
    job->work = fn;
    job->result = -ECANCELED;
    job->file = file;
    job->size = size;
    coil__file_hold(file);
    return job;
}

struct coil__file_job *
coil__file_job_of_path(coil__file_fn *fn, const char *path, const char *other)
{
    size_t size = strlen(path) + 1;
    size_t other_size = other ? strlen(other) + 1 : 0;
    struct coil__file_job *job =
        coil__file_job_new(fn, NULL, size + other_size);

    if (!job)
        return NULL;
    job->path = memcpy(job->bytes, path, size);
    if (other)
        job->other = memcpy(job->bytes + size, other, other_size);
    return job;
}

int coil__file_job_begin(struct coil__file_job *job)
{
    int rc = coil__call_begin(coil__default_pool(), &job->call);

    job->is_begun = rc == 0;
    return rc;
}

void coil__file_job_drop(struct coil__file_job *job)
{
    if (!job)
        return;
    job->over = NULL;
    if (job->is_begun)
        coil__call_release(&job->call);
    else
        destroy(&job->call);
}

/* A job that is over counts: its result is about to arrive. */
static void cancel(struct coil_waiter *self)
{
    struct coil__file_job *job =
        coil__container_of(self->queue, struct coil__file_job, waiter);

    if (coil__call_cancel(&job->call) != COIL__JOB_OVER)
        coil__decide(self, -ECANCELED);
}

ptrdiff_t coil__file_job_run(struct coil__file_job *job)
{
    static const struct coil_wait_reason reason = { .name = "file" };
    struct coil_waiter self = { .reason = &reason, .cancel = cancel };
    struct coil_loop *loop;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    if (!job)
        return -ENOMEM;
    rc = coil__file_job_begin(job);
    if (rc < 0)
        return rc;
    self.object = job->file;
    coil_loop_hold(loop);
    rc = coil__wait(&job->waiter, &self);
    coil_loop_release(loop);
    if (rc < 0)
        return rc;
    job->is_taken = true;
    return job->result;
}

int coil__file_job_do(struct coil__file_job *job)
{
    ptrdiff_t n = coil__file_job_run(job);

    coil__file_job_drop(job);
    return (int)n;
}
