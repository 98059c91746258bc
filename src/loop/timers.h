/* SPDX-License-Identifier: MIT */
/*
 * loop/timers.h - armed handles, in the order in which they become due
 *
 * Handles with equal times are in the order in which they were armed.
 *
 * The timers are in two heaps.  One is an array, in which little memory is
 * touched however many there are (timer_heap.h).  The other is made of links in
 * the handles.  It has those that become due before all of the array, while they
 * are few: to arm and disarm them takes next to no time, and programs with few
 * timers need no array.  When there are more, they move into the array.  If
 * there is no memory for that they stay linked.  So arming and disarming cannot
 * fail.  A zeroed struct is empty.
 *
 * Most timeouts end long before their time, many before the loop looks at the
 * clock at all.  So a timeout is only noted at first.  At its next look outside
 * the loop arms those that are still noted, and they stand as if they had been
 * armed from the beginning.
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
#include "loop/timer_heap.h"

struct coil_timers {
    struct coil_heap_node *links;
    struct coil_timer_heap heap;
    struct coil_list noted;
    size_t linked; /* how many there are in `links` */
    size_t noted_count;
    uint64_t sequence;
    bool may_be_due; /* one was armed whose time the last look had seen */
};

/* So many are linked; a loop with no more than these allocates nothing. */
#define COIL__TIMERS_FEW 64

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

/*
 * Whether fn(handle, arg) is true for a timer that is armed or noted.  In no order.
 * It is asked of `limit` at most of those in the links, of those in the array, and
 * of those noted.
 */
bool coil__timers_any(const struct coil_timers *timers, size_t limit,
                      bool (*fn)(const struct coil_handle *handle,
                                 const void *arg),
                      const void *arg);

/* Free what was allocated.  No timer is armed or noted. */
void coil__timers_fini(struct coil_timers *timers);

/* Note a timer.  The caller has set `when` and `since`. */
static inline void coil__timers_note(struct coil_timers *timers,
                                     struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    coil__list_append(&timers->noted, &handle->noted);
    timers->noted_count++;
}

/* Strike out a timer that is noted. */
static inline void coil__timers_strike(struct coil_timers *timers,
                                       struct coil_handle *handle)
{
    coil__list_remove(&timers->noted, &handle->noted);
    timers->noted_count--;
}

/* Make `when` of a noted timer exact.  The clock shows `now`. */
void coil__timers_make_exact(struct coil_handle *handle, coil_time now);

/* Arm the timer that was noted first, and return it; or NULL. */
struct coil_handle *coil__timers_take_noted(struct coil_timers *timers,
                                            coil_time now);

/* How many are armed or noted. */
static inline size_t coil__timers_count(const struct coil_timers *timers)
{
    return timers->linked + timers->heap.count + timers->noted_count;
}

/* There is one in the array. */
struct coil_handle *
coil__timers_first_of_both(const struct coil_timers *timers);

/* The armed handle that is due first, or NULL. */
static inline struct coil_handle *
coil__timers_first(const struct coil_timers *timers)
{
    if (timers->heap.count > 0)
        return coil__timers_first_of_both(timers);
    return timers->links
               ? coil__container_of(timers->links, struct coil_handle, node)
               : NULL;
}

#endif
