/* SPDX-License-Identifier: MIT */
/*
 * future_await.c - wait for a future or for a task
 */
#include <errno.h>

#include "base/platform.h"
#include "task/cancel.h"
#include "sched/coroutine.h"
#include "task/future.h"
#include "task/task.h"
#include "sched/sink.h"
#include "sched/thread.h"
#include "sched/wait.h"

static const struct coil_wait_reason reason_future = {
    .name = "future",
    .reach = sizeof(struct coil_waiter),
};

/* The task that `waiter` awaits: it gets the waiter's requests. */
static struct coil_task *awaited(const struct coil_waiter *waiter)
{
    return coil__task_of(
        coil__container_of(waiter->queue, struct coil_future, waiters));
}

static const struct coil_wait_reason reason_task = {
    .name = "task",
    .needs = { .need = COIL_NEED_TASK },
    .passes_on = awaited,
    .reach = sizeof(struct coil_waiter),
};

/*
 * Pass the request to `future`; its end decides the wait.  A request for a task
 * that awaits a task is passed on by cancel.c instead.  If somebody drives this
 * coroutine by hand and throws an error in, the wait ends at once, as nobody
 * may be there to run what is awaited; then only -ECANCELED is passed on.
 */
static void cancel_awaited(struct coil_waiter *self)
{
    struct coil_future *future =
        coil__container_of(self->queue, struct coil_future, waiters);
    bool by_hand = !self->co->task;

    if (by_hand)
        coil__decide(self, -ECANCELED);
    if (!by_hand || self->co->running.interrupt == -ECANCELED)
        coil_future_cancel(future);
}

static const struct coil_misuse awaits_itself = {
    .message = "a task awaits itself, and would wait for ever",
    .error = -EDEADLK,
    .cure = "let another task await it",
};

static bool is_running_task(struct coil_future *future)
{
    return future->ops && &coil__task_of(future)->co == coil__thread()->current;
}

/* What the running task has been told of before it awaits another one. */
struct told {
    struct coil_task *task; /* NULL: nothing can be passed on */
    const struct coil_cancel_request *newest;
    unsigned user;
};

static struct told what_is_told(const struct coil_future *future)
{
    struct coil_task *task = coil_current_task();

    if (!future->ops || !task)
        return (struct told){ .task = NULL };
    return (struct told){ .task = task,
                          .newest = coil__cancel_newest_told(task),
                          .user = coil__cancel_user_told(task) };
}

/*
 * A request may be passed on to a task that is already at its end and is never
 * told of it.  Then the request comes back, and the next suspending call
 * reports it.
 */
static void take_back(const struct told *before, struct coil_future *future)
{
    if (before->task && coil__task_of(future)->ended_untold)
        coil__cancel_untell(before->task, before->newest, before->user);
}

/* `future` is not done. */
static int await_pending(struct coil_future *future, void **value)
{
    struct told before = what_is_told(future);
    struct coil_waiter self =
        COIL_WAITER(future->ops ? &reason_task : &reason_future, future);
    int rc;

    if (COIL_UNLIKELY(is_running_task(future))) {
        coil__report_misuse(&awaits_itself, NULL);
        return -EDEADLK;
    }
    self.cancel = cancel_awaited;
    self.order = coil__future_order_of_waiter(future);
    rc = coil__wait_inline(&future->waiters, &self);
    take_back(&before, future);
    /* An error that was thrown in by hand is returned as it is. */
    if (rc < 0 && rc != future->status)
        return rc;
    return coil_future_result(future, value);
}

int coil_future_await(struct coil_future *future, void **value)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    return future->done ? coil_future_result(future, value)
                        : await_pending(future, value);
}
