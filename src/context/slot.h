/* SPDX-License-Identifier: MIT */
/*
 * context/slot.h - one stack
 */
#ifndef COIL_CONTEXT_SLOT_H
#define COIL_CONTEXT_SLOT_H

#include <stdbool.h>

struct coil_stack_pool;
struct coil_small_slab;

/* A slot.  The struct lies outside, so that idle pages can be dropped. */
struct coil_stack {
    struct coil_stack *next;
    union {
        struct coil_stack *newer;     /* while idle: the next one released */
        struct coil_small_slab *slab; /* of a small one: where it belongs */
    };
    char *low; /* first usable byte, above the guard or the canary */
    char *top; /* one past the last */
    struct coil_stack_pool *pool;
    unsigned guard;  /* below `low`; of a small one: with all slots between */
    unsigned period; /* while idle: when it was released */
    unsigned char size_class;
    bool is_small; /* small_stack.h */
};

#endif
