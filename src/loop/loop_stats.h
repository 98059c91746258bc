/* SPDX-License-Identifier: MIT */
/*
 * loop/loop_stats.h - when a loop publishes what it counts
 */
#ifndef COIL_LOOP_LOOP_STATS_H
#define COIL_LOOP_LOOP_STATS_H

#include "loop/counts.h"

/* A run begins, or ends. */
void coil__counts_enter(struct coil_loop *loop);
void coil__counts_leave(struct coil_loop *loop);

/* The clock shows `now`, and the loop begins to look outside; and has looked. */
void coil__counts_look(struct coil_loop *loop, coil_time now);
void coil__counts_looked(struct coil_loop *loop, coil_time now);

/*
 * To be called by the watchdog: a step takes too long.  With `is_new` false, it
 * has been told of before.
 */
void coil__counts_slow(struct coil_loop *loop,
                       const struct coil_loop_slow_step *step, bool is_new);

#endif
