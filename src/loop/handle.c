/* SPDX-License-Identifier: MIT */
/*
 * handle.c - arranged calls: soon, at a time, from another thread
 */
#include "loop/handle.h"

#include <errno.h>

#include "base/platform.h"
#include "sched/foreign.h"
#include "sched/local.h"
#include "loop/registry.h"

int coil_loop_call_soon(struct coil_loop *loop, struct coil_handle *handle,
                        coil_callback_fn fn, void *arg)
{
    coil__loop_check(loop, __func__);
    if (handle->call.state != COIL__CALLBACK_IDLE)
        return -EBUSY;
    coil__callback_set(&handle->call, &loop->scheduler, fn, arg);
    handle->call.locals = coil__locals_capture();
    coil__callback_make_due(&handle->call);
    return 0;
}

void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg)
{
    coil__callback_set(&handle->call, &loop->scheduler, fn, arg);
    handle->when = when;
    handle->call.state = COIL__HANDLE_ARMED;
    if (when <= loop->scheduler.looked)
        loop->timers.may_be_due = true;
    coil__timers_add(&loop->timers, handle);
}

void coil__loop_arm_noted(struct coil_loop *loop, coil_time now)
{
    struct coil_handle *handle;

    while ((handle = coil__timers_take_noted(&loop->timers, now)))
        handle->call.state = COIL__HANDLE_ARMED;
}

int coil_loop_call_at(struct coil_loop *loop, struct coil_handle *handle,
                      coil_time when, coil_callback_fn fn, void *arg)
{
    coil__loop_check(loop, __func__);
    if (handle->call.state != COIL__CALLBACK_IDLE)
        return -EBUSY;
    coil__loop_arm(loop, handle, when, fn, arg);
    handle->call.locals = coil__locals_capture();
    return 0;
}

int coil_loop_call_later(struct coil_loop *loop, struct coil_handle *handle,
                         coil_time delay, coil_callback_fn fn, void *arg)
{
    coil_time when;

    coil__loop_check(loop, __func__);
    when = coil__time_add(coil__loop_now(loop), delay);
    return coil_loop_call_at(loop, handle, when, fn, arg);
}

bool coil_handle_cancel(struct coil_handle *handle)
{
    if (handle->call.state != COIL__CALLBACK_IDLE)
        coil__scheduler_check(handle->call.scheduler, __func__);
    if (handle->call.state == COIL__HANDLE_ARMED) {
        coil__timers_remove(&handle->call.scheduler->loop->timers, handle);
        coil__callback_give_back(&handle->call);
        return true;
    }
    if (coil__handle_is_noted(handle)) {
        coil__handle_strike(handle);
        return true;
    }
    return coil__callback_withdraw(&handle->call);
}

coil_time coil_handle_when(const struct coil_handle *handle)
{
    return handle->when;
}

void coil__loop_fire_timers(struct coil_loop *loop)
{
    struct coil_handle *first = coil__timers_first(&loop->timers);

    loop->timers.may_be_due = false;
    loop->scheduler.looked = coil__loop_now(loop);
    while (first && first->when <= loop->scheduler.looked) {
        coil__timers_remove(&loop->timers, first);
        coil__callback_make_due(&first->call);
        loop->counts.own_timers_fired++;
        first = coil__timers_first(&loop->timers);
    }
}

/* ---- from other threads --------------------------------------------------- */

/*
 * A loop that is awake looks into its inbox before it waits, so nobody wakes it.
 * The loop says that it is not awake, and then looks once more; who posts does so,
 * and then asks whether the loop is awake.  Of two such pairs, in the one order
 * that all threads see (seq_cst), one comes second: either the loop sees the
 * handle, or who has posted it sees that the loop must be woken.
 */
bool coil__loop_may_wait(struct coil_loop *loop)
{
    atomic_store(&loop->is_awake, false);
    return !atomic_load(&loop->inbox);
}

void coil__loop_stays_awake(struct coil_loop *loop)
{
    atomic_store_explicit(&loop->is_awake, true, memory_order_relaxed);
}

int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg)
{
    struct coil_handle *newest =
        atomic_load_explicit(&loop->inbox, memory_order_relaxed);

    if (handle->call.state != COIL__CALLBACK_IDLE)
        return -EBUSY;
    coil__callback_set(&handle->call, &loop->scheduler, fn, arg);
    handle->call.locals = coil__locals_capture();
    handle->call.state = COIL__HANDLE_POSTED;
    do
        handle->posted = newest;
    while (!atomic_compare_exchange_weak(&loop->inbox, &newest, handle));
    /* Whoever finds the inbox empty wakes the loop, which takes all handles. */
    if (!newest && !atomic_load(&loop->is_awake))
        loop->backend->ops->wake(loop->backend);
    return 0;
}

/*
 * The mutex is needed: once the call is in the inbox, the loop may run it, end
 * and be closed before this thread goes on.
 */
int coil_loop_call_soon_threadsafe(struct coil_loop *loop,
                                   struct coil_handle *handle,
                                   coil_callback_fn fn, void *arg)
{
    int rc = -ESHUTDOWN;

    coil__loops_lock();
    if (coil__loops_find(loop))
        rc = coil__loop_post(loop, handle, fn, arg);
    coil__loops_unlock();
    return rc;
}

/* What is in the inbox, the oldest first. */
static struct coil_handle *take_inbox(struct coil_loop *loop)
{
    struct coil_handle *newest =
        atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    struct coil_handle *oldest = NULL;

    while (newest) {
        struct coil_handle *next = newest->posted;

        newest->posted = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void make_due(struct coil_loop *loop, struct coil_handle *oldest)
{
    struct coil__backend *backend = loop->backend;

    while (oldest) {
        struct coil_handle *next = oldest->posted;

        coil__backend_arrived(backend, COIL__ARRIVAL_CALL,
                              oldest == loop->mail ? COIL__CALLER_MAILBOX
                                                   : COIL__CALLER_OTHER);
        coil__callback_make_due(&oldest->call);
        loop->counts.own_thread_calls++;
        oldest = next;
    }
    coil__backend_arrived(backend, COIL__ARRIVAL_CALL, COIL__CALLER_NONE);
}

/* The next call of another thread, which came here when it was recorded. */
static struct coil_handle *await_call(struct coil_loop *loop)
{
    struct coil__backend *backend = loop->backend;
    struct coil_handle *first;

    while (!loop->held_back && !(loop->held_back = take_inbox(loop)))
        if (coil__loop_may_wait(loop))
            backend->ops->await_wake(backend);
    coil__loop_stays_awake(loop);
    first = loop->held_back;
    loop->held_back = first->posted;
    return first;
}

/* What came at this place of the history. */
static void replay_inbox(struct coil_loop *loop)
{
    uint64_t caller;

    while ((caller = coil__backend_arrived(loop->backend, COIL__ARRIVAL_CALL,
                                           0)) != COIL__CALLER_NONE) {
        coil__callback_make_due(caller == COIL__CALLER_MAILBOX
                                    ? &loop->mail->call
                                    : &await_call(loop)->call);
        loop->counts.own_thread_calls++;
    }
}

void coil__loop_empty_inbox(struct coil_loop *loop)
{
    if (COIL_UNLIKELY(coil__backend_replays(loop->backend)))
        replay_inbox(loop);
    else if (COIL_UNLIKELY(loop->backend->ops->arrived) ||
             atomic_load_explicit(&loop->inbox, memory_order_relaxed))
        make_due(loop, take_inbox(loop));
}

void coil__loop_take_back(struct coil_loop *loop, struct coil_handle *handle)
{
    coil__loop_empty_inbox(loop);
    coil_handle_cancel(handle);
}

/* ---- the end -------------------------------------------------------------- */

void coil__loop_drop_handles(struct coil_loop *loop)
{
    coil__loop_empty_inbox(loop);
    while (loop->held_back) {
        struct coil_handle *next = loop->held_back->posted;

        coil__callback_make_due(&loop->held_back->call);
        loop->held_back = next;
    }
    coil__callbacks_drop(&loop->scheduler);
}
