/* SPDX-License-Identifier: MIT */
/*
 * core/operation.h - let the running task wait for an operation of the seam
 */
#ifndef COIL_CORE_OPERATION_H
#define COIL_CORE_OPERATION_H

#include "core/wait.h"
#include "poll/poll.h"

/* The backend of the running loop; NULL on a user's scheduler. */
struct coil_poll *coil__poll_current(void);

/*
 * Begin `op`, all of whose arguments are set, wait until it is over, and return
 * its result.  When the task is cancelled the operation is, and -ECANCELED is
 * returned only if it did not happen.  The caller has passed
 * coil__checkpoint().  Lets others run after 128 operations in a row that did
 * not wait.
 */
ptrdiff_t coil__operate(struct coil_poll *poll, struct coil_op *op,
                        const struct coil_wait_reason *reason,
                        const void *object) COIL_MUST_CHECK;

#endif
