/* SPDX-License-Identifier: MIT */
/*
 * sched/wait.h - the one way to wait
 *
 * Every waiting coroutine stands in exactly one wait queue, as a coil_waiter
 * that lives on its own stack, inside the call that suspended it.  So waiting
 * allocates nothing and cannot fail for lack of memory.
 *
 * A wait has exactly one outcome.  Whoever takes the waiter out of its queue, a
 * waker or a cancellation, decides the outcome, and nobody can change it
 * afterwards.  So a primitive hands ownership over together with the wake-up,
 * and a woken task has nothing left to check.  The waiter stays valid until its
 * task runs.
 *
 * A suspending function is written like this:
 *
 *     int rc = coil__checkpoint();       // pending cancellation, not a task …
 *     if (rc < 0)
 *         return rc;
 *     if (nothing to wait for)
 *         return 0;
 *     struct coil_waiter self = COIL_WAITER(&reason, object);
 *     return coil__wait(&object->waiters, &self);
 */
#ifndef COIL_SCHED_WAIT_H
#define COIL_SCHED_WAIT_H

#include <coil/base.h>
#include <coil/time.h>

#include "base/list.h"
#include "sched/coroutine.h"
#include "sched/thread.h"
#include "sched/wait_record.h"
#include "sched/waiter.h"

int coil__checkpoint_slow(void);

/*
 * The entry of every suspending function.  Returns the pending cancellation,
 * which is then told, or 0.  Stops the program outside of a coroutine.
 */
static inline int coil__checkpoint(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (COIL_UNLIKELY(!co || co->running.interrupt))
        return coil__checkpoint_slow();
    return 0;
}

/*
 * Wait at the end of `queue` until the waiter is decided.  Returns the outcome.
 * The caller has called coil__checkpoint(); this function ignores a request
 * that is pending already.
 */
int coil__wait(struct coil_list *queue, struct coil_waiter *self)
    COIL_MUST_CHECK;

/* Let `waiter` stand at the end of `queue`. */
static inline void coil__waitq_append(struct coil_list *queue,
                                      struct coil_waiter *waiter)
{
    coil__list_append(queue, &waiter->link);
    waiter->queue = queue;
}

/* What `outcome` becomes if the coroutine is to be told of its interruption. */
int coil__wait_outcome(struct coil_coroutine *co, int outcome);

/*
 * The same as coil__wait(), for the functions that wait most often: after the
 * switch there is then one return, to the caller of the function, and not two
 * of which the processor has seen no calls.
 */
static COIL_ALWAYS_INLINE COIL_MUST_CHECK int
coil__wait_inline(struct coil_list *queue, struct coil_waiter *self)
{
    struct coil_coroutine *co = coil__thread()->current;

    self->co = co;
    coil__waitq_append(queue, self);
    co->parked = self;
    if (COIL_LIKELY(co->task)) {
        self->since = co->scheduler->looked;
        if (COIL_UNLIKELY(co->asks & COIL__ASKS_TO_NOTE))
            coil__record_note(co, self);
        coil__coroutine_suspend(co);
    } else {
        co->driver->wait(co, self);
    }
    co->parked = NULL;
    if (COIL_UNLIKELY(co->running.interrupt))
        return coil__wait_outcome(co, self->outcome);
    return self->outcome;
}

/* A `cancel` function: the wait goes on, and the request stays untold. */
void coil__wait_uninterrupted(struct coil_waiter *self);

/*
 * Take `waiter` out of its queue and let its wait return `outcome`.  The task
 * runs in its turn, after this function has returned.
 */
void coil__decide(struct coil_waiter *waiter, int outcome);

/* Decide for the first waiter, who has waited longest.  Returns it, or NULL. */
struct coil_waiter *coil__wake_one(struct coil_list *queue, int outcome);

/* Decide for all who wait now, in the order in which they came. */
void coil__wake_all(struct coil_list *queue, int outcome);

/* Move `waiter`, which is undecided, to the end of another queue. */
void coil__requeue(struct coil_waiter *waiter, struct coil_list *queue);

/*
 * To be called by a `cancel` function: the request has been passed on, or will
 * be the outcome.  So it is told, and the next suspending call does not return
 * it.
 */
void coil__wait_told(struct coil_waiter *waiter);

/*
 * `co` has been cancelled, or an error was thrown into it, and its `interrupt`
 * is set.  If it waits, end the wait if that is possible.
 */
void coil__wait_interrupt(struct coil_coroutine *co);

static inline bool coil__waitq_is_empty(const struct coil_list *queue)
{
    return !queue->head;
}

/* The waiter that contains `link`, or NULL. */
static inline struct coil_waiter *coil__waiter_of(struct coil_link *link)
{
    return (struct coil_waiter *)(void *)link;
}

/* The first waiter, and the one after `waiter`, or NULL. */
static inline struct coil_waiter *
coil__waitq_first(const struct coil_list *queue)
{
    return coil__waiter_of(queue->head);
}

static inline struct coil_waiter *
coil__waitq_next(const struct coil_waiter *waiter)
{
    return coil__waiter_of(waiter->link.next);
}

/* How many wait. */
static inline size_t coil__waitq_count(const struct coil_list *queue)
{
    size_t n = 0;

    for (const struct coil_link *link = queue->head; link; link = link->next)
        n++;
    return n;
}

/* The task that the waiter `w` awaits.  NULL: it waits for something else. */
static inline struct coil_task *coil__waiter_awaits(const struct coil_waiter *w)
{
    return w && w->queue && w->reason->passes_on ? w->reason->passes_on(w)
                                                 : NULL;
}

/* The id of the running task, or 0; and the id of a waiter's task. */
static inline uint64_t coil__running_id(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    return co ? co->running.id : 0;
}

static inline uint64_t coil__waiter_id(const struct coil_waiter *waiter)
{
    return waiter->co->running.id;
}

/* NULL if the links of `queue` are sound, else what is wrong.  For checks. */
const char *coil__waitq_check(const struct coil_list *queue);

#endif
