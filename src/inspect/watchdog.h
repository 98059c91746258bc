/* SPDX-License-Identifier: MIT */
/*
 * inspect/watchdog.h - the thread that notices steps which do not end
 */
#ifndef COIL_INSPECT_WATCHDOG_H
#define COIL_INSPECT_WATCHDOG_H

struct coil_loop;
struct coil_recorder;

/* The loop is about to run in this thread.  `base` is the frame of its run. */
void coil__watchdog_add(struct coil_loop *loop, const void *base);

/*
 * From now on, what is noticed of the loop is written to the side of `recorder` as
 * well; NULL: no more.  The recorder must live until then.
 */
void coil__watchdog_record(struct coil_loop *loop,
                           struct coil_recorder *recorder);

/* The loop is being closed. */
void coil__watchdog_remove(struct coil_loop *loop);

#endif
