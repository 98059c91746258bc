/* SPDX-License-Identifier: MIT */
/*
 * disk_run.h - calls that block, made in another thread and waited for to their end
 *
 * A thread cannot be stopped.  coil_to_thread() leaves it behind when its task is
 * cancelled, and then nobody knows what the disk has.  Here the task waits, so that
 * `arg` may lie on its stack, and what was done is known.
 */
#ifndef COIL_FETCH_OUTPUT_DISK_RUN_H
#define COIL_FETCH_OUTPUT_DISK_RUN_H

#include <coil/base.h>

/*
 * Let a thread run fn(arg), whose result is 0 or an error, and wait for its end.
 * Returns 0; -ENOMEM, -EAGAIN, -EINVAL (no loop of coil's), and fn has not run; the
 * error of fn; -ECANCELED: on entry, and fn has not run, or while it waited, and fn
 * has succeeded.  fn has to note the difference in `arg`.
 */
int disk_run(coil_fn fn, void *arg) COIL_SUSPENDS;

/* The same, which runs fn even if the task has been cancelled. */
int disk_run_anyway(coil_fn fn, void *arg) COIL_SUSPENDS;

#endif
