/* SPDX-License-Identifier: MIT */
/*
 * loop/bell.h - wake the watchdog when a loop runs again
 *
 * The watchdog does not look while all loops wait for long: it sleeps on the bell.
 */
#ifndef COIL_LOOP_BELL_H
#define COIL_LOOP_BELL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/platform.h"

extern atomic_bool coil__bell_is_awaited;
extern atomic_uint coil__bell; /* how often it was rung */

/* Wake who sleeps on it. */
void coil__bell_ring(void);

/* After waiting. */
static inline void coil__bell_ring_if_awaited(void)
{
    if (COIL_UNLIKELY(
            atomic_load_explicit(&coil__bell_is_awaited, memory_order_relaxed)))
        coil__bell_ring();
}

#endif
