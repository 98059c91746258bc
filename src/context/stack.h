/* SPDX-License-Identifier: MIT */
/*
 * context/stack.h - stacks for coroutines, recycled
 *
 * Stacks are carved out of large mappings, each a slot: a guard at the low end,
 * the stack above it; without the guard and 64 KiB its size is a power of two.
 * Memory is committed page by page as it is touched.
 *
 * The first thousand stacks of a process have a wide guard, of 896 KiB.  Code
 * that is compiled without -fstack-clash-protection does not touch a large frame
 * page by page, and would step over a narrow one, of 64 KiB, into the stack of
 * another task.  A wide guard is made with mprotect(), whatever its size at the
 * same cost, and is a mapping, of which there are not so many.  The others have a
 * narrow guard, made with MADV_GUARD_INSTALL where the kernel has it (Linux 6.13)
 * and allows it, which needs no mapping, so that a million stacks fit; otherwise
 * with mprotect() or mmap(), and the limit is vm.max_map_count / 2.  All are
 * narrow where the address space is limited.
 *
 * The tops of stacks are staggered within their page.  Whatever lies there (the
 * task) would else compete for the same few cache sets.
 *
 * A pool belongs to a thread.  What another thread releases is put aside until
 * the owner takes it back; if the owner has ended, whoever releases the last one
 * frees the pool.  Released stacks are reused last in, first out,
 * and keep their memory, until coil__stack_trim() finds many of them idle: it
 * takes those that were idle longest.
 */
#ifndef COIL_CONTEXT_STACK_H
#define COIL_CONTEXT_STACK_H

#include <stdbool.h>
#include <stddef.h>

#define COIL_STACK_DEFAULT ((size_t)192 << 10)
#define COIL_STACK_MAX ((size_t)1 << 30)
#define COIL_STACK_GUARD ((size_t)64 << 10)
#define COIL_STACK_GUARD_WIDE ((size_t)896 << 10)

/* A slot.  Kept outside of it, so that an idle stack's pages can be dropped. */
struct coil_stack {
    struct coil_stack *next;
    struct coil_stack *newer; /* while idle: the one released after it */
    char *low;                /* first usable byte, above the guard */
    char *top;                /* one past the last */
    struct coil_stack_pool *pool;
    unsigned guard; /* the size of the guard, below `low` */
    unsigned char size_class;
};

struct coil_stack_pool;

/* NULL if there is no memory. */
struct coil_stack_pool *coil__stack_pool_new(void);

/* Unmap everything.  No stack is in use. */
void coil__stack_pool_free(struct coil_stack_pool *pool);

/* The owner ends: free the pool as soon as no stack is in use any more. */
void coil__stack_pool_leave(struct coil_stack_pool *pool);

/*
 * A stack with at least `size` usable bytes.  0, -EINVAL, or what the kernel
 * says to a mapping or its guard: -ENOMEM; in a sandbox -EPERM and the like.
 */
int coil__stack_acquire(struct coil_stack_pool *pool, size_t size,
                        struct coil_stack **out);

/*
 * Nothing runs on it any more.  `own` is the pool of this thread, which may be
 * another than the stack's, or NULL.
 */
void coil__stack_release(struct coil_stack_pool *own, struct coil_stack *stack);

/* For the owner: those that others have released are not. */
size_t coil__stack_in_use(struct coil_stack_pool *pool);

/*
 * Give the memory of some idle stacks back to the system, when there are very
 * many.  Called when there is nothing else to do.
 */
void coil__stack_trim(struct coil_stack_pool *pool);

/* Whether `address` lies in the guard of `stack`. */
bool coil__stack_in_guard(const struct coil_stack *stack, const void *address);

#endif
