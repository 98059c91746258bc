/* SPDX-License-Identifier: MIT */
/*
 * loop/timers.h - armed handles, in the order in which they become due
 *
 * Handles with equal times are in the order in which they were armed.
 *
 * Arming and disarming allocate nothing and cannot fail.  A zeroed one is empty.
 *
 * Most timeouts end long before their time, many before the loop looks at the
 * clock at all.  So a timeout is only noted at first.  At its next look outside
 * the loop takes those that are still noted into the heap, where they stand as
 * if they had been there from the beginning.
 *
 * A timer may be noted without a reading of the clock.  Then `since` is a time
 * shortly before the moment at which it was noted, and `when` counts from
 * `since`.  This may be too early; the next look, which comes after that
 * moment, moves `when` so that it counts from the look.  The look can come late
 * if somebody computes for long, so `when` moves by an eighth of the whole time
 * at most.
 */
#ifndef COIL_LOOP_TIMERS_H
#define COIL_LOOP_TIMERS_H

#include <coil/loop.h>

#include "base/list.h"
#include "base/platform.h"

struct coil_timers {
    struct coil_heap_node *heap;
    struct coil_list noted;
    uint64_t sequence;
    size_t count; /* in the heap and noted */
};

/* The shortest time for which a timer may be noted without the clock. */
#define COIL__NOTED_TIME_MIN COIL_SECOND

/* Instead of the time since which a timer counts: its `when` is exact. */
#define COIL__NOTED_EXACTLY COIL_NEVER

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

/* Note a timer.  The caller has set `when` and `since`. */
static inline void coil__timers_note(struct coil_timers *timers,
                                     struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    coil__list_append(&timers->noted, &handle->noted);
    timers->count++;
}

/* Strike out a timer that is noted. */
static inline void coil__timers_strike(struct coil_timers *timers,
                                       struct coil_handle *handle)
{
    coil__list_remove(&timers->noted, &handle->noted);
    timers->count--;
}

/* Make `when` of a noted timer exact.  The clock shows `now`. */
void coil__timers_make_exact(struct coil_handle *handle, coil_time now);

/* Take the timer that was noted first into the heap, and return it; or NULL. */
struct coil_handle *coil__timers_take_noted(struct coil_timers *timers,
                                            coil_time now);

/* The handle in the heap that is due first, or NULL. */
static inline struct coil_handle *
coil__timers_first(const struct coil_timers *timers)
{
    return timers->heap
               ? coil__container_of(timers->heap, struct coil_handle, node)
               : NULL;
}

#endif
