/* SPDX-License-Identifier: MIT */
/*
 * loop/wait_until.h - a wait that has a deadline
 */
#ifndef COIL_LOOP_WAIT_UNTIL_H
#define COIL_LOOP_WAIT_UNTIL_H

#include "loop/loop.h"
#include "sched/wait.h"

/*
 * As coil__wait().  If the wait is undecided when the clock of `loop`, which
 * runs here, shows `deadline`, it is decided with `outcome`.  COIL_NEVER: there
 * is no deadline, and `loop` may be NULL.
 */
int coil__wait_until(struct coil_loop *loop, struct coil_list *queue,
                     struct coil_waiter *self, coil_time deadline, int outcome)
    COIL_MUST_CHECK;

#endif
