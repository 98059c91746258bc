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

struct coil_waiter;

/* What a waiting task needs another task for. */
enum coil_need {
    COIL_NEED_NONE,
    COIL_NEED_HOLDER, /* must release what is waited for */
    COIL_NEED_TASK,   /* must end */
    COIL_NEED_ALL,    /* must end, and so must the others */
    COIL_NEED_ANY,    /* this or one of the others must end */
};

/* How the tasks that a waiting task needs are kept. */
enum coil_needs_shape {
    COIL_NEEDS_ONE,   /* what is at `items`: a holder's id, or a future */
    COIL_NEEDS_ARRAY, /* `items` points to the first of `count` structs */
    COIL_NEEDS_LIST,  /* `items` is a struct coil_list of tasks */
};

/*
 * Which tasks a waiting task needs, and where they are found.  This is data, so
 * that a dump, coil-ps and gdb read the same description: the first from within
 * (task/needs.c), the others from outside (coil/introspection.h).  All members
 * have 32 bits.  An offset of 0 where there is nothing means that there is
 * none.
 */
struct coil_needs {
    uint32_t need; /* enum coil_need; COIL_NEED_NONE: no task is known */
    uint32_t shape;
    uint32_t of_waiter; /* `items` and `count` are offsets from the waiter,
                           else from its object */
    uint32_t items;
    uint32_t count;   /* of an array: where the number is, a size_t */
    uint32_t stride;  /* of an array: the size of one struct */
    uint32_t pointer; /* in that struct: where a pointer is */
    uint32_t watched; /* in that struct: a byte, 0 if it is left out */
    uint32_t link;    /* of a list: where the link is in what is listed */
    uint32_t future;  /* from what is pointed to, or listed, to its future */
    uint32_t any;     /* from the waiter: a byte; unless 0, one is enough */
};

/* A kind of wait, described for reports.  Static, one per kind. */
struct coil_wait_reason {
    const char *name; /* "lock" */
    struct coil_needs needs;
    /*
     * The task that a waiter of this kind awaits.  A cancellation of the waiter
     * is passed on to that task.  NULL: there is none.
     */
    struct coil_task *(*passes_on)(const struct coil_waiter *waiter);
    bool is_shared; /* the needed task may be of another loop */
};

/*
 * One waiting coroutine.  A primitive that hands a value over with the wake-up
 * embeds this struct in a larger one.
 */
struct coil_waiter {
    struct coil_link link;   /* first */
    struct coil_list *queue; /* NULL once the outcome is decided */
    struct coil_coroutine *co;
    const struct coil_wait_reason *reason;
    const void *object;
    /*
     * Called when the task is cancelled while it waits; NULL decides
     * -ECANCELED.  The function may decide something else, now or later.  If it
     * passes the request on to another task, it must call coil__wait_told().
     */
    void (*cancel)(struct coil_waiter *self);
    int outcome;     /* while it waits: its descriptor plus 1, or 0 */
    unsigned order;  /* among the callbacks of a future: future.c */
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
void coil__record_note(struct coil_coroutine *co, struct coil_waiter *self);

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
