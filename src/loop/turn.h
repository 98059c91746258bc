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
 * Look outside, and run what is ready then, until the budget has ended.  If
 * nothing is ready, the look waits, until `limit` at most.  0, -EDEADLK,
 * -EBADF, or an error of the backend.
 */
int coil__turn(struct coil_loop *loop, coil_time limit);

/* The same until the turn has ended; further looks may come before that. */
int coil__turn_whole(struct coil_loop *loop, coil_time limit);

/* Append those who gave way to the ready queue. */
void coil__turn_append_who_gave_way(struct coil_loop *loop);

#endif
