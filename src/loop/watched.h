/* SPDX-License-Identifier: MIT */
/*
 * loop/watched.h - what a loop tells the watchdog
 *
 * The watchdog notices steps that do not end (inspect/watchdog.c).  It compares
 * three numbers that a loop writes anyway: `looks`, which is odd while the loop
 * waits; how often the loop has granted steps; and how many steps are left of
 * the last grant.  If all three are unchanged, the step is the same.
 */
#ifndef COIL_LOOP_WATCHED_H
#define COIL_LOOP_WATCHED_H

#include <stdatomic.h>
#include <stdbool.h>

#include <coil/time.h>

#include "base/platform.h"

struct coil_loop;
struct coil_thread;

/* Part of each loop. */
struct coil_watched {
    struct coil_watched *next;
    struct coil_loop *loop;
    bool is_added;
    /* Written by the loop, read by the watchdog. */
    _Atomic coil_time limit; /* slow_callback_duration; 0: off */
    atomic_uint looks;
    atomic_int tid;
    _Atomic(struct coil_thread *) thread;
    _Atomic(uintptr_t) base;        /* frame of its run; callbacks are below */
    struct coil_recorder *recorder; /* under the watchdog's mutex; or NULL */
    /* For the watchdog only. */
    unsigned seen_looks;
    size_t seen_grants;
    size_t seen_fuel;
    coil_time age;
    coil_time next_report;
    unsigned tries;
    bool is_counted; /* this step is among those of the loop's stats */
};

static inline void coil__watched_look(struct coil_watched *watched)
{
    atomic_store_explicit(
        &watched->looks,
        atomic_load_explicit(&watched->looks, memory_order_relaxed) + 1,
        memory_order_relaxed);
}

/* Count a step in `looks` that the number of steps left does not show. */
static inline void coil__watched_step(struct coil_watched *watched)
{
    atomic_store_explicit(
        &watched->looks,
        atomic_load_explicit(&watched->looks, memory_order_relaxed) + 2,
        memory_order_relaxed);
}

#endif
