/* SPDX-License-Identifier: MIT */
/*
 * loop/timers.h - what is due first, first armed first among equals
 *
 * A pairing heap whose links lie in the handles: arming and disarming allocate
 * nothing and cannot fail.  Zeroed is empty.
 */
#ifndef COIL_LOOP_TIMERS_H
#define COIL_LOOP_TIMERS_H

#include <coil/loop.h>

struct coil_timers {
    struct coil_handle *root;
    uint64_t sequence;
    size_t count;
};

/*
 * `duration` after `now`, at most COIL_NEVER.  No clock is before 0, so that a
 * duration below 0 cannot overflow.
 */
static inline coil_time coil__time_add(coil_time now, coil_time duration)
{
    coil_time sum;

    return __builtin_add_overflow(now, duration, &sum) ? COIL_NEVER : sum;
}

/* handle->when is set. */
void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle);
void coil__timers_remove(struct coil_timers *timers,
                         struct coil_handle *handle);

/* The handle that is due first, or NULL. */
static inline struct coil_handle *
coil__timers_first(const struct coil_timers *timers)
{
    return timers->root;
}

#endif
