/* SPDX-License-Identifier: MIT */
/*
 * work_lease.c - leases as scopes, and their renewal
 *
 * A lease ends, by the clock of this machine, one lease's time after the moment
 * before the claim, or the last renewal that has succeeded, was sent.  The engine has
 * counted from a later moment, so its lease ends later.  The scope ends a margin
 * before.  Only how long a second lasts must be the same on both machines.
 */
#include "work/queue/work_lease.h"

#include <errno.h>

#include <coil/sleep.h>


static struct coil_work_lease *lease_of(struct coil_link *link)
{
    return coil__container_of(link, struct coil_work_lease, link);
}

/* ---- begin and end -------------------------------------------------------- */

/* Leases end in the order of the list, but for those that were asked for at a time. */
static void list(struct coil_work_lease *lease)
{
    struct coil_work *work = lease->work;
    struct coil_link *before = work->leases.tail;

    while (before && lease_of(before)->end > lease->end)
        before = before->prev;
    coil__list_insert_after(&work->leases, before, &lease->link);
    lease->is_listed = true;
    coil_event_set(&work->held);
}

static void unlist(struct coil_work_lease *lease)
{
    if (lease->is_listed)
        coil__list_remove(&lease->work->leases, &lease->link);
    lease->is_listed = false;
    if (lease->renewal)
        *lease->renewal = NULL;
    lease->renewal = NULL;
}

int coil__work_lease_begin(struct coil_work_lease *lease,
                           struct coil_work *work, uint64_t key, uint64_t token,
                           coil_time sent)
{
    int rc;

    *lease = (struct coil_work_lease){
        .work = work,
        .key = key,
        .token = token,
        .end = sent + work->lease,
    };
    if (coil_now() >= lease->end - work->margin)
        return -ESTALE;
    rc = coil_timeout_begin_at(&lease->scope, lease->end - work->margin);
    if (rc < 0)
        return rc;
    work->references++;
    list(lease);
    return 0;
}

int coil__work_lease_end(struct coil_work_lease *lease)
{
    bool is_late = coil_timeout_expired(&lease->scope);

    unlist(lease);
    (void)!coil_timeout_end(&lease->scope, 0);
    return is_late || lease->is_stale ? -ESTALE : 0;
}

void coil__work_lease_lose(struct coil_work_lease *lease)
{
    lease->is_stale = true;
    unlist(lease);
    (void)coil_timeout_reschedule(&lease->scope, coil_now());
}

bool coil__work_lease_is_held(const struct coil_work_lease *lease)
{
    return !lease->is_stale && !coil_timeout_expired(&lease->scope) &&
           coil_now() < lease->end - lease->work->margin;
}

bool coil_job_is_held(const struct coil_job *job)
{
    return coil__work_lease_is_held(&job->lease);
}

/* ---- renewal -------------------------------------------------------------- */

/* From when on a lease is renewed. */
static coil_time due(const struct coil_work *work,
                     const struct coil_work_lease *lease)
{
    return lease->end - work->lease + work->lease / 3;
}

/* Wait until a lease is due. */
static int await_due(struct coil_work *work)
{
    int rc;

    while (!work->leases.head) {
        coil_event_clear(&work->held);
        rc = coil_event_wait(&work->held);
        if (rc < 0)
            return rc;
    }
    return coil_sleep_until(due(work, lease_of(work->leases.head)));
}

/* What is asked of the engine in one call: either jobs or rights. */
struct batch {
    size_t n;
    struct coil_work_lease *leases[COIL__WORK_RENEWALS]; /* NULL: it is over */
    bool is_rights;
    struct coil__work_renewal jobs[COIL__WORK_RENEWALS];
    struct coil__work_wish rights[COIL__WORK_RENEWALS];
};

static void note(struct batch *batch, struct coil_work_lease *lease)
{
    const struct coil_work_right *right = lease->right;
    size_t i = batch->n++;

    batch->leases[i] = lease;
    lease->renewal = &batch->leases[i];
    if (right)
        batch->rights[i] = coil__work_wish(right);
    else
        batch->jobs[i] = (struct coil__work_renewal){ .key = lease->key,
                                                      .token = lease->token };
}

/*
 * Note those to be renewed, also those that are due soon: they go together.  The
 * scope of some may have expired: their tasks are about to end them.
 */
static void collect(struct coil_work *work, struct batch *batch)
{
    coil_time soon = coil_now() + work->lease / 12;
    struct coil_link *link = work->leases.head;

    batch->n = 0;
    batch->is_rights = link && lease_of(link)->right;
    for (; link && batch->n < COIL__WORK_RENEWALS; link = link->next) {
        struct coil_work_lease *lease = lease_of(link);

        if (due(work, lease) > soon)
            break;
        if (batch->is_rights == (lease->right != NULL))
            note(batch, lease);
    }
}

static void prolong(struct coil_work_lease *lease, coil_time end)
{
    coil_time margin = lease->work->margin;

    unlist(lease);
    if (coil_timeout_reschedule(&lease->scope, end - margin) < 0)
        return; /* it has expired */
    lease->end = end;
    list(lease);
}

/* `rc`: of the call. */
static void apply(struct coil_work *work, struct batch *batch, coil_time sent,
                  int rc)
{
    for (size_t i = 0; i < batch->n; i++) {
        struct coil_work_lease *lease = batch->leases[i];
        int result =
            batch->is_rights ? batch->rights[i].result : batch->jobs[i].result;

        if (!lease)
            continue;
        lease->renewal = NULL;
        if (rc < 0)
            continue;
        if (result < 0)
            coil__work_lease_lose(lease);
        else
            prolong(lease, sent + work->lease);
    }
}

static int ask(struct coil_work *work, struct batch *batch)
{
    const struct coil__work_engine_ops *ops = work->engine->ops;

    return batch->is_rights
               ? ops->renew_rights(work->engine, batch->rights, batch->n)
               : ops->renew(work->engine, batch->jobs, batch->n);
}

int coil__work_renew(void *arg)
{
    struct coil_work *work = arg;
    struct batch batch;

    for (;;) {
        coil_time sent;
        int rc = await_due(work);

        if (rc < 0)
            return rc;
        collect(work, &batch);
        if (batch.n == 0)
            continue;
        sent = coil_now();
        rc = ask(work, &batch);
        apply(work, &batch, sent, rc);
        if (work->is_closing)
            return 0;
        /* The engine is away: it is asked again while the leases stand. */
        if (rc < 0)
            rc = coil_sleep(work->lease / 24);
        if (rc < 0)
            return rc;
    }
}
