/* SPDX-License-Identifier: MIT */
/*
 * loop/operation.h - let the running task wait for an operation of the backend
 */
#ifndef COIL_LOOP_OPERATION_H
#define COIL_LOOP_OPERATION_H

#include "loop/budget.h"
#include "sched/wait.h"
#include "backend/backend.h"

/* The backend of the running loop; NULL on a user's scheduler. */
struct coil__backend *coil__backend_current(void);

/*
 * Begin `op`, whose arguments are all set, wait until it is over, and return
 * its result.  When the task is cancelled, so is the operation; -ECANCELED
 * means that the operation did not happen.  The caller has called
 * coil__checkpoint().  An operation that is over at once burns the loop's
 * budget, and gives way if the budget has ended.  So the object may be gone
 * afterwards, as after a wait.
 */
ptrdiff_t coil__operate(struct coil__backend *backend, struct coil_op *op,
                        const struct coil_wait_reason *reason,
                        const void *object) COIL_MUST_CHECK;

/*
 * Burn `units` of the budget (budget.h) of the loop that runs in this thread,
 * if there is one.  Any function may burn.  A function that suspends gives way
 * afterwards: before it takes anything, or else it looks at its object again.
 */
void coil__burn(size_t units);

/*
 * If the budget has ended, let the loop look outside, and others run, before
 * the running task goes on.  A cancellation is not reported.
 */
void coil__give_way(void);

#endif
