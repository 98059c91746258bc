/* SPDX-License-Identifier: MIT */
/*
 * sched/wait.h - the one way to wait
 *
 * Every suspended coroutine sits in exactly one wait queue, as a coil_waiter
 * that lives on its own stack inside the call that suspended it.  Waiting
 * therefore allocates nothing and cannot fail for want of memory.
 *
 * A wait has exactly one outcome.  Whoever takes the waiter off its queue, a
 * waker or a cancellation, decides it, and nobody can change it afterwards.  So
 * a primitive hands ownership over together with the wake-up, and a woken task
 * has nothing left to check.  Until it runs, its waiter is valid.
 *
 * A suspending function is written:
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

struct coil_waiter;

/* How a waiting task needs another. */
enum coil_need {
    COIL_NEED_NONE,
    COIL_NEED_HOLDER, /* to release what it waits for */
    COIL_NEED_TASK,   /* to end */
    COIL_NEED_ALL,    /* to end, like others */
    COIL_NEED_ANY,    /* to end, or another */
};

/* What is waited for, for reports.  Static, one per kind of wait. */
struct coil_wait_reason {
    const char *name; /* "lock" */
    /*
     * Tell in `*id` which task `waiter` needs, one with each call; `*cursor` is
     * NULL at first and remembers.  COIL_NEED_NONE: there are no more.  Called
     * in signal handlers too.  May be NULL.
     */
    enum coil_need (*need)(const struct coil_waiter *waiter,
                           const void **cursor, uint64_t *id);
    /*
     * The task that a waiter of this kind awaits, to which a cancellation is
     * passed on.  NULL: there is none.
     */
    struct coil_task *(*passes_on)(const struct coil_waiter *waiter);
};

/*
 * One waiting coroutine.  A primitive that hands a value over with the wake-up
 * embeds this in a larger struct of its own.
 */
struct coil_waiter {
    struct coil_link link;   /* first */
    struct coil_list *queue; /* NULL once the outcome is decided */
    struct coil_coroutine *co;
    const struct coil_wait_reason *reason;
    const void *object;
    /*
     * Called when the task is cancelled while it waits; NULL decides
     * -ECANCELED.  It may decide otherwise, now or later.  If it passes the
     * request on to somebody else, it says so with coil__wait_told().
     */
    void (*cancel)(struct coil_waiter *self);
    int outcome;
    unsigned order;  /* among a future's callbacks: future.c */
    coil_time since; /* the loop's last look at the clock before the wait */
};

#define COIL_WAITER(why, what)                                                 \
    {                                                                          \
        .reason = (why), .object = (what)                                      \
    }

int coil__checkpoint_slow(void);

/*
 * The entry of every suspending function.  Returns the pending cancellation,
 * which is then told, or 0.  Stops the program outside of a coroutine.
 */
static inline int coil__checkpoint(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (COIL_UNLIKELY(!co || co->interrupt))
        return coil__checkpoint_slow();
    return 0;
}

/*
 * Wait at the end of `queue` until decided.  Returns the outcome.  Does not
 * look at a pending cancellation: coil__checkpoint() did.
 */
int coil__wait(struct coil_list *queue, struct coil_waiter *self)
    COIL_MUST_CHECK;

/* As `cancel`: a request stays pending and the wait goes on. */
void coil__wait_uninterrupted(struct coil_waiter *self);

/*
 * Take `waiter` off its queue and let its wait return `outcome`.  It runs in
 * its turn, not before this returns.
 */
void coil__decide(struct coil_waiter *waiter, int outcome);

/* Decide for the longest waiter.  Returns it, or NULL if nobody waits. */
struct coil_waiter *coil__wake_one(struct coil_list *queue, int outcome);

/* Decide for all who wait now, longest first. */
void coil__wake_all(struct coil_list *queue, int outcome);

/* Move a waiter that is not decided to the end of another queue. */
void coil__requeue(struct coil_waiter *waiter, struct coil_list *queue);

/*
 * From a `cancel` function: the request has been passed on, or will be the
 * outcome, and is not to be reported by the next suspending call as well.
 */
void coil__wait_told(struct coil_waiter *waiter);

/*
 * Cancellation, or an error thrown in, has come for `co`, whose `interrupt` is
 * set: end its wait if it waits and that is possible.
 */
void coil__wait_interrupt(struct coil_coroutine *co);

static inline bool coil__waitq_is_empty(const struct coil_list *queue)
{
    return !queue->head;
}

/* The waiter whose link that is, or NULL. */
static inline struct coil_waiter *coil__waiter_of(struct coil_link *link)
{
    return (struct coil_waiter *)(void *)link;
}

/* The longest waiter, and the one after `waiter`; NULL: there is none. */
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

/* Whom the coroutine that waits as `w` awaits; NULL: it does not wait for a task. */
static inline struct coil_task *coil__waiter_awaits(const struct coil_waiter *w)
{
    return w && w->queue && w->reason->passes_on ? w->reason->passes_on(w)
                                                 : NULL;
}

/* The id of the running task, 0 outside of tasks, and of a waiter's task. */
static inline uint64_t coil__running_id(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    return co ? co->id : 0;
}

static inline uint64_t coil__waiter_id(const struct coil_waiter *waiter)
{
    return waiter->co->id;
}

/* NULL if the links of `queue` are sound, else what is wrong.  For checks. */
const char *coil__waitq_check(const struct coil_list *queue);

#endif
