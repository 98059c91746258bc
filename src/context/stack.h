/* SPDX-License-Identifier: MIT */
/*
 * context/stack.h - stacks for coroutines, recycled
 *
 * Stacks are slots in large mappings.  A slot has a guard at its low end, and
 * the stack above it.  The size of a slot with a narrow guard is a power of two.
 * Memory is committed page by page as it is touched.
 *
 * The default slot has 64 KiB: the kernel needs a page for the addresses of 2
 * MiB, so 32 parked tasks share one.  A larger stack costs more of such pages.
 *
 * The first thousand stacks of a process have a wide guard, of 896 KiB.  Later
 * ones have a narrow guard, of 16 KiB below the default stack and of 64 KiB
 * below a larger one: who asks for more stack has larger frames.  Code that is
 * compiled without -fstack-clash-protection does not touch a large frame page
 * by page, so it can step over a narrow guard into the stack of another task.
 * Most programs have no more than a thousand tasks at a time, and wide guards
 * cost them little: a mapping each, of which there may be 65,530.  If the
 * address space is limited, all guards are narrow.
 *
 * The tops of stacks are staggered within their page.  Otherwise the tasks,
 * which lie there, would compete for the same few cache sets.
 *
 * A pool belongs to a thread.  A stack that another thread releases is put
 * aside until the owner takes it back.  If the owner has ended, whoever
 * releases the last stack frees the pool.  The stack that was released last is
 * reused first.  Released stacks keep their memory until coil__stack_trim()
 * finds many of them idle, or coil__stack_trim_old() finds them idle for long;
 * then those that were idle longest lose it.
 */
#ifndef COIL_CONTEXT_STACK_H
#define COIL_CONTEXT_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/platform.h"
#include "context/guard.h"
#include "context/slot.h"

/*
 * A sanitizer makes frames several times as large.  There all stacks are larger
 * by this factor, so that what fits without a sanitizer fits with one.
 */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
#define COIL_STACK_SCALE ((size_t)4)
#else
#define COIL_STACK_SCALE ((size_t)1)
#endif

#define COIL_STACK_DEFAULT (COIL_STACK_SCALE * ((size_t)48 << 10))
#define COIL_STACK_MAX ((size_t)1 << 30)

/* Returns NULL if there is no memory. */
struct coil_stack_pool *coil__stack_pool_new(void);

/* Unmap everything.  No stack may be in use. */
void coil__stack_pool_free(struct coil_stack_pool *pool);

/* The owner ends: free the pool as soon as no stack is in use any more. */
void coil__stack_pool_leave(struct coil_stack_pool *pool);

/*
 * Take a stack with at least `size` usable bytes.  0, -EINVAL, or the kernel's
 * error for a mapping or its guard: -ENOMEM; in a sandbox also -EPERM and
 * others.
 */
int coil__stack_acquire(struct coil_stack_pool *pool, size_t size,
                        struct coil_stack **out);

/* The same of a small stack: small_stack.h.  -EINVAL: none is that large. */
int coil__stack_acquire_small(struct coil_stack_pool *pool, size_t size,
                              struct coil_stack **out);

/*
 * Release a stack on which nothing runs any more.  `own` is the pool of this
 * thread, or NULL; the stack may belong to another pool.
 */
void coil__stack_release(struct coil_stack_pool *own, struct coil_stack *stack);

/* For the owner.  Stacks that other threads have released do not count. */
size_t coil__stack_in_use(struct coil_stack_pool *pool);

/* How many stacks a pool has.  For the owner, of what is there at the moment. */
struct coil_stack_counts {
    size_t in_use; /* small ones included, and what others have released */
    size_t idle;   /* released, and small ones are not counted */
};
struct coil_stack_counts coil__stack_count(const struct coil_stack_pool *pool);

/*
 * If very many stacks are idle, give the memory of some back to the system.  To
 * be called when there is nothing else to do.
 */
void coil__stack_trim(struct coil_stack_pool *pool);

/*
 * Say which period it is now: by their numbers it is known how long stacks have
 * been idle.  A second is a good length.
 */
void coil__stack_begin_period(struct coil_stack_pool *pool, unsigned period);

/*
 * Give back the memory of stacks that have been idle for more than a period, but
 * for a few.  It is `period` now.  To be called when there is nothing else to
 * do.  Returns when to call again: 0: never, until more have been released; 1:
 * in the next period; 2: at once, as this call has done enough.
 */
int coil__stack_trim_old(struct coil_stack_pool *pool, unsigned period);

/* Whether `address` lies in the guard of `stack`. */
bool coil__stack_in_guard(const struct coil_stack *stack, const void *address);

#endif
