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

void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    coil__heap_add(&timers->heap, &handle->node, is_before);
    timers->count++;
}

void coil__timers_remove(struct coil_timers *timers, struct coil_handle *handle)
{
    timers->count--;
    coil__heap_remove(&timers->heap, &handle->node, is_before);
}
