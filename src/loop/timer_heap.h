/* SPDX-License-Identifier: MIT */
/*
 * loop/timer_heap.h - many timers, in an array
 *
 * Handles lie wherever their owners are, each on another stack perhaps.  So the
 * entries of this heap hold all by which timers are compared, and no handle is
 * touched while entries move.
 *
 * A handle in the heap has a slot, and keeps its number.  The slot knows the
 * handle and the position of its entry, and an entry knows its slot.
 *
 * The array is allocated when the first handle is added.  Half of it or more is
 * given back when seven eighths of it are unused.  A zeroed heap is empty.
 */
#ifndef COIL_LOOP_TIMER_HEAP_H
#define COIL_LOOP_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/handle.h>

/* The smaller `when` goes first; of equal ones, the smaller `sequence`. */
struct coil_timer_entry {
    coil_time when;
    uint64_t sequence;
    uint32_t slot;
};

struct coil_timer_heap {
    /* The first `count` are the heap; the others have the slots that are free. */
    struct coil_timer_entry *entries;
    struct coil_handle **handles; /* by slot */
    uint32_t *positions;          /* by slot: where the entry is */
    size_t count;
    size_t capacity;
};

/* Whether all in the heap are due later than `when`. */
static inline bool coil__timer_heap_is_later(const struct coil_timer_heap *heap,
                                             coil_time when)
{
    return heap->count == 0 || when < heap->entries[0].when;
}

/*
 * Add a handle, whose `when` and `sequence` are set, and set its `slot`.  False,
 * with nothing changed: there is no memory.
 */
bool coil__timer_heap_add(struct coil_timer_heap *heap,
                          struct coil_handle *handle);

/* Remove a handle that is in the heap. */
void coil__timer_heap_remove(struct coil_timer_heap *heap,
                             struct coil_handle *handle);

/* Free the array.  The handles in it are left as they are. */
void coil__timer_heap_fini(struct coil_timer_heap *heap);

/* The handle that goes first, or NULL. */
static inline struct coil_handle *
coil__timer_heap_first(const struct coil_timer_heap *heap)
{
    return heap->count > 0 ? heap->handles[heap->entries[0].slot] : NULL;
}

#endif
