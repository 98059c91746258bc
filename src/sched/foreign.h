/* SPDX-License-Identifier: MIT */
/*
 * sched/foreign.h - a call from a thread or a process that may not make it
 */
#ifndef COIL_SCHED_FOREIGN_H
#define COIL_SCHED_FOREIGN_H

#include <coil/scheduler.h>

#include "base/platform.h"

/*
 * Stop the program if `scheduler` belongs to another thread, or to the parent
 * of this process.  `function`: the public one that was called; NULL: whichever
 * it was.
 */
void coil__scheduler_check_thread(const struct coil_scheduler *scheduler,
                                  const char *function);

/* The same, in debug mode only. */
static inline void coil__scheduler_check(const struct coil_scheduler *s,
                                         const char *function)
{
    if (COIL_UNLIKELY(s->debug))
        coil__scheduler_check_thread(s, function);
}

#endif
