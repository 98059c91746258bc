/* SPDX-License-Identifier: MIT */
/*
 * work_right.c - locks, semaphores and rates that many machines share
 *
 * Who wants a right has a ticket, which stands in line in the engine.  It asks again
 * when the bell rings, when a lease may have ended, and often enough to keep its place.
 */
#include "work/queue/work_right.h"

#include <errno.h>
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/timeout.h>
#include <coil/work_right.h>

#include "work/queue/work_lease.h"

static bool is_name(const char *name)
{
    return *name &&
           strnlen(name, COIL__WORK_GROUP_MAX + 1) <= COIL__WORK_GROUP_MAX;
}

/* ---- acquire -------------------------------------------------------------- */

/* Wait for the bell, and at most `limit`. */
static int await_bell(struct coil_work *work, coil_time limit)
{
    struct coil_timeout timeout;
    int rc = coil_timeout_begin(&timeout, limit);

    if (rc < 0)
        return rc;
    coil_event_set(&work->empty);
    rc = coil_event_wait(&work->rung);
    rc = coil_timeout_end(&timeout, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* Ask until it is granted.  `*sent`: before that was asked. */
static int acquire(struct coil_work *work, struct coil_work_right *right,
                   coil_time *sent)
{
    const struct coil__work_wish wish = coil__work_wish(right);

    for (;;) {
        coil_time next = COIL_NEVER;
        int rc;

        *sent = coil_now();
        rc = work->engine->ops->acquire(work->engine, &wish, &right->fence,
                                        &next);
        if (rc < 0 || right->fence > 0)
            return rc;
        if (work->is_closing)
            return -EPIPE;
        rc = await_bell(work, next < work->lease / 3 ? next : work->lease / 3);
        if (rc == 0 && work->is_closing)
            rc = -EPIPE;
        if (rc < 0)
            return rc;
    }
}

/* Leave the line, or give back what was granted; whoever is cancelled does so. */
static int leave(struct coil_work *work, const struct coil__work_wish *wish,
                 bool *was_held)
{
    struct coil_cancel_mark mark;
    int rc;

    *was_held = false;
    coil_cancel_mark(&mark);
    do
        rc = work->engine->ops->release(work->engine, wish, was_held);
    while (rc == -ECANCELED || rc == COIL_EUNKNOWN);
    coil_cancel_put_back(&mark);
    return rc;
}

static int take(struct coil_work *work, struct coil_work_right *right)
{
    const struct coil__work_wish wish = coil__work_wish(right);
    bool was_held;
    coil_time sent = 0;
    int rc;

    do {
        rc = acquire(work, right, &sent);
        if (rc == 0)
            rc = coil__work_lease_begin(&right->lease, work, 0, right->fence,
                                        sent);
        if (rc == 0)
            right->lease.right = right;
        else
            (void)!leave(work, &wish, &was_held);
        /* It came so late that its time is up: stand in line again. */
    } while (rc == -ESTALE);
    return rc;
}

int coil_work_semaphore_acquire(struct coil_work_right *right,
                                struct coil_work *work, const char *name,
                                unsigned permits)
{
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    *right = (struct coil_work_right){
        .name = name,
        .permits = permits,
        .ticket = ++work->last_ticket,
    };
    rc = is_name(name) && permits > 0 ? 0 : -EINVAL;
    if (rc == 0)
        rc = take(work, right);
    coil__work_leave(work);
    return rc;
}

int coil_work_lock_acquire(struct coil_work_right *right,
                           struct coil_work *work, const char *name)
{
    return coil_work_semaphore_acquire(right, work, name, 1);
}

/* ---- hold and release ----------------------------------------------------- */

bool coil_work_right_is_held(const struct coil_work_right *right)
{
    return coil__work_lease_is_held(&right->lease);
}

void coil__work_give_right_back(struct coil_work_right *right)
{
    struct coil__work_wish wish = coil__work_wish(right);
    struct coil_work *work = right->lease.work;
    char name[COIL__WORK_GROUP_MAX + 1];
    bool was_held;

    strcpy(name, wish.name);
    wish.name = name;
    coil__work_lease_lose(&right->lease);
    /* First its task is told.  It releases the right, which is not there then. */
    (void)!coil_yield();
    (void)!leave(work, &wish, &was_held);
}

int coil_work_right_release(struct coil_work_right *right)
{
    const struct coil__work_wish wish = coil__work_wish(right);
    struct coil_work *work = right->lease.work;
    int rc = coil__work_lease_end(&right->lease);
    int cancelled = coil_checkpoint();
    bool was_held = false;

    if (!work->is_closing) {
        int left;

        work->calls++;
        left = leave(work, &wish, &was_held);
        coil__work_leave(work);
        if (rc == 0)
            rc = left < 0 ? left : was_held ? 0 : -ESTALE;
    }
    coil__work_release(work);
    return cancelled < 0 ? cancelled : rc;
}

/* ---- rates ---------------------------------------------------------------- */

int coil_work_rate_acquire(struct coil_work *work, const char *name,
                           coil_time interval, unsigned burst)
{
    coil_time wait = 0;
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    rc = interval < 0 || !is_name(name) ? -EINVAL : 0;
    if (rc == 0)
        rc = work->engine->ops->rate(work->engine, name, interval,
                                     burst ? burst : 1, &wait);
    coil__work_leave(work);
    if (rc == 0 && wait > 0)
        rc = coil_sleep(wait);
    return rc;
}
