/* SPDX-License-Identifier: MIT */
/*
 * work_get.c - wait for a job
 *
 * Who waits stands in a list, first come first served.  The claimer asks the engine
 * for as many jobs as there are tasks in the list, and gives them out.  If the engine
 * had fewer, it is asked again when its bell rings, or when the time has come that it
 * named.  If it has failed, it is asked again after a pause, so that those who call
 * again and again do not keep it busy.
 */
#include "work/queue/work_get.h"

#include <errno.h>

#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "work/queue/work_job.h"
#include "work/queue/work_lease.h"

#define PAUSE (100 * COIL_MILLISECOND)

/* On the stack of a task that waits. */
struct getter {
    struct coil_link link;
    struct coil_event decided;
    bool is_try;
    int rc; /* from here on valid when it is decided */
    struct coil__work_claim claim;
    coil_time sent;
};

static struct getter *getter_of(struct coil_link *link)
{
    return coil__container_of(link, struct getter, link);
}

static void leave_list(struct coil_work *work, struct getter *getter)
{
    coil__list_remove(&work->getters, &getter->link);
    work->getter_count--;
}

static void decide(struct coil_work *work, struct getter *getter, int rc)
{
    leave_list(work, getter);
    getter->rc = rc;
    coil_event_set(&getter->decided);
}

/* ---- the claimer ---------------------------------------------------------- */

/* Nobody waits for it any more. */
static void refuse(struct coil_work *work, struct coil__work_claim *claim)
{
    struct coil_work_held *held = coil__work_hold(work, claim);

    if (held)
        coil__work_give_back(held);
    else /* the lease ends by itself */
        coil__free(claim->memory);
}

static void give_out(struct coil_work *work, struct coil__work_claim *claims,
                     size_t n, coil_time sent)
{
    for (size_t i = 0; i < n; i++) {
        struct getter *first;

        if (!work->getters.head) {
            refuse(work, &claims[i]);
            continue;
        }
        first = getter_of(work->getters.head);
        first->claim = claims[i];
        first->sent = sent;
        decide(work, first, 0);
    }
}

/* All of them, or those that do not wait. */
static void fail(struct coil_work *work, int error, bool all)
{
    struct coil_link *link = work->getters.head;

    while (link) {
        struct getter *getter = getter_of(link);

        link = link->next;
        if (all || getter->is_try)
            decide(work, getter, error);
    }
}

void coil__work_fail_getters(struct coil_work *work, int error)
{
    fail(work, error, true);
}

/* Wait until the claimer is called, or until `next` has passed. */
static int await_call(struct coil_work *work, coil_time next)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, next);

    if (rc < 0)
        return rc;
    rc = coil_event_wait(&work->call);
    rc = coil_timeout_end(&limit, rc);
    coil_event_clear(&work->call);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* One claim.  `*next`: when to ask again without being called. */
static int claim(struct coil_work *work, coil_time *next)
{
    struct coil__work_claim claims[COIL__WORK_CLAIMS];
    size_t n =
        work->getter_count < work->batch ? work->getter_count : work->batch;
    coil_time sent = coil_now();
    size_t count = 0;
    int rc = work->engine->ops->claim(work->engine, claims, n, &count, next);

    give_out(work, claims, count, sent);
    if (rc < 0) {
        fail(work, rc == -ECANCELED ? -EPIPE : rc, true);
        return rc;
    }
    if (count < n) {
        fail(work, -EAGAIN, false);
        coil_event_set(&work->empty);
        return 0;
    }
    *next = COIL_NEVER;
    coil_event_clear(&work->empty);
    if (work->getters.head)
        coil_event_set(&work->call);
    return 0;
}

int coil__work_claim(void *arg)
{
    struct coil_work *work = arg;
    coil_time next = COIL_NEVER;
    int rc = 0;

    while (!work->is_closing) {
        rc = await_call(work, next);
        if (rc < 0 || work->is_closing)
            break;
        next = COIL_NEVER;
        if (work->getters.head)
            rc = claim(work, &next);
        else
            coil_event_clear(&work->empty);
        if (rc < 0 && rc != -ECANCELED)
            rc = coil_sleep(PAUSE);
        if (rc == -ECANCELED)
            break;
    }
    /* Whoever has cancelled this task has closed the queue. */
    work->is_closing = true;
    coil__work_fail_getters(work, -EPIPE);
    return rc;
}

int coil__work_listen(void *arg)
{
    struct coil_work *work = arg;

    for (;;) {
        int rc = coil_event_wait(&work->empty);

        if (rc == 0)
            rc = work->engine->ops->wait(work->engine, COIL_NEVER);
        if (work->is_closing || rc == -ECANCELED)
            return rc;
        if (rc < 0)
            rc = coil_sleep(COIL_SECOND);
        if (rc < 0)
            return rc;
        coil_event_clear(&work->empty);
        coil_event_set(&work->call);
        coil_event_set(&work->rung);
        coil_event_clear(&work->rung);
    }
}

/* ---- a task that waits ---------------------------------------------------- */

static int await(struct coil_work *work, struct getter *getter)
{
    int rc;

    coil__list_append(&work->getters, &getter->link);
    work->getter_count++;
    if (getter->is_try || !coil_event_is_set(&work->empty))
        coil_event_set(&work->call);
    rc = coil_event_wait(&getter->decided);
    if (rc == 0)
        return getter->rc;
    /* It may have got a job after it was cancelled, and before it ran. */
    if (!coil_event_is_set(&getter->decided))
        leave_list(work, getter);
    else if (getter->rc == 0)
        refuse(work, &getter->claim);
    return rc;
}

int coil__work_begin_job(struct coil_job *job, struct coil_work *work,
                         const struct coil__work_claim *claim, coil_time sent)
{
    struct coil_work_held *held = coil__work_hold(work, claim);
    int rc;

    if (!held) {
        coil__free(claim->memory);
        return -ENOMEM;
    }
    *job = (struct coil_job){
        .id = claim->id,
        .group = claim->group,
        .priority = claim->priority,
        .delivery = claim->delivery,
        .body = claim->body,
        .size = claim->size,
        .fence = claim->token,
        .held = held,
    };
    rc = coil__work_lease_begin(&job->lease, work, claim->key, claim->token,
                                sent);
    if (rc < 0)
        coil__work_give_back(held);
    return rc;
}

static int get(struct coil_work *work, struct coil_job *job, bool is_try)
{
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    do {
        struct getter getter = { .is_try = is_try };

        coil_event_init(&getter.decided);
        rc = await(work, &getter);
        if (rc == 0)
            rc = coil__work_begin_job(job, work, &getter.claim, getter.sent);
        /* It came so late that its time is up: ask for another. */
    } while (rc == -ESTALE);
    coil__work_leave(work);
    return rc;
}

int coil_work_get(struct coil_work *work, struct coil_job *job)
{
    return get(work, job, false);
}

int coil_work_try_get(struct coil_work *work, struct coil_job *job)
{
    return get(work, job, true);
}
