/* SPDX-License-Identifier: MIT */
/*
 * loop/operation.h - let the running task wait for an operation of the seam
 */
#ifndef COIL_LOOP_OPERATION_H
#define COIL_LOOP_OPERATION_H

#include "loop/budget.h"
#include "sched/wait.h"
#include "backend/backend.h"

/* The backend of the running loop; NULL on a user's scheduler. */
struct coil__backend *coil__backend_current(void);

/*
 * Begin `op`, all of whose arguments are set, wait until it is over, and return
 * its result.  When the task is cancelled the operation is, and -ECANCELED is
 * returned only if it did not happen.  The caller has passed
 * coil__checkpoint().  An operation that is over at once burns the loop's budget
 * and gives way when that has ended: as after a wait, the object may be gone.
 */
ptrdiff_t coil__operate(struct coil__backend *backend, struct coil_op *op,
                        const struct coil_wait_reason *reason,
                        const void *object) COIL_MUST_CHECK;

/*
 * What is done at once burns the budget of the loop that runs here, if one does
 * (budget.h).  Any function may burn; one that suspends gives way afterwards,
 * before it takes anything or once it has looked at its object again.
 */
void coil__burn(size_t units);

/*
 * If the budget has ended: let the loop look outside, and others run, before the
 * running task goes on.  Without an eye to cancellation.
 */
void coil__give_way(void);

#endif
