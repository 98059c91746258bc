/* SPDX-License-Identifier: MIT */
/*
 * loop/leftovers.h - what a task must not leave on its stack when it ends
 */
#ifndef COIL_LOOP_LEFTOVERS_H
#define COIL_LOOP_LEFTOVERS_H

#include "loop/loop.h"

/*
 * For debug mode: run `r`.  If that is the last step of a task, stop the program
 * if a group whose tasks run, or a timer that is armed, lies on its stack.  A
 * task that others refer to is prepared to notice a release too many.
 */
void coil__leftovers_run(struct coil_loop *loop, struct coil_runnable *r);

#endif
