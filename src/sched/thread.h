/* SPDX-License-Identifier: MIT */
/*
 * sched/thread.h - what each thread knows: who runs, and on which loop
 *
 * Coroutines never change their thread, so a pointer to this may be kept across
 * a switch.
 */
#ifndef COIL_SCHED_THREAD_H
#define COIL_SCHED_THREAD_H

#include <coil/scheduler.h>

#include "base/platform.h"
#include "context/context.h"
#include "context/stack.h"

struct coil_locals;

struct coil_thread {
    struct coil_coroutine *current;
    struct coil_scheduler *scheduler;
    struct coil_context main; /* the thread's own stack */
    /*
     * While a guest loop runs inside another loop's coroutine: that coroutine's
     * context, to which the guest's tasks return.  NULL: they return to `main`.
     */
    struct coil_context *base;
    /* The loop that ran here when the parent forked this process, as one. */
    struct coil_scheduler *forked;
    struct coil_stack_pool *stacks;
    /*
     * A coroutine has ended while its stack was still being run on.  The stack is
     * released when somebody else runs, at the latest before the next one is
     * needed.  The context lies on it.
     */
    struct coil_context *ended;
    struct coil_stack *ended_stack;
    struct coil_locals *locals; /* of what runs outside of tasks: local.h */
    /* Called when the thread ends; NULL: there is nothing to do. */
    void (*lose_loop)(struct coil_thread *self);
    void (*forget_locals)(struct coil_thread *self);
};

extern _Thread_local struct coil_thread coil__this_thread;

static inline struct coil_thread *coil__thread(void)
{
    return &coil__this_thread;
}

/* The thread's pool of stacks, made when first needed; NULL: no memory. */
struct coil_stack_pool *coil__thread_stacks(void);

/* Have what the thread keeps given back when it ends. */
void coil__thread_watch_exit(void);

/* Release the stack of a coroutine that has ended. */
void coil__thread_release(struct coil_thread *self,
                          struct coil_context *context,
                          struct coil_stack *stack);

/* The same as soon as nobody runs on it: see above. */
void coil__thread_bury(struct coil_thread *self, struct coil_context *context,
                       struct coil_stack *stack);

/* Release the stack that had to wait. */
void coil__thread_reap(struct coil_thread *self);

/* Give all stacks back to the system if none is in use. */
void coil__thread_free_stacks(void);

#endif
