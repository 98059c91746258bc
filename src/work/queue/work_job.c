/* SPDX-License-Identifier: MIT */
/*
 * work_job.c - how jobs end
 *
 * A task that ends a job leaves the outcome in the list of endings, and waits for
 * the answer.  If it is cancelled, the outcome goes on without it.
 */
#include "work/queue/work_job.h"

#include <errno.h>
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "work/queue/work_lease.h"

static struct coil_work_held *held_of(struct coil_link *link)
{
    return coil__container_of(link, struct coil_work_held, link);
}

struct coil_work_held *coil__work_hold(struct coil_work *work,
                                       const struct coil__work_claim *claim)
{
    struct coil_work_held *held = coil__alloc(sizeof *held);

    if (!held)
        return NULL;
    held->work = work;
    held->claim = *claim;
    coil_event_init(&held->answered);
    return held;
}

void coil__work_held_free(struct coil_work_held *held)
{
    coil__free(held->claim.memory);
    coil__free(held->reason);
    coil__free(held);
}

/* ---- the finisher --------------------------------------------------------- */

static size_t take(struct coil_work *work, struct coil_work_held **taken)
{
    size_t n = 0;

    while (work->endings.head && n < COIL__WORK_ENDINGS) {
        struct coil_work_held *held = held_of(work->endings.head);

        coil__list_remove(&work->endings, &held->link);
        held->is_sent = true;
        taken[n++] = held;
    }
    return n;
}

static void answer(struct coil_work_held *held, int result)
{
    if (held->is_abandoned) {
        coil__work_held_free(held);
        return;
    }
    held->result = result;
    coil_event_set(&held->answered);
}

static int tell(struct coil_work *work, struct coil_work_held **taken, size_t n)
{
    struct coil__work_outcome outcomes[COIL__WORK_ENDINGS];
    int rc;

    for (size_t i = 0; i < n; i++)
        outcomes[i] = taken[i]->outcome;
    rc = work->engine->ops->finish(work->engine, outcomes, n);
    for (size_t i = 0; i < n; i++)
        answer(taken[i], rc < 0 ? rc : outcomes[i].result);
    return rc;
}

void coil__work_fail_endings(struct coil_work *work)
{
    struct coil_work_held *taken[COIL__WORK_ENDINGS];
    size_t n;

    while ((n = take(work, taken)) > 0)
        for (size_t i = 0; i < n; i++)
            answer(taken[i], -EPIPE);
}

/* Closing ends it when all is told; so does a cancellation, at once. */
int coil__work_finish(void *arg)
{
    struct coil_work *work = arg;
    struct coil_work_held *taken[COIL__WORK_ENDINGS];
    size_t n;
    int rc = 0;

    while (rc != -ECANCELED) {
        n = take(work, taken);
        if (n > 0) {
            rc = tell(work, taken, n);
            continue;
        }
        if (work->is_told)
            return 0;
        coil_event_clear(&work->ended);
        rc = coil_event_wait(&work->ended);
    }
    work->is_closing = true;
    coil__work_fail_endings(work);
    return rc;
}

/* ---- a task that ends a job ----------------------------------------------- */

static void append(struct coil_work_held *held, enum coil__work_end end)
{
    held->outcome.key = held->claim.key;
    held->outcome.token = held->claim.token;
    held->outcome.end = end;
    coil__list_append(&held->work->endings, &held->link);
    coil_event_set(&held->work->ended);
}

void coil__work_give_back(struct coil_work_held *held)
{
    held->is_abandoned = true;
    append(held, COIL__WORK_RETURN);
}

/* Wait for the answer.  Whatever is returned, the caller does not own it any more. */
static int await(struct coil_work_held *held)
{
    struct coil_cancel_mark mark;
    int rc;

    coil_cancel_mark(&mark);
    rc = coil_event_wait(&held->answered);
    if (rc < 0 && coil_event_is_set(&held->answered)) {
        /* The answer has come after the cancellation, and before it ran. */
        coil_cancel_put_back(&mark);
        rc = 0;
    }
    if (rc == 0) {
        rc = held->result;
        coil__work_held_free(held);
        return rc;
    }
    held->is_abandoned = true;
    if (!held->is_sent) {
        held->outcome.end = COIL__WORK_RETURN;
        return rc;
    }
    coil_cancel_put_back(&mark);
    return COIL_EUNKNOWN;
}

/* `checked`: what to return if the lease stands; < 0: the job is given back. */
static int end_job(struct coil_job *job, enum coil__work_end end, int checked)
{
    struct coil_work_held *held = job->held;
    struct coil_work *work = job->lease.work;
    int rc = coil__work_lease_end(&job->lease);
    int cancelled = coil_checkpoint();

    job->held = NULL;
    if (rc == 0 && work->is_closing)
        rc = -EPIPE;
    if (rc < 0) {
        coil__work_held_free(held);
        rc = cancelled < 0 ? cancelled : rc;
    } else if (cancelled < 0 || checked < 0) {
        coil__work_give_back(held);
        rc = cancelled < 0 ? cancelled : checked;
    } else {
        append(held, end);
        rc = await(held);
    }
    coil__work_release(work);
    return rc;
}

int coil_job_done(struct coil_job *job)
{
    return end_job(job, COIL__WORK_DONE, 0);
}

int coil_job_retry(struct coil_job *job, coil_time delay)
{
    job->held->outcome.delay = delay;
    return end_job(job, COIL__WORK_RETRY, delay < 0 ? -EINVAL : 0);
}

int coil_job_bury(struct coil_job *job, const char *reason)
{
    struct coil_work_held *held = job->held;
    const char *text = reason ? reason : "";

    held->reason = coil__strndup(text, strnlen(text, COIL__WORK_REASON_MAX));
    held->outcome.reason = held->reason;
    return end_job(job, COIL__WORK_BURY, held->reason ? 0 : -ENOMEM);
}

int coil_job_return(struct coil_job *job)
{
    return end_job(job, COIL__WORK_RETURN, 0);
}
