/* SPDX-License-Identifier: MIT */
/*
 * context/stack_pool.h - how a pool keeps its stacks: stack.c
 *
 * coil/introspection.h has the offsets, so that other processes find the stacks.
 */
#ifndef COIL_CONTEXT_STACK_POOL_H
#define COIL_CONTEXT_STACK_POOL_H

#include <stdatomic.h>
#include <stddef.h>

#include "context/guard.h"
#include "context/slot.h"
#include "context/small_stack.h"

enum { COIL_STACK_CLASSES = 16 }; /* up to 2 GiB */

struct coil_stack_slab {
    struct coil_stack_slab *next;
    char *base;
    size_t size;
    size_t guard; /* of each slot */
    size_t count;
    size_t guarded; /* slots that have their guard */
    size_t carved;  /* … and those that were given out */
    struct coil_stack stacks[];
};

struct coil_stack_class {
    struct coil_stack *warm;   /* the last released first */
    struct coil_stack *oldest; /* the last in `warm`; valid if there is one */
    struct coil_stack *cold;
    size_t warm_count;
    struct coil_stack_slab *slabs; /* the first may have slots left to carve */
    size_t slab_count;             /* slots of the next slab */
};

struct coil_stack_pool {
    struct coil_stack_class classes[COIL_STACK_CLASSES];
    unsigned class_count; /* all beyond have never had a stack */
    struct coil_small_stacks small;
    size_t in_use;       /* including those in `returned` */
    size_t small_in_use; /* … and these among them are small */
    size_t carved;       /* all that are not small */
    unsigned period;
    struct coil_guard_ways ways;
    /* What other threads have released; or `no_owner`. */
    _Atomic(struct coil_stack *) returned;
    atomic_size_t left_behind; /* in use when the owner ended */
};

#endif
