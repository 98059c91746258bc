/* SPDX-License-Identifier: MIT */
/*
 * combinators.c - one wait for many futures
 *
 * There is one waiter, in a queue of its own.  A record watches each future,
 * and the last future that is needed decides the wait.
 */
#include <coil/combinators.h>

#include <errno.h>
#include <stddef.h>

#include <coil/task.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "base/platform.h"
#include "sched/coroutine.h"
#include "task/future.h"
#include "loop/loop.h"
#include "task/task.h"
#include "sched/wait.h"
#include "loop/wait_until.h"

enum { RECORDS = 16 };

struct many {
    struct coil_waiter waiter; /* first */
    struct coil_list queue;
    struct coil_future *const *futures;
    size_t count;
    struct coil_future_callback *records;
    size_t left;     /* not done */
    int first_error; /* in the order of time */
    enum coil_wait_mode mode;
    bool cancellation_is_error;
    bool cancelled;
    bool is_cancelling;
    bool one_is_enough; /* or none: there is a limit of time */
};

static const struct coil_wait_reason reason_wait = {
    .name = "futures",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_ARRAY,
               .of_waiter = true,
               .items = offsetof(struct many, futures),
               .count = offsetof(struct many, count),
               .stride = sizeof(struct coil_future *),
               .any = offsetof(struct many, one_is_enough) },
    .reach = sizeof(struct many),
};

/* ---- watching ------------------------------------------------------------- */

static bool is_satisfied(const struct many *many)
{
    if (many->left == 0)
        return true;
    if (many->mode == COIL_FIRST_COMPLETED)
        return many->left < many->count;
    return many->mode == COIL_FIRST_EXCEPTION && many->first_error < 0 &&
           !many->cancelled;
}

static void count_done(struct many *many, const struct coil_future *future)
{
    bool is_error = future->status < 0 && (many->cancellation_is_error ||
                                           future->status != -ECANCELED);

    many->left--;
    if (is_error && many->first_error == 0)
        many->first_error = future->status;
}

/* The wait may be decided: more futures can be done before the task runs. */
static void end_wait(struct many *many)
{
    if (many->waiter.queue)
        coil__decide(&many->waiter, 0);
}

static void on_done(struct coil_future *future, void *arg)
{
    struct many *many = arg;

    count_done(many, future);
    if (is_satisfied(many))
        end_wait(many);
}

static void look_at_done(struct many *many)
{
    many->left = many->count;
    for (size_t i = 0; i < many->count; i++) {
        if (many->futures[i]->done)
            count_done(many, many->futures[i]);
    }
}

static void unwatch(struct many *many)
{
    for (size_t i = 0; i < many->count; i++)
        coil_future_remove_done_callback(many->futures[i], &many->records[i]);
}

/* Watch every future with its record, and wait.  The records are zeroed. */
static int watch(struct many *many, coil_time timeout)
{
    coil_time deadline =
        timeout == COIL_NEVER ? COIL_NEVER : coil_after(timeout);
    int rc;

    for (size_t i = 0; i < many->count; i++) {
        if (!many->futures[i]->done)
            coil__future_watch(many->futures[i], &many->records[i], on_done,
                               many);
    }
    rc = coil__wait_until(coil_loop_current(), &many->queue, &many->waiter,
                          deadline, 0);
    unwatch(many);
    return rc;
}

static int wait_many(struct many *many, coil_time timeout)
{
    struct coil_future_callback few[RECORDS] = { { .fn = NULL } };
    int rc;

    if (timeout != COIL_NEVER && !coil_loop_current())
        return -ENOTSUP;
    many->one_is_enough =
        many->mode == COIL_FIRST_COMPLETED || timeout != COIL_NEVER;
    if (many->count <= RECORDS) {
        many->records = few;
        return watch(many, timeout);
    }
    many->records = coil__alloc(many->count * sizeof many->records[0]);
    if (!many->records)
        return -ENOMEM;
    rc = watch(many, timeout);
    coil__free(many->records);
    return rc;
}

/* ---- wait ----------------------------------------------------------------- */

int coil_wait(struct coil_future *const *futures, size_t count,
              enum coil_wait_mode mode, coil_time timeout)
{
    struct many many = {
        .waiter = { .reason = &reason_wait, .object = futures },
        .futures = futures,
        .count = count,
        .mode = mode,
    };
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (count == 0 || (unsigned)mode > COIL_FIRST_EXCEPTION)
        return -EINVAL;
    look_at_done(&many);
    if (!is_satisfied(&many) && timeout > 0) {
        rc = wait_many(&many, timeout);
        if (rc < 0)
            return rc;
        look_at_done(&many);
    }
    return (int)(count - many.left);
}

/* ---- gather --------------------------------------------------------------- */

/*
 * Cancel all futures; the wait ends when the last of them has ended.  An error
 * that is thrown in by hand ends the wait at once, as in coil_future_await().
 */
static void cancel_gathered(struct coil_waiter *self)
{
    struct many *many = coil__container_of(self, struct many, waiter);

    if (self->co->task)
        coil__wait_told(self);
    else
        coil__decide(self, -ECANCELED);
    if (!self->co->task && self->co->running.interrupt != -ECANCELED)
        return;
    many->cancelled = true;
    /* A gathered task may itself await the task that gathers. */
    if (many->is_cancelling)
        return;
    many->is_cancelling = true;
    for (size_t i = 0; i < many->count; i++)
        coil_future_cancel(many->futures[i]);
    many->is_cancelling = false;
}

int coil_gather(struct coil_future *const *futures, size_t count,
                unsigned flags)
{
    bool errors_are_results = flags & COIL_GATHER_RETURN_ERRORS;
    struct many many = {
        .waiter = { .reason = &reason_wait,
                    .object = futures,
                    .cancel = cancel_gathered },
        .futures = futures,
        .count = count,
        .mode = errors_are_results ? COIL_ALL_COMPLETED : COIL_FIRST_EXCEPTION,
        .cancellation_is_error = true,
    };
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (flags & ~COIL_GATHER_RETURN_ERRORS)
        return -EINVAL;
    look_at_done(&many);
    if (!is_satisfied(&many)) {
        rc = wait_many(&many, COIL_NEVER);
        if (rc < 0)
            return rc;
    }
    if (many.cancelled) {
        /* This also tells of the requests that were made meanwhile. */
        rc = coil__checkpoint();
        return rc < 0 ? rc : -ECANCELED;
    }
    if (errors_are_results)
        return 0;
    for (size_t i = 0; i < count; i++)
        futures[i]->retrieved = true;
    return many.first_error;
}

/* ---- wait_for ------------------------------------------------------------- */

/* The timeout is 0: cancel the future if it is pending, and await it. */
static int wait_for_nothing(struct coil_future *future, void **value)
{
    struct coil_task *task = coil_current_task();
    unsigned cancelling = task ? coil_task_cancelling(task) : 0;
    int rc;

    coil_future_cancel(future);
    rc = coil_future_await(future, value);
    /* The waiting task itself may have been cancelled meanwhile. */
    if (!future->done || (task && coil_task_cancelling(task) > cancelling))
        return rc;
    return rc == -ECANCELED ? -ETIMEDOUT : rc;
}

int coil_wait_for(struct coil_future *future, coil_time timeout, void **value)
{
    struct coil_timeout limit;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (timeout == COIL_NEVER || future->done)
        return coil__keep_frame(coil_future_await(future, value));
    if (timeout <= 0)
        return wait_for_nothing(future, value);
    rc = coil_timeout_begin(&limit, timeout);
    if (rc < 0)
        return rc;
    rc = coil_future_await(future, value);
    return coil_timeout_end(&limit, rc);
}
