/* SPDX-License-Identifier: MIT */
/*
 * loop/budget.h - how much is done before the loop looks outside again
 *
 * A look at the kernel, the clock, signals and the inbox costs more than a
 * step, so several turns may follow each other without a look.  One budget
 * covers all that is done between two looks.  It is counted in units:
 *
 *     1    a step of a task or of a callback; a read that the buffer of a
 *          stream can answer; a drain that need not wait
 *     16   a system call, whether it completes at once or has to wait: a read, a
 *          write, an accept, a connect, a look at a descriptor
 *
 * The budget ends after 2048 units, and at the first look at the clock that is
 * 100 microseconds or more after it began.  The loop looks at the clock after a
 * stride of at most 64 units; a stride is shorter when the last one took long.
 * When the budget has ended, the loop looks outside before it grants another
 * step.  A task whose operation completes at once gives way: whoever is ready
 * by then runs before this task goes on.
 *
 * A primitive that need not wait burns nothing: as in asyncio, it does not
 * switch.
 */
#ifndef COIL_LOOP_BUDGET_H
#define COIL_LOOP_BUDGET_H

#include "loop/loop.h"

enum {
    COIL__BUDGET_UNITS = 2048,
    COIL__BUDGET_STRIDE = 64, /* units between two looks at the clock */
    COIL__UNITS_STEP = 1,
    COIL__UNITS_BUFFERED = 1,
    COIL__UNITS_CALL = 16,
};

#define COIL__BUDGET_TIME (100 * COIL_MICROSECOND)

/* The loop has just looked outside; its clock showed `now`. */
void coil__budget_begin(struct coil_loop *loop, coil_time now);

/*
 * The stride has fewer than `units` left: end the budget, or begin the next
 * stride.  Returns whether the budget goes on.
 */
bool coil__budget_check(struct coil_loop *loop, size_t units);

/* Burn `units` of the budget. */
static inline void coil__loop_burn(struct coil_loop *loop, size_t units)
{
    if (COIL_LIKELY(loop->budget.stride_left > units))
        loop->budget.stride_left -= units;
    else
        coil__budget_check(loop, units);
}

#endif
