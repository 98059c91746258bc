/* SPDX-License-Identifier: MIT */
/*
 * sched/outside.h - a suspending function was called where nothing can be suspended
 */
#ifndef COIL_SCHED_OUTSIDE_H
#define COIL_SCHED_OUTSIDE_H

#include "base/platform.h"

/*
 * A suspending function was called outside of a coroutine: say which, where, and
 * what to do instead, and abort.
 */
COIL_NORETURN void coil__panic_outside(void);

#endif
