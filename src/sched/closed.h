/* SPDX-License-Identifier: MIT */
/*
 * sched/closed.h - the closed objects that a scheduler keeps in debug mode
 */
#ifndef COIL_SCHED_CLOSED_H
#define COIL_SCHED_CLOSED_H

#include <coil/closed.h>

struct coil_scheduler;

/* Free what is kept, the oldest first.  The scheduler is closed, and no task runs any more. */
void coil__closed_drop(struct coil_scheduler *scheduler);

#endif
