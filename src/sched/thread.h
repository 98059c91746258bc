/* SPDX-License-Identifier: MIT */
/*
 * sched/thread.h - what each thread knows: who runs, and on which loop
 *
 * A coroutine never changes its thread, so a pointer to this struct stays valid
 * across a switch.
 */
#ifndef COIL_SCHED_THREAD_H
#define COIL_SCHED_THREAD_H

#include <coil/scheduler.h>

#include "base/platform.h"
#include "context/context.h"
#include "context/stack.h"

struct coil_locals;
struct coil_small_use;

/* Whether small stacks may be used in a thread. */
enum coil_small { COIL_SMALL_UNKNOWN, COIL_SMALL_YES, COIL_SMALL_NO };

struct coil_thread {
    struct coil_coroutine *current; /* first: headers read it */
    struct coil_scheduler *scheduler;
    struct coil_context main; /* the thread's own stack */
    /*
     * While a guest loop runs inside another loop's coroutine: that coroutine's
     * context, to which the guest's tasks return.  NULL: they return to `main`.
     */
    struct coil_context *base;
    /* In a child of fork(): the loop that the parent ran in this thread. */
    struct coil_scheduler *forked;
    struct coil_stack_pool *stacks;
    /*
     * A coroutine has ended, but its stack was still in use.  The stack is
     * released when something else runs, at the latest before the next stack is
     * needed.  The context lies on that stack.
     */
    struct coil_context *ended;
    struct coil_stack *ended_stack;
    struct coil_locals *locals;        /* outside of tasks: sched/local.h */
    struct coil_small_use *small_uses; /* how much was used: sched/small.c */
    enum coil_small small;
    /* Called when the thread ends.  NULL: there is nothing to do. */
    void (*lose_loop)(struct coil_thread *self);
    void (*forget_locals)(struct coil_thread *self);
    void (*forget_small)(struct coil_thread *self);
};

_Static_assert(offsetof(struct coil_thread, current) == 0,
               "coil/running.h reads the first member of a thread");

COIL_API extern _Thread_local struct coil_thread coil_this_thread;

static inline struct coil_thread *coil__thread(void)
{
    return &coil_this_thread;
}

/* The thread's pool of stacks, made at the first call.  NULL: no memory. */
struct coil_stack_pool *coil__thread_new_stacks(void);
static inline struct coil_stack_pool *coil__thread_stacks(void)
{
    struct coil_thread *self = coil__thread();

    return COIL_LIKELY(self->stacks) ? self->stacks : coil__thread_new_stacks();
}

/* Arrange that the thread gives back what it keeps when it ends. */
void coil__thread_watch_exit(void);

/* Release the stack of a coroutine that has ended. */
void coil__thread_release(struct coil_thread *self,
                          struct coil_context *context,
                          struct coil_stack *stack);

/* The same, but only when nobody runs on the stack any more (`ended_stack`). */
void coil__thread_bury(struct coil_thread *self, struct coil_context *context,
                       struct coil_stack *stack);

/* Release `ended_stack`, if there is one. */
static inline void coil__thread_reap(struct coil_thread *self)
{
    struct coil_context *ended = self->ended;

    self->ended = NULL;
    if (ended)
        coil__thread_release(self, ended, self->ended_stack);
}

/* Give all stacks back to the system if none is in use. */
void coil__thread_free_stacks(void);

#endif
