/* SPDX-License-Identifier: MIT */
#include "task/future.h"

#include <errno.h>

#include "base/platform.h"
#include "sched/callback.h"
#include "sched/coroutine.h"
#include "sched/local.h"
#include "sched/scheduler.h"
#include "sched/sink.h"
#include "sched/thread.h"
#include "sched/wait.h"

/* Where a callback stands that is not due: in the list of its future. */
enum { REGISTERED = COIL__CALLBACK_ELSEWHERE, WATCHING };

/*
 * Callbacks and waiters share one order, though they stand in two lists.
 * `order` grows along each list.  A waiter precedes a callback with the same
 * `order`.
 */

/* ---- callbacks ------------------------------------------------------------ */

static struct coil_future_callback *callback_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_future_callback, link)
                : NULL;
}

static struct coil_waiter *last_waiter(const struct coil_future *future)
{
    return coil__waiter_of(future->waiters.tail);
}

/* An order after all who wait now. */
static unsigned order_of_callback(const struct coil_future *future)
{
    const struct coil_waiter *waiter = last_waiter(future);
    const struct coil_future_callback *cb = callback_of(future->callbacks.tail);
    unsigned order = waiter ? waiter->order : 0;

    return cb && cb->order > order ? cb->order : order;
}

unsigned coil__future_order_of_waiter(const struct coil_future *future)
{
    const struct coil_waiter *waiter = last_waiter(future);
    const struct coil_future_callback *cb = callback_of(future->callbacks.tail);
    unsigned order = waiter ? waiter->order : 0;

    return COIL_UNLIKELY(cb) && cb->order >= order ? cb->order + 1 : order;
}

static void link_callback(struct coil_future *future,
                          struct coil_future_callback *cb)
{
    cb->order = order_of_callback(future);
    coil__list_append(&future->callbacks, &cb->link);
}

static struct coil_future_callback *
first_callback(const struct coil_future *future)
{
    return callback_of(future->callbacks.head);
}

/*
 * The task that the due callback `cb` refers to, or NULL.  A due callback has a
 * reference to its task, which may have ended and have no other reference.  A
 * plain future may be gone by now.
 */
static struct coil_future *held_by(const struct coil_future_callback *cb)
{
    return cb->holds_task ? cb->future : NULL;
}

static void drop(struct coil_future *held)
{
    if (held)
        held->ops->drop(held);
}

static void tell(void *arg)
{
    struct coil_future_callback *cb = arg;
    struct coil_future *held = held_by(cb);

    cb->fn(cb->future, cb->arg);
    drop(held);
}

static void tell_nobody(struct coil_callback *call)
{
    drop(held_by(coil__container_of(call, struct coil_future_callback, call)));
}

static void make_due(struct coil_future_callback *cb)
{
    const struct coil_future_ops *ops = cb->future->ops;

    if (ops)
        ops->hold(cb->future);
    cb->holds_task = ops;
    coil__callback_make_due(&cb->call);
}

static COIL_NOINLINE void make_all_ready(struct coil_future *future)
{
    struct coil_list *waiters = &future->waiters;
    struct coil_future_callback *next;

    for (struct coil_future_callback *cb = first_callback(future); cb;
         cb = next) {
        next = callback_of(cb->link.next);
        if (cb->call.state == WATCHING)
            continue;
        while (waiters->head && coil__waitq_first(waiters)->order <= cb->order)
            coil__decide(coil__waitq_first(waiters), future->status);
        coil__list_remove(&future->callbacks, &cb->link);
        make_due(cb);
    }
    coil__wake_all(waiters, future->status);
}

/*
 * The watchers come last: in asyncio, whoever waits for many futures resumes
 * one turn later.
 */
static COIL_NOINLINE void tell_watchers(struct coil_future *future)
{
    struct coil_future_callback *cb;

    while ((cb = first_callback(future))) {
        coil__list_remove(&future->callbacks, &cb->link);
        cb->call.state = COIL__CALLBACK_IDLE;
        cb->fn(future, cb->arg);
    }
}

static void set_callback(struct coil_future_callback *cb,
                         struct coil_future *future, coil_future_fn fn,
                         void *arg)
{
    cb->future = future;
    cb->fn = fn;
    cb->arg = arg;
}

int coil_future_add_done_callback(struct coil_future *future,
                                  struct coil_future_callback *callback,
                                  coil_future_fn fn, void *arg)
{
    struct coil_scheduler *scheduler = coil__thread()->scheduler;

    if (!scheduler)
        return -EINVAL;
    if (callback->call.state != COIL__CALLBACK_IDLE)
        return -EBUSY;
    set_callback(callback, future, fn, arg);
    coil__callback_set(&callback->call, scheduler, tell, callback);
    callback->call.uncalled = tell_nobody;
    callback->call.locals = coil__locals_capture();
    if (future->done) {
        make_due(callback);
        return 0;
    }
    callback->call.state = REGISTERED;
    link_callback(future, callback);
    return 0;
}

bool coil_future_remove_done_callback(struct coil_future *future,
                                      struct coil_future_callback *callback)
{
    if (callback->call.state == COIL__CALLBACK_IDLE ||
        callback->future != future)
        return false;
    if (coil__callback_withdraw(&callback->call))
        return true;
    coil__list_remove(&future->callbacks, &callback->link);
    coil__callback_give_back(&callback->call);
    return true;
}

void coil__future_watch(struct coil_future *future,
                        struct coil_future_callback *callback,
                        coil_future_fn fn, void *arg)
{
    set_callback(callback, future, fn, arg);
    callback->call.state = WATCHING;
    link_callback(future, callback);
}

void coil__future_abandon(struct coil_future *future)
{
    struct coil_future_callback *cb;

    while ((cb = first_callback(future))) {
        coil__list_remove(&future->callbacks, &cb->link);
        coil__callback_give_back(&cb->call);
    }
}

/* ---- completion ----------------------------------------------------------- */

/* A task's error is judged at its last reference: somebody may still look. */
static bool is_lost(const struct coil_future *future, int status)
{
    return status < 0 && status != -ECANCELED && !future->ops &&
           !future->callbacks.head && coil__waitq_is_empty(&future->waiters);
}

static void tell_abandoned(struct coil_future *future, int error)
{
    struct coil_exception exception =
        coil__exception(COIL__ABANDONED, error, NULL);

    exception.future = future;
    coil__sink_tell_unseen(&exception);
}

void coil__future_complete(struct coil_future *future, int status, void *value)
{
    bool lost = COIL_UNLIKELY(future->abandoned) && is_lost(future, status);

    future->done = true;
    future->status = status;
    future->value = value;
    if (COIL_LIKELY(!future->callbacks.head)) {
        coil__wake_all(&future->waiters, status);
    } else {
        make_all_ready(future);
        tell_watchers(future);
    }
    if (COIL_UNLIKELY(lost))
        tell_abandoned(future, status);
}

void coil_future_init(struct coil_future *future)
{
    *future = (struct coil_future)COIL_FUTURE_INIT;
}

static int check_pending(const struct coil_future *future)
{
    if (future->ops)
        return -EPERM;
    return future->done ? -EALREADY : 0;
}

int coil_future_set_result(struct coil_future *future, void *value)
{
    int rc = check_pending(future);

    if (rc == 0)
        coil__future_complete(future, 0, value);
    return rc;
}

int coil_future_set_error(struct coil_future *future, int error)
{
    int rc = check_pending(future);

    if (error >= 0)
        return -EINVAL;
    if (rc == 0)
        coil__future_complete(future, error, NULL);
    return rc;
}

bool coil_future_cancel(struct coil_future *future)
{
    if (future->ops)
        return future->ops->cancel(future);
    if (future->done)
        return false;
    coil__future_complete(future, -ECANCELED, NULL);
    return true;
}

bool coil_future_is_done(const struct coil_future *future)
{
    return future->done;
}

bool coil_future_is_cancelled(const struct coil_future *future)
{
    return future->done && future->status == -ECANCELED;
}

int coil_future_result(struct coil_future *future, void **value)
{
    if (!future->done)
        return -EAGAIN;
    future->retrieved = true;
    if (value)
        *value = future->value;
    return future->status;
}
