/* SPDX-License-Identifier: MIT */
/*
 * handle.c - arranged calls: soon, at a time, from another thread
 */
#include "loop/handle.h"

#include <errno.h>

#include "base/platform.h"
#include "task/future.h"
#include "sched/local.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "sched/scheduler.h"

/* States of a handle.  Zeroed is IDLE. */
enum { IDLE, READY, ARMED, POSTED };

/* The handle belongs to the caller again. */
static void take_back(struct coil_handle *handle)
{
    coil__locals_drop(&handle->locals);
    handle->state = IDLE;
}

static void run_handle(struct coil_runnable *runnable)
{
    struct coil_handle *handle =
        coil__container_of(runnable, struct coil_handle, runnable);
    struct coil_locals *before = coil__locals_enter(&handle->locals);

    handle->state = IDLE;
    handle->fn(handle->arg);
    coil__locals_leave(before);
}

static void make_ready(struct coil_handle *handle)
{
    handle->state = READY;
    handle->turn = handle->loop->scheduler.turn;
    handle->runnable.run = run_handle;
    coil__scheduler_append(&handle->loop->scheduler, &handle->runnable);
}

static void set(struct coil_handle *handle, struct coil_loop *loop,
                coil_callback_fn fn, void *arg)
{
    handle->loop = loop;
    handle->fn = fn;
    handle->arg = arg;
}

int coil_loop_call_soon(struct coil_loop *loop, struct coil_handle *handle,
                        coil_callback_fn fn, void *arg)
{
    coil__loop_check(loop, __func__);
    if (handle->state != IDLE)
        return -EBUSY;
    set(handle, loop, fn, arg);
    handle->locals = coil__locals_capture();
    make_ready(handle);
    return 0;
}

void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg)
{
    set(handle, loop, fn, arg);
    handle->when = when;
    handle->state = ARMED;
    coil__timers_add(&loop->timers, handle);
}

int coil_loop_call_at(struct coil_loop *loop, struct coil_handle *handle,
                      coil_time when, coil_callback_fn fn, void *arg)
{
    coil__loop_check(loop, __func__);
    if (handle->state != IDLE)
        return -EBUSY;
    coil__loop_arm(loop, handle, when, fn, arg);
    handle->locals = coil__locals_capture();
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
    if (handle->state != IDLE)
        coil__loop_check(handle->loop, __func__);
    if (handle->state == READY)
        coil__scheduler_withdraw(&handle->loop->scheduler, &handle->runnable,
                                 handle->turn);
    else if (handle->state == ARMED)
        coil__timers_remove(&handle->loop->timers, handle);
    else
        return false;
    take_back(handle);
    return true;
}

coil_time coil_handle_when(const struct coil_handle *handle)
{
    return handle->when;
}

void coil__loop_fire_timers(struct coil_loop *loop)
{
    struct coil_handle *first = coil__timers_first(&loop->timers);

    loop->scheduler.looked = coil__loop_now(loop);
    while (first && first->when <= loop->scheduler.looked) {
        coil__timers_remove(&loop->timers, first);
        make_ready(first);
        first = coil__timers_first(&loop->timers);
    }
}

/* ---- from other threads --------------------------------------------------- */

int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg)
{
    struct coil_handle *newest =
        atomic_load_explicit(&loop->inbox, memory_order_relaxed);

    if (handle->state != IDLE)
        return -EBUSY;
    set(handle, loop, fn, arg);
    handle->locals = coil__locals_capture();
    handle->state = POSTED;
    do
        handle->child = newest;
    while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &newest, handle,
                                                  memory_order_acq_rel,
                                                  memory_order_relaxed));
    /* Whoever finds the inbox empty wakes the loop, which takes all handles. */
    if (!newest)
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

void coil__loop_empty_inbox(struct coil_loop *loop)
{
    struct coil_handle *newest;
    struct coil_handle *oldest = NULL;

    if (!atomic_load_explicit(&loop->inbox, memory_order_relaxed))
        return;
    newest = atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    while (newest) {
        struct coil_handle *next = newest->child;

        newest->child = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct coil_handle *next = oldest->child;

        make_ready(oldest);
        oldest = next;
    }
}

/* ---- the end -------------------------------------------------------------- */

void coil__loop_drop_handles(struct coil_loop *loop)
{
    struct coil_runnable *r;

    coil__loop_empty_inbox(loop);
    while ((r = coil__scheduler_pop(&loop->scheduler))) {
        if (r->run == run_handle)
            take_back(coil__container_of(r, struct coil_handle, runnable));
        else
            coil__future_forget_call(r);
    }
}
