/* SPDX-License-Identifier: MIT */
/*
 * task/needs.h - which tasks a waiting task needs
 */
#ifndef COIL_TASK_NEEDS_H
#define COIL_TASK_NEEDS_H

#include "sched/wait.h"

/*
 * Store in `*id` one task that `waiter` needs, and return what for; every call
 * stores the next task.  `*cursor` is NULL at first, and keeps the place
 * between calls.  COIL_NEED_NONE: there are no more.  The wait is undecided.
 * This may be called in a signal handler of the waiter's thread.
 */
enum coil_need coil__need_next(const struct coil_waiter *waiter,
                               const void **cursor, uint64_t *id);

#endif
