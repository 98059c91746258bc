/* SPDX-License-Identifier: MIT */
#include "sched/wait.h"

#include <errno.h>

#include "base/platform.h"
#include "sched/coroutine.h"
#include "sched/outside.h"
#include "sched/wait_record.h"
#include "sched/thread.h"

/* ---- the queue ------------------------------------------------------------ */

static void unlink_waiter(struct coil_waiter *w)
{
    coil__list_remove(w->queue, &w->link);
    w->queue = NULL;
}

/*
 * `decided` is a selection or a member of it, and has left its queue.  Take the
 * others out of theirs.
 */
static void leave_others(struct coil_coroutine *co,
                         const struct coil_waiter *decided)
{
    struct coil_selection *s =
        coil__container_of(co->parked, struct coil_selection, waiter);

    co->asks &= (unsigned char)~COIL__ASKS_SELECTION;
    for (size_t i = 0; i < s->count; i++) {
        struct coil_waiter *w = s->members[i];

        if (w == decided)
            s->waiter.outcome = (int)i;
        else if (w && w->queue)
            unlink_waiter(w);
    }
    if (s->waiter.queue)
        unlink_waiter(&s->waiter);
}

/* Somebody has to do with the wait besides: others, the driver, the recorder. */
static COIL_NOINLINE void wake_who_asks(const struct coil_waiter *w,
                                        int outcome)
{
    struct coil_coroutine *co = w->co;

    if (co->asks & COIL__ASKS_SELECTION)
        leave_others(co, w);
    if (co->asks & COIL__ASKS_WAKER)
        coil__record_woken(co, outcome);
    if (co->asks & COIL__ASKS_DRIVER)
        co->driver->woken(co, outcome);
    else
        coil__coroutine_ready(co);
}

static COIL_ALWAYS_INLINE void decide(struct coil_waiter *w, int outcome)
{
    struct coil_coroutine *co = w->co;

    unlink_waiter(w);
    w->outcome = outcome;
    if (COIL_LIKELY(!co->asks))
        coil__coroutine_ready(co);
    else
        wake_who_asks(w, outcome);
}

void coil__decide(struct coil_waiter *w, int outcome)
{
    decide(w, outcome);
}

struct coil_waiter *coil__wake_one(struct coil_list *queue, int outcome)
{
    struct coil_waiter *first = coil__waitq_first(queue);

    if (first)
        coil__decide(first, outcome);
    return first;
}

void coil__wake_all(struct coil_list *queue, int outcome)
{
    while (queue->head)
        decide(coil__waitq_first(queue), outcome);
}

void coil__requeue(struct coil_waiter *waiter, struct coil_list *queue)
{
    unlink_waiter(waiter);
    coil__waitq_append(queue, waiter);
}

const char *coil__waitq_check(const struct coil_list *queue)
{
    const struct coil_link *prev = NULL;

    for (const struct coil_waiter *w = coil__waitq_first(queue); w;
         w = coil__waitq_next(w)) {
        if (w->link.prev != prev)
            return "a wait queue's links disagree";
        if (w->queue != queue)
            return "a waiter stands in a queue that it does not know";
        if (w->co->parked != w && !(w->co->asks & COIL__ASKS_SELECTION))
            return "a queued waiter's coroutine waits for something else";
        prev = &w->link;
    }
    return queue->tail == prev ? NULL : "a wait queue's tail is wrong";
}

/* ---- interruption --------------------------------------------------------- */

/* The error that interrupts `co`.  `co` is told of it. */
static int take_interrupt(struct coil_coroutine *co)
{
    int rc = co->running.interrupt;

    if (co->driver->told)
        co->driver->told(co);
    co->running.interrupt = 0;
    return rc;
}

COIL_COLD int coil__checkpoint_slow(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (!co)
        coil__panic_outside();
    return take_interrupt(co);
}

void coil__wait_interrupt(struct coil_coroutine *co)
{
    struct coil_waiter *w = co->parked;
    struct coil_future *yielded = co->yielded;

    if (!w || !w->queue)
        return;
    /* The throw resumes the coroutine; the future must not do it as well. */
    co->yielded = NULL;
    if (w->cancel)
        w->cancel(w);
    else
        coil__decide(w, -ECANCELED);
    co->yielded = yielded;
}

void coil__wait_told(struct coil_waiter *waiter)
{
    take_interrupt(waiter->co);
}

void coil__wait_uninterrupted(struct coil_waiter *self)
{
    (void)self;
}

/* ---- waiting -------------------------------------------------------------- */

/*
 * Whether `outcome` tells the task of its interruption.  If a coroutine is
 * driven by hand, its wait returns the very error that was thrown in.
 */
static bool is_told(const struct coil_coroutine *co, int outcome)
{
    return outcome == -ECANCELED ||
           (!co->task && outcome == co->running.interrupt);
}

COIL_COLD int coil__wait_outcome(struct coil_coroutine *co, int outcome)
{
    return is_told(co, outcome) ? take_interrupt(co) : outcome;
}

int coil__wait(struct coil_list *queue, struct coil_waiter *self)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (co->task && coil__recorder_of(co->scheduler))
        coil__record_wait(co, self);
    return coil__wait_inline(queue, self);
}
