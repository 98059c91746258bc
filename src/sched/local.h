/* SPDX-License-Identifier: MIT */
/*
 * sched/local.h - the task-local values of what runs, and of what will run
 *
 * All that was set is one object, which is counted and, while it is shared, not
 * changed: whoever sets a value then gets a copy of his own.  NULL is the empty
 * one.  A task has one; so has the thread, for what runs outside of tasks.
 */
#ifndef COIL_SCHED_LOCAL_H
#define COIL_SCHED_LOCAL_H

#include <stdatomic.h>

#include <coil/local.h>

#include "sched/thread.h"

struct coil_locals;

/* Whether a value was ever set in this process: nobody else pays. */
extern atomic_bool coil__locals_used;

/* What the thread does when it ends. */
void coil__locals_forget(struct coil_thread *self);

struct coil_locals *coil__locals_share(void);
void coil__locals_release(struct coil_locals *locals);

/*
 * Let what follows see `locals`, of which it shares one; the result is for
 * coil__locals_put_back().
 */
struct coil_locals *coil__locals_swap(struct coil_locals *locals);
void coil__locals_put_back(struct coil_locals *before);

/*
 * What runs now is going to start something, which will see the values as they
 * are: they are returned, held once more.
 */
static inline struct coil_locals *coil__locals_capture(void)
{
    if (COIL_LIKELY(
            !atomic_load_explicit(&coil__locals_used, memory_order_relaxed)))
        return NULL;
    return coil__locals_share();
}

/* Give back what *at holds, if anything. */
static inline void coil__locals_drop(struct coil_locals **at)
{
    if (COIL_LIKELY(!*at))
        return;
    coil__locals_release(*at);
    *at = NULL;
}

/*
 * Outside of tasks: let what follows run with the values that *at holds, which
 * are moved out of it.  The result is for coil__locals_leave().
 */
static inline struct coil_locals *coil__locals_enter(struct coil_locals **at)
{
    struct coil_thread *self = coil__thread();
    struct coil_locals *before = self->locals;

    self->locals = *at;
    *at = NULL;
    if (COIL_UNLIKELY(self->locals))
        self->forget_locals = coil__locals_forget;
    return before;
}

static inline void coil__locals_leave(struct coil_locals *before)
{
    struct coil_thread *self = coil__thread();

    coil__locals_drop(&self->locals);
    self->locals = before;
}

#endif
