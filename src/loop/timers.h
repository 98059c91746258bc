/* SPDX-License-Identifier: MIT */
/*
 * loop/timers.h - armed handles, in the order in which they become due
 *
 * Handles with equal times are in the order in which they were armed.
 *
 * Arming and disarming allocate nothing and cannot fail.  A zeroed one is empty.
 */
#ifndef COIL_LOOP_TIMERS_H
#define COIL_LOOP_TIMERS_H

#include <coil/loop.h>

#include "base/platform.h"

struct coil_timers {
    struct coil_heap_node *heap;
    uint64_t sequence;
    size_t count;
};

/*
 * `now` plus `duration`, at most COIL_NEVER.  No clock is before 0, so a
 * negative duration cannot overflow.
 */
static inline coil_time coil__time_add(coil_time now, coil_time duration)
{
    coil_time sum;

    return __builtin_add_overflow(now, duration, &sum) ? COIL_NEVER : sum;
}

/* The caller has set handle->when. */
void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle);
void coil__timers_remove(struct coil_timers *timers,
                         struct coil_handle *handle);

/* The handle that is due first, or NULL. */
static inline struct coil_handle *
coil__timers_first(const struct coil_timers *timers)
{
    return timers->heap
               ? coil__container_of(timers->heap, struct coil_handle, node)
               : NULL;
}

#endif
