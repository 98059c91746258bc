/* SPDX-License-Identifier: MIT */
/*
 * core/thread.h - what each thread knows: who runs, and on which loop
 *
 * Coroutines never change their thread, so a pointer to this may be kept across
 * a switch.
 */
#ifndef COIL_CORE_THREAD_H
#define COIL_CORE_THREAD_H

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
     * Where a loop runs that runs in a coroutine of another; NULL: on `main`.
     */
    struct coil_context *base;
    /* The loop that ran here when the parent forked this process, as one. */
    struct coil_scheduler *forked;
    struct coil_stack_pool *stacks;
    /*
     * Has ended, but its stack was still being run on: it is released when
     * somebody else runs, at the latest before the next stack is needed.
     */
    struct coil_coroutine *ended;
    struct coil_locals *locals; /* of what runs outside of tasks: local.h */
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

/* Give all stacks back to the system if none is in use. */
void coil__thread_free_stacks(void);

#endif
