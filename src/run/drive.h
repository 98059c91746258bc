/* SPDX-License-Identifier: MIT */
/*
 * run/drive.h - run a loop in this thread
 */
#ifndef COIL_RUN_DRIVE_H
#define COIL_RUN_DRIVE_H

#include "loop/loop.h"

/*
 * Programs keep their large locals in the main task, and there is only one.  Its
 * stack fits into a slot of a megabyte.
 */
#define COIL_MAIN_STACK_SIZE ((size_t)900 << 10)

/* Run turns until coil_loop_stop(); 0, -EBUSY, -EDEADLK, -EBADF, -ENOMEM. */
int coil__loop_run(struct coil_loop *loop);

/* One turn, without waiting.  As above; no -EDEADLK if anything was ready. */
int coil__loop_run_turn(struct coil_loop *loop);

/*
 * One turn, which waits until `limit` at most.  Another loop may be running in
 * this thread.  As above; -EINTR if coil_loop_stop() was called.
 */
int coil__loop_run_once(struct coil_loop *loop, coil_time limit);

#endif
