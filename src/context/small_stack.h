/* SPDX-License-Identifier: MIT */
/*
 * context/small_stack.h - stacks of one or two KiB, several to a page
 *
 * A small stack has no guard.  Below it lies the next one, with a task of its
 * own at the top.  The canary at the low end of each slot is looked at whenever
 * the stack is left: context.h.
 *
 * Slots lie in slabs of 256 KiB, with a guard at the low end of the slab.  A
 * slab is full, has room, or is idle: then no slot of it is in use.  Idle slabs
 * go back to the system as a whole, since a page belongs to several slots.
 */
#ifndef COIL_CONTEXT_SMALL_STACK_H
#define COIL_CONTEXT_SMALL_STACK_H

#include <stddef.h>

#include <coil/list.h>

#include "context/guard.h"
#include "context/slot.h"

enum { COIL_SMALL_CLASSES = 2 };

/* A slot's `slab` leads here. */
struct coil_small_slab {
    struct coil_link link; /* first; in a list of its class */
    char *base;
    struct coil_stack *released;
    unsigned count;
    unsigned carved;
    unsigned in_use;
    unsigned period; /* while idle: when it became so */
    struct coil_stack stacks[];
};

struct coil_small_class {
    struct coil_list full;
    struct coil_list open;
    struct coil_list idle; /* the one that has been idle longest first */
    size_t idle_count;
};

struct coil_small_stacks {
    struct coil_small_class classes[COIL_SMALL_CLASSES];
};

/*
 * Take a stack with at least `size` usable bytes, for `pool`.  0; -EINVAL: no
 * small stack is that large; or the kernel's error, as of coil__stack_acquire().
 */
int coil__small_take(struct coil_small_stacks *all,
                     struct coil_stack_pool *pool, size_t size,
                     struct coil_guard_ways *ways, struct coil_stack **out);

/* Put one back.  `period` is the number of the one that it is now. */
void coil__small_put(struct coil_small_stacks *all, struct coil_stack *stack,
                     unsigned period);

/* As coil__stack_trim() and coil__stack_trim_old(), of whole slabs. */
void coil__small_trim(struct coil_small_stacks *all);
int coil__small_trim_old(struct coil_small_stacks *all, unsigned period);

/* Unmap everything. */
void coil__small_fini(struct coil_small_stacks *all);

#endif
