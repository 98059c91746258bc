/* SPDX-License-Identifier: MIT */
/*
 * slots.h - where the stacks of all coroutines lie, in use or not
 *
 * A pool keeps its stacks in arrays (src/context/stack_pool.h), so all of many are
 * found with few reads.
 */
#ifndef COIL_INSPECT_SLOTS_H
#define COIL_INSPECT_SLOTS_H

#include "target.h"

enum { SLOT_NO_TASK = -1 };

struct slot {
    uintptr_t low, top;
    uintptr_t stack; /* where it is described */
    long task;       /* whose it is, as whoever looks for tasks numbers them */
    bool is_met;     /* for whoever marks */
};

/* Slots at equal distances. */
struct slab {
    uintptr_t from, to;  /* with the guard of the first */
    uintptr_t first_low; /* without it */
    size_t stride;
    size_t first, count; /* among all slots */
};

struct slots {
    struct slot *all;
    size_t count, capacity;
    struct slab *slabs; /* in the order of their addresses, once sorted */
    size_t slab_count, slab_capacity;
    uintptr_t *pools;
    size_t pool_count, pool_capacity;
};

/* Add the stacks of a pool that is not among them. */
void slots_add_pool(struct slots *slots, struct target *target, uintptr_t pool);

/* Add one that no pool has. */
void slots_add(struct slots *slots, const struct slot *slot);

/* After the last has been added. */
void slots_sort(struct slots *slots);

/* The slot, its guard included, that the address lies in; NULL. */
struct slot *slots_find(const struct slots *slots, uintptr_t address);

void slots_free(struct slots *slots);

#endif
