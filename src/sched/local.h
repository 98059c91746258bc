/* SPDX-License-Identifier: MIT */
/*
 * sched/local.h - the task-local values of what runs, and of what will run
 *
 * All values that are set together are one object with a reference count.  A
 * shared object is never changed: whoever sets a value then gets a copy.  NULL
 * is the empty object.  Every task has one object, and the thread has one for
 * callbacks and other code outside of tasks.
 */
#ifndef COIL_SCHED_LOCAL_H
#define COIL_SCHED_LOCAL_H

#include <stdatomic.h>

#include <coil/local.h>

#include "sched/thread.h"

struct coil_locals;

/* Whether this process has ever set a value.  Before, locals cost nothing. */
extern atomic_bool coil__locals_used;

/* Called when the thread ends: release its values. */
void coil__locals_forget(struct coil_thread *self);

struct coil_locals *coil__locals_share(void);
void coil__locals_release(struct coil_locals *locals);

/*
 * Make `locals` the current values, and take a reference to them.  The result
 * is for coil__locals_put_back().
 */
struct coil_locals *coil__locals_swap(struct coil_locals *locals);
void coil__locals_put_back(struct coil_locals *before);

/* The current values, retained, for something that will run later. */
static inline struct coil_locals *coil__locals_capture(void)
{
    if (COIL_LIKELY(
            !atomic_load_explicit(&coil__locals_used, memory_order_relaxed)))
        return NULL;
    return coil__locals_share();
}

/* Release what *at refers to, if anything, and set *at to NULL. */
static inline void coil__locals_drop(struct coil_locals **at)
{
    if (COIL_LIKELY(!*at))
        return;
    coil__locals_release(*at);
    *at = NULL;
}

/*
 * Outside of tasks: make the values at *at the current ones.  The reference
 * moves with them, and *at becomes NULL.  The result is for
 * coil__locals_leave().
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
