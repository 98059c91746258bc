/* SPDX-License-Identifier: MIT */
/*
 * inspect/deadlock.h - nothing can ever run again
 */
#ifndef COIL_INSPECT_DEADLOCK_H
#define COIL_INSPECT_DEADLOCK_H

struct coil_loop;

/* Say so, and who waits for what, on standard error. */
void coil__report_deadlock(struct coil_loop *loop);

#endif
