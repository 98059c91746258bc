/* SPDX-License-Identifier: MIT */
/*
 * sched/waiter.h - who waits, for what, and whom that needs
 */
#ifndef COIL_SCHED_WAITER_H
#define COIL_SCHED_WAITER_H

#include <coil/base.h>
#include <coil/time.h>

#include "base/list.h"
#include "sched/coroutine.h"

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

/* A holder's id, which is at `item`.  What loops share is taken by any thread. */
static inline uint64_t coil__needs_holder(const void *item)
{
    return __atomic_load_n((const uint64_t *)item, __ATOMIC_RELAXED);
}

/* A kind of wait, described for reports.  Static, one per kind. */
struct coil_wait_reason {
    const char *name; /* "lock" */
    struct coil_needs needs;
    /*
     * The task that a waiter of this kind awaits.  A cancellation of the waiter
     * is passed on to that task.  NULL: there is none.
     */
    struct coil_task *(*passes_on)(const struct coil_waiter *waiter);
    bool is_shared;    /* the needed task may be of another loop */
    bool is_selection; /* the waiter is that of a struct coil_selection */
    /*
     * For coil-ps --leaks.  Unless 0, such a wait ends only through its object,
     * or by the end of a task that is needed: no time, no signal and no
     * descriptor ends it.  The number is the size of the record on the stack
     * that begins with the waiter.
     */
    uint32_t reach;
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

/*
 * The one wait of a coroutine that waits for several things.  It is a waiter in a
 * queue of its own, by which a cancellation finds it, and members in the queues of
 * the things.  While the coroutine asks for it (COIL__ASKS_SELECTION), whoever
 * decides for one of them, member or not, takes all the others out of their queues
 * (wait.c).  So there is one outcome: the index of the member, or what was decided
 * for the selection itself.  A thing learns nothing of a member that leaves; it
 * must not mind.
 */
struct coil_selection {
    struct coil_waiter waiter; /* first; the coroutine is parked here */
    struct coil_waiter **members;
    size_t count; /* of members; NULL: it is none */
};

#define COIL_WAITER(why, what)                                                 \
    {                                                                          \
        .reason = (why), .object = (what)                                      \
    }

#endif
