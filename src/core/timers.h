/* SPDX-License-Identifier: MIT */
/*
 * core/timers.h - what is due first, first armed first among equals
 *
 * A pairing heap whose links lie in the handles: arming and disarming allocate
 * nothing and cannot fail.  Zeroed is empty.
 */
#ifndef COIL_CORE_TIMERS_H
#define COIL_CORE_TIMERS_H

#include <coil/loop.h>

struct coil_timers {
    struct coil_handle *root;
    uint64_t sequence;
    size_t count;
};

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
