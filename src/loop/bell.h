/* SPDX-License-Identifier: MIT */
/*
 * loop/bell.h - wake the watchdog when a loop runs again
 *
 * While every loop waits for a long time, the watchdog need not look: it sleeps
 * until this bell rings.
 */
#ifndef COIL_LOOP_BELL_H
#define COIL_LOOP_BELL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/platform.h"

extern atomic_bool coil__bell_is_awaited;
extern atomic_uint coil__bell; /* how often the bell has rung */

/* Wake the watchdog, if it sleeps on the bell. */
void coil__bell_ring(void);

/* To be called after a loop has waited. */
static inline void coil__bell_ring_if_awaited(void)
{
    if (COIL_UNLIKELY(
            atomic_load_explicit(&coil__bell_is_awaited, memory_order_relaxed)))
        coil__bell_ring();
}

#endif
