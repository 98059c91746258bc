/* SPDX-License-Identifier: MIT */
/*
 * loop/turn.h - the turns of a loop
 */
#ifndef COIL_LOOP_TURN_H
#define COIL_LOOP_TURN_H

#include "loop/loop.h"
#include "sched/scheduler.h"

/* The refuel() of a loop's scheduler. */
bool coil__turn_refuel(struct coil_scheduler *scheduler);

/*
 * Look outside, waiting until `limit` at most if nothing is ready, and run what
 * is ready then, until the budget has ended.  0, or -EDEADLK, -EBADF and what the
 * backend says.
 */
int coil__turn(struct coil_loop *loop, coil_time limit);

/* The same to the end of the turn, which looks in between may put off. */
int coil__turn_whole(struct coil_loop *loop, coil_time limit);

/* Make ready who gave way, behind all that are. */
void coil__turn_append_who_gave_way(struct coil_loop *loop);

#endif
