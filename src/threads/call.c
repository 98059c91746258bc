/* SPDX-License-Identifier: MIT */
#include "threads/call.h"

#include <errno.h>

#include "base/platform.h"
#include "loop/loop.h"
#include "threads/pool_state.h"

static struct coil__call *call_of_job(struct coil_job *job)
{
    return coil__container_of(job, struct coil__call, job);
}

static struct coil__call *call_of_letter(struct coil_letter *letter)
{
    return coil__container_of(letter, struct coil__call, letter);
}

bool coil__call_is_of(struct coil__call *call, struct coil_loop *loop)
{
    return coil__mailbox_is_of(call->mailbox, loop);
}

void coil__call_release(struct coil__call *call)
{
    struct coil_mailbox *mailbox = call->mailbox;
    struct coil_pool *pool = call->pool;

    if (atomic_fetch_sub(&call->refs, 1) > 1)
        return;
    call->destroy(call);
    coil__mailbox_release(mailbox);
    coil__pool_release(pool);
}

/* ---- the end -------------------------------------------------------------- */

static void deliver(struct coil_letter *letter)
{
    struct coil__call *call = call_of_letter(letter);

    call->done(call);
    coil__call_release(call);
}

/* The loop has been closed: give back the pool's reference. */
static void drop(struct coil_letter *letter)
{
    coil__call_release(call_of_letter(letter));
}

/* Usually called in a thread of a pool, after the work is done. */
static void finish(struct coil_job *job)
{
    struct coil__call *call = call_of_job(job);
    struct coil_mailbox *mailbox = call->mailbox;

    /* Once the letter is delivered, the call and its mailbox may be gone. */
    coil__mailbox_retain(mailbox);
    atomic_store(&job->state, COIL__JOB_OVER);
    if (!coil__mailbox_post(mailbox, &call->letter, call->holds_loop))
        coil__call_release(call);
    coil__mailbox_release(mailbox);
}

/* ---- beginning ------------------------------------------------------------ */

static void work(struct coil_job *job)
{
    struct coil__call *call = call_of_job(job);

    call->work(call);
}

/* The simulator needs an order that repeats, so it runs the call itself. */
static void run_here(void *arg)
{
    struct coil__call *call = arg;

    if (coil__pool_begin_here(call->pool, &call->job) == 0)
        call->work(call);
    atomic_store(&call->job.state, COIL__JOB_OVER);
    if (call->holds_loop)
        coil__mailbox_unhold(call->mailbox);
    call->done(call);
    coil__pool_leave(call->pool);
    coil__call_release(call);
}

static int begin_here(struct coil__call *call, struct coil_loop *loop)
{
    int rc = coil__pool_enter(call->pool);

    atomic_init(&call->job.state, COIL__JOB_QUEUED);
    if (rc == 0)
        rc = coil_loop_call_soon(loop, &call->handle, run_here, call);
    return rc;
}

/* ---- histories ------------------------------------------------------------ */

/* A replay does the work where the history says that it was over. */
static void deliver_late(struct coil_letter *letter)
{
    run_here(call_of_letter(letter));
}

/* The loop has been closed before that. */
static void drop_late(struct coil_letter *letter)
{
    struct coil__call *call = call_of_letter(letter);

    coil__pool_leave(call->pool);
    coil__call_release(call);
}

static int begin_late(struct coil__call *call)
{
    int rc = coil__pool_enter(call->pool);

    atomic_init(&call->job.state, COIL__JOB_QUEUED);
    if (rc < 0)
        return rc;
    call->letter.deliver = deliver_late;
    call->letter.drop = drop_late;
    coil__mailbox_post(call->mailbox, &call->letter, false);
    return 0;
}

/* ---- beginning, in one of three ways -------------------------------------- */

/* Returns false if there is no memory. */
static bool prepare(struct coil_pool *pool, struct coil__call *call,
                    struct coil_loop *loop)
{
    call->mailbox = coil__mailbox_of(loop);
    if (!call->mailbox)
        return false;
    call->pool = pool;
    call->job.work = work;
    call->job.over = finish;
    call->letter.deliver = deliver;
    call->letter.drop = drop;
    call->letter.number = coil__mailbox_number(call->mailbox);
    atomic_init(&call->refs, 2);
    return true;
}

int coil__call_begin(struct coil_pool *pool, struct coil__call *call)
{
    struct coil_loop *loop = coil_loop_current();
    int rc;

    if (!prepare(pool, call, loop))
        return -ENOMEM;
    coil__pool_retain(pool);
    if (call->holds_loop)
        coil__mailbox_hold(call->mailbox);

    if (coil__backend_is_simulated(loop->backend))
        rc = begin_here(call, loop);
    else if (coil__backend_replays(loop->backend))
        rc = begin_late(call);
    else
        rc = coil__pool_begin(pool, &call->job);
    if (rc < 0) {
        if (call->holds_loop)
            coil__mailbox_unhold(call->mailbox);
        coil__mailbox_release(call->mailbox);
        coil__pool_release(pool);
    }
    return rc;
}

/* The same on the simulator. */
static bool withdraw_here(struct coil__call *call)
{
    if (!coil_handle_cancel(&call->handle))
        return false;
    atomic_store(&call->job.state, COIL__JOB_CANCELLED);
    coil__pool_leave(call->pool);
    return true;
}

/* What the history says of it: this, and its state. */
enum { WITHDRAWN = 8 };

/* A replay finds that the call had begun, or was over: it will be delivered. */
static bool withdraw_late(struct coil__call *call, uint64_t history)
{
    atomic_store(&call->job.state, (int)(history & (WITHDRAWN - 1)));
    if (!(history & WITHDRAWN))
        return false;
    coil__mailbox_give_back(call->mailbox, &call->letter);
    coil__pool_leave(call->pool);
    return true;
}

static bool withdraw(struct coil__call *call)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil__backend *backend =
        loop && coil__call_is_of(call, loop) ? loop->backend : NULL;
    bool is_withdrawn;

    if (call->handle.call.scheduler)
        return withdraw_here(call);
    /* In a replay, a letter of a loop that is closed has been dropped. */
    if (call->letter.deliver == deliver_late)
        return backend &&
               withdraw_late(
                   call, coil__backend_arrived(backend, COIL__ARRIVAL_JOB, 0));
    is_withdrawn = coil__pool_withdraw(call->pool, &call->job);
    if (backend)
        coil__backend_arrived(backend, COIL__ARRIVAL_JOB,
                              (unsigned)atomic_load(&call->job.state) |
                                  (is_withdrawn ? WITHDRAWN : 0));
    return is_withdrawn;
}

int coil__call_cancel(struct coil__call *call)
{
    bool is_withdrawn = withdraw(call);
    int state = atomic_load(&call->job.state);

    if (is_withdrawn && call->holds_loop)
        coil__mailbox_unhold(call->mailbox);
    if (is_withdrawn)
        coil__call_release(call);
    return state;
}

/* Whether the drain has to wait. */
static bool begin_drain(struct coil_pool *pool, struct coil__call *drain,
                        struct coil__backend *backend)
{
    bool replays = coil__backend_replays(backend);
    bool waits = !replays && coil__pool_drain(pool, &drain->job);

    waits = coil__backend_arrived(backend, COIL__ARRIVAL_JOB, waits);
    if (waits && replays)
        coil__mailbox_post(drain->mailbox, &drain->letter, false);
    return waits;
}

int coil__call_drain(struct coil_pool *pool, struct coil__call *drain)
{
    struct coil_loop *loop = coil_loop_current();

    if (!prepare(pool, drain, loop))
        return -ENOMEM;
    coil__pool_retain(pool);
    if (begin_drain(pool, drain, loop->backend))
        return 1;
    coil__mailbox_deliver(drain->mailbox);
    coil__mailbox_release(drain->mailbox);
    coil__pool_release(pool);
    return 0;
}
