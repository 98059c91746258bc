/* SPDX-License-Identifier: MIT */
#include "loop/timer_heap.h"

#include <string.h>

#include "base/memory.h"
#include "base/platform.h"
#include "sched/coroutine.h"

enum { CHILDREN = 4, MIN_CAPACITY = 64 };

#define MAX_CAPACITY ((size_t)UINT32_MAX)

/* An array is made smaller when less than this part of it is used. */
enum { SPARSE = 8, SHRINK_BY = 4 };

/* Without a branch: which of two goes first cannot be predicted. */
static inline bool goes_before(const struct coil_timer_entry *a,
                               const struct coil_timer_entry *b)
{
    return (a->when < b->when) |
           ((a->when == b->when) & (a->sequence < b->sequence));
}

/* ---- the heap ---- */

static inline void put(struct coil_timer_heap *heap, size_t position,
                       struct coil_timer_entry entry)
{
    heap->entries[position] = entry;
    heap->positions[entry.slot] = (uint32_t)position;
}

/* The child of the four from `first` on that goes first. */
static inline size_t first_of_four(const struct coil_timer_entry *entries,
                                   size_t first)
{
    size_t a = first + goes_before(&entries[first + 1], &entries[first]);
    size_t b =
        first + 2 + goes_before(&entries[first + 3], &entries[first + 2]);

    return goes_before(&entries[b], &entries[a]) ? b : a;
}

/* The same of those that there are. */
static size_t first_of_some(const struct coil_timer_entry *entries,
                            size_t first, size_t count)
{
    size_t best = first;

    for (size_t i = first + 1; i < count; i++)
        if (goes_before(&entries[i], &entries[best]))
            best = i;
    return best;
}

/* Put `entry` at the hole or above it. */
static void move_up(struct coil_timer_heap *heap, size_t hole,
                    struct coil_timer_entry entry)
{
    while (hole > 0) {
        size_t parent = (hole - 1) / CHILDREN;

        if (!goes_before(&entry, &heap->entries[parent]))
            break;
        put(heap, hole, heap->entries[parent]);
        hole = parent;
    }
    put(heap, hole, entry);
}

/* Let the hole move down along the children that go first.  Returns where to. */
static size_t move_hole_down(struct coil_timer_heap *heap, size_t hole,
                             size_t count)
{
    const struct coil_timer_entry *entries = heap->entries;
    size_t first = hole * CHILDREN + 1;
    size_t best;

    while (first + CHILDREN <= count) {
        best = first_of_four(entries, first);
        put(heap, hole, entries[best]);
        hole = best;
        first = hole * CHILDREN + 1;
    }
    if (first < count) {
        best = first_of_some(entries, first, count);
        put(heap, hole, entries[best]);
        hole = best;
    }
    return hole;
}

/*
 * Take the entry at `hole` away.  The last entry fills the hole, after that has
 * moved to the bottom: it belongs near the bottom.
 */
static void remove_at(struct coil_timer_heap *heap, size_t hole)
{
    uint32_t slot = heap->entries[hole].slot;
    size_t count = --heap->count;

    hole = move_hole_down(heap, hole, count);
    if (hole < count)
        move_up(heap, hole, heap->entries[count]);
    heap->entries[count].slot = slot;
}

/* ---- memory ---- */

/*
 * Make arrays for the capacity of `heap`, in which the first `count` entries and
 * slots are still to be set.  False: there is no memory.
 */
static bool allocate(struct coil_timer_heap *heap)
{
    size_t capacity = heap->capacity;
    size_t each =
        sizeof *heap->entries + sizeof *heap->handles + sizeof *heap->positions;

    if (capacity > MAX_CAPACITY || capacity > SIZE_MAX / each)
        return false;
    heap->entries = coil__realloc(NULL, capacity * each);
    if (!heap->entries)
        return false;
    heap->handles = (struct coil_handle **)(void *)(heap->entries + capacity);
    heap->positions = (uint32_t *)(void *)(heap->handles + capacity);
    for (size_t i = heap->count; i < capacity; i++)
        heap->entries[i].slot = (uint32_t)i;
    return true;
}

/* These two are called off a small stack: malloc() may need more. */

static void grow(void *arg)
{
    struct coil_timer_heap *heap = arg;
    struct coil_timer_heap old = *heap;
    struct coil_timer_heap grown = *heap;

    grown.capacity = old.capacity ? 2 * old.capacity : MIN_CAPACITY;
    if (!allocate(&grown))
        return;
    if (old.capacity > 0) {
        memcpy(grown.entries, old.entries, old.count * sizeof *old.entries);
        memcpy(grown.handles, old.handles, old.count * sizeof *old.handles);
        memcpy(grown.positions, old.positions,
               old.count * sizeof *old.positions);
    }
    coil__free(old.entries);
    *heap = grown;
}

/*
 * Slots that the smaller array lacks may be in use, so all are given anew.  If
 * there is no memory, the array stays.
 */
static void shrink(void *arg)
{
    struct coil_timer_heap *heap = arg;
    struct coil_timer_heap shrunk = *heap;

    shrunk.capacity /= SHRINK_BY;
    if (shrunk.capacity < MIN_CAPACITY)
        shrunk.capacity = MIN_CAPACITY;
    if (!allocate(&shrunk))
        return;
    for (uint32_t i = 0; i < heap->count; i++) {
        struct coil_timer_entry entry = heap->entries[i];

        shrunk.handles[i] = heap->handles[entry.slot];
        shrunk.handles[i]->slot = i + 1;
        entry.slot = i;
        put(&shrunk, i, entry);
    }
    coil__free(heap->entries);
    *heap = shrunk;
}

/* Whether there is room for one more entry. */
static COIL_COLD bool make_room(struct coil_timer_heap *heap)
{
    coil__coroutine_call_off(grow, heap);
    return heap->count < heap->capacity;
}

static inline bool is_sparse(const struct coil_timer_heap *heap)
{
    return heap->count < heap->capacity / SPARSE &&
           heap->capacity > MIN_CAPACITY;
}

/* ---- handles ---- */

bool coil__timer_heap_add(struct coil_timer_heap *heap,
                          struct coil_handle *handle)
{
    struct coil_timer_entry entry = { .when = handle->when,
                                      .sequence = handle->sequence };

    if (COIL_UNLIKELY(heap->count == heap->capacity) && !make_room(heap))
        return false;
    entry.slot = heap->entries[heap->count].slot;
    heap->handles[entry.slot] = handle;
    handle->slot = entry.slot + 1;
    move_up(heap, heap->count++, entry);
    return true;
}

void coil__timer_heap_remove(struct coil_timer_heap *heap,
                             struct coil_handle *handle)
{
    remove_at(heap, heap->positions[handle->slot - 1]);
    if (COIL_UNLIKELY(is_sparse(heap)))
        coil__coroutine_call_off(shrink, heap);
}

void coil__timer_heap_fini(struct coil_timer_heap *heap)
{
    coil__free(heap->entries);
    *heap = (struct coil_timer_heap){ .count = 0 };
}
