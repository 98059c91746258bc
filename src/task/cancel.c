/* SPDX-License-Identifier: MIT */
#include "task/cancel.h"

#include <errno.h>

#include "sched/foreign.h"
#include "sched/wait.h"
#include "task/task_record.h"

/* Set co->running.interrupt as the requests of `task` demand. */
static void refresh(struct coil_task *task)
{
    bool untold = task->user_untold > 0;

    for (struct coil_cancel_request *r = task->requests; r; r = r->next)
        untold = untold || !r->told;
    task->co.running.interrupt = untold ? -ECANCELED : 0;
}

static void count_request(struct coil_task *task)
{
    task->user_requests++;
    task->user_untold++;
    task->co.running.interrupt = -ECANCELED;
    coil__task_record_cancel(task);
}

static struct coil_task *awaited_by(const struct coil_task *task)
{
    return coil__waiter_awaits(task->co.parked);
}

/*
 * Whether the chain of awaits that begins at `task` is a cycle.  A chain that
 * is longer than the number of tasks contains one of them twice.
 */
static bool awaits_for_ever(const struct coil_task *task)
{
    size_t links = task->co.scheduler->task_count;

    while ((task = awaited_by(task))) {
        if (links-- == 0)
            return true;
    }
    return false;
}

/*
 * Let the request take effect.  A task that awaits another task passes the
 * request on, to the end of the chain.  Chains can be long, so this is a loop
 * and not a recursion.  A cycle is cut at `task`.
 */
static void interrupt(struct coil_task *task)
{
    struct coil_task *inner;

    if (awaits_for_ever(task)) {
        coil__decide(task->co.parked, -ECANCELED);
        return;
    }
    while ((inner = awaited_by(task))) {
        coil__cancel_tell_all(task);
        count_request(inner);
        task = inner;
    }
    coil__wait_interrupt(&task->co);
}

bool coil_task_cancel(struct coil_task *task)
{
    if (task->co.scheduler)
        coil__scheduler_check(task->co.scheduler, __func__);
    if (task->future.done)
        task->future.retrieved = true;
    if (task->future.done || task->co.state == COIL_COROUTINE_DONE)
        return false;
    count_request(task);
    interrupt(task);
    return true;
}

/* ---- all tasks ------------------------------------------------------------ */

/* The task of `s` that `task` awaits. */
static struct coil_task *awaited_in(const struct coil_scheduler *s,
                                    const struct coil_task *task)
{
    struct coil_task *inner = awaited_by(task);

    return inner && inner->co.scheduler == s ? inner : NULL;
}

/* The first waiter, from `w` on, of a task of `s` that passes requests on. */
static struct coil_waiter *who_passes_on(const struct coil_scheduler *s,
                                         struct coil_waiter *w)
{
    while (w &&
           (!w->co->task || w->co->scheduler != s || !coil__waiter_awaits(w)))
        w = coil__waitq_next(w);
    return w;
}

/*
 * `last` is interrupted.  So every task above `last` in the chain of awaits has
 * passed its own request on: tell them all.
 */
static void mark_passed_on(const struct coil_scheduler *s,
                           struct coil_task *last)
{
    struct coil_task *task = last;

    for (;;) {
        struct coil_waiter *w =
            who_passes_on(s, coil__waitq_first(&task->future.waiters));

        while (!w && task != last) {
            struct coil_waiter *self = task->co.parked;

            w = who_passes_on(s, coil__waitq_next(self));
            task = coil__waiter_awaits(self);
        }
        if (!w)
            return;
        task = w->co->task;
        coil__cancel_tell_all(task);
    }
}

/*
 * Like coil_task_cancel() of every task.  To pass every request down its whole
 * chain of awaits would take quadratic time.  All tasks are cancelled anyway,
 * so only the last task of each chain is interrupted.  A cycle has no last
 * task: there every task is.
 */
void coil__cancel_all(struct coil_scheduler *s)
{
    for (struct coil_task *t = coil__task_first(s); t; t = coil__task_next(t))
        count_request(t);
    for (struct coil_task *t = coil__task_first(s); t; t = coil__task_next(t)) {
        if (!awaited_in(s, t))
            mark_passed_on(s, t);
    }
    for (struct coil_task *t = coil__task_first(s); t; t = coil__task_next(t)) {
        if (!t->co.running.interrupt)
            continue;
        if (awaited_in(s, t))
            coil__decide(t->co.parked, -ECANCELED);
        else
            interrupt(t);
    }
}

/* ---- counting ------------------------------------------------------------- */

unsigned coil_task_cancelling(const struct coil_task *task)
{
    unsigned n = task->user_requests;

    for (struct coil_cancel_request *r = task->requests; r; r = r->next)
        n++;
    return n;
}

unsigned coil_task_uncancel(struct coil_task *task)
{
    if (task->user_requests > 0 && !task->future.done) {
        task->user_requests--;
        if (task->user_untold > task->user_requests)
            task->user_untold = task->user_requests;
        refresh(task);
    }
    return coil_task_cancelling(task);
}

void coil__cancel_request(struct coil_task *task,
                          struct coil_cancel_request *request,
                          enum coil_cancel_origin origin)
{
    if (task->future.done)
        return;
    request->made = true;
    request->told = false;
    request->origin = (unsigned char)origin;
    request->next = task->requests;
    task->requests = request;
    task->co.running.interrupt = -ECANCELED;
    coil__task_record_cancel(task);
    interrupt(task);
}

void coil__cancel_withdraw(struct coil_task *task,
                           struct coil_cancel_request *request)
{
    struct coil_cancel_request **link = &task->requests;

    if (!request->made)
        return;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    request->made = false;
    refresh(task);
}

/* Requests are told together, so the untold ones are the newest. */
const struct coil_cancel_request *
coil__cancel_newest_told(const struct coil_task *task)
{
    const struct coil_cancel_request *r = task->requests;

    while (r && !r->told)
        r = r->next;
    return r;
}

unsigned coil__cancel_user_told(const struct coil_task *task)
{
    return task->user_requests - task->user_untold;
}

unsigned coil__cancel_told(const struct coil_task *task)
{
    const struct coil_cancel_request *r = coil__cancel_newest_told(task);
    unsigned n = coil__cancel_user_told(task);

    for (; r; r = r->next)
        n++;
    return n;
}

void coil__cancel_tell_all(struct coil_task *task)
{
    task->user_untold = 0;
    for (struct coil_cancel_request *r = task->requests; r; r = r->next)
        r->told = true;
    task->co.running.interrupt = 0;
}

void coil__cancel_untell(struct coil_task *task,
                         const struct coil_cancel_request *newest,
                         unsigned user_requests)
{
    if (task->user_requests > user_requests)
        task->user_untold = task->user_requests - user_requests;
    for (struct coil_cancel_request *r = task->requests; r && r != newest;
         r = r->next)
        r->told = false;
    refresh(task);
}

/* ---- told once more ------------------------------------------------------- */

void coil_cancel_mark(struct coil_cancel_mark *mark)
{
    struct coil_coroutine *co = coil__thread()->current;
    struct coil_task *task = co ? co->task : NULL;

    *mark = (struct coil_cancel_mark){ .task = task };
    if (task) {
        mark->newest = coil__cancel_newest_told(task);
        mark->user = coil__cancel_user_told(task);
    }
}

void coil_cancel_put_back(const struct coil_cancel_mark *mark)
{
    if (mark->task)
        coil__cancel_untell(mark->task, mark->newest, mark->user);
}
