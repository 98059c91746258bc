/* SPDX-License-Identifier: MIT */
#include "loop/timers.h"

#include "base/heap.h"

static bool is_before(const struct coil_heap_node *x,
                      const struct coil_heap_node *y)
{
    const struct coil_handle *a =
        coil__container_of(x, const struct coil_handle, node);
    const struct coil_handle *b =
        coil__container_of(y, const struct coil_handle, node);

    if (a->when != b->when)
        return a->when < b->when;
    return a->sequence < b->sequence;
}

/* The handle has its place in the order. */
static void insert(struct coil_timers *timers, struct coil_handle *handle)
{
    coil__heap_add(&timers->heap, &handle->node, is_before);
    timers->count++;
}

void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    insert(timers, handle);
}

void coil__timers_remove(struct coil_timers *timers, struct coil_handle *handle)
{
    timers->count--;
    coil__heap_remove(&timers->heap, &handle->node, is_before);
}

void coil__timers_make_exact(struct coil_handle *handle, coil_time now)
{
    coil_time most = (handle->when - handle->since) / 8;
    coil_time late = now - handle->since;

    if (late > 0)
        handle->when = coil__time_add(handle->when, late < most ? late : most);
    handle->since = COIL__NOTED_EXACTLY;
}

struct coil_handle *coil__timers_take_noted(struct coil_timers *timers,
                                            coil_time now)
{
    struct coil_handle *handle;

    if (!timers->noted.head)
        return NULL;
    handle = coil__container_of(timers->noted.head, struct coil_handle, noted);
    coil__timers_strike(timers, handle);
    coil__timers_make_exact(handle, now);
    insert(timers, handle);
    return handle;
}
