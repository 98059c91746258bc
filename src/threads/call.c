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

    rc = coil__backend_is_simulated(loop->backend)
             ? begin_here(call, loop)
             : coil__pool_begin(pool, &call->job);
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

int coil__call_cancel(struct coil__call *call)
{
    bool is_simulated = call->handle.call.scheduler;
    bool is_withdrawn = is_simulated
                            ? withdraw_here(call)
                            : coil__pool_withdraw(call->pool, &call->job);
    int state = atomic_load(&call->job.state);

    if (is_withdrawn && call->holds_loop)
        coil__mailbox_unhold(call->mailbox);
    if (is_withdrawn)
        coil__call_release(call);
    return state;
}

int coil__call_drain(struct coil_pool *pool, struct coil__call *drain)
{
    if (!prepare(pool, drain, coil_loop_current()))
        return -ENOMEM;
    coil__pool_retain(pool);
    if (coil__pool_drain(pool, &drain->job))
        return 1;
    coil__mailbox_deliver(drain->mailbox);
    coil__mailbox_release(drain->mailbox);
    coil__pool_release(pool);
    return 0;
}
