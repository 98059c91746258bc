/* SPDX-License-Identifier: MIT */
/*
 * task/cancel.h - requests for cancellation
 *
 * coil_task_cancel() makes requests that are only counted.  A timeout or a
 * group makes a record (struct coil_cancel_request), which is linked to the
 * task until its owner withdraws it.  So each owner withdraws its own request,
 * and nobody has to guess from a count whose request it was.
 *
 * A request is untold at first.  While a task has untold requests, the
 * `interrupt` of its coroutine is set.  One -ECANCELED tells the task of all
 * its requests.
 */
#ifndef COIL_TASK_CANCEL_H
#define COIL_TASK_CANCEL_H

#include "task/task.h"

enum coil_cancel_origin {
    COIL_CANCEL_BY_TIMEOUT = 1,
    COIL_CANCEL_BY_GROUP,
};

/* Make the request of an owner, once.  If `task` has ended, do nothing. */
void coil__cancel_request(struct coil_task *task,
                          struct coil_cancel_request *request,
                          enum coil_cancel_origin origin);

/* Like coil_task_cancel() of every task of `scheduler`, once for each. */
void coil__cancel_all(struct coil_scheduler *scheduler);

/* Withdraw the request, if it was made.  An untold one leaves no trace. */
void coil__cancel_withdraw(struct coil_task *task,
                           struct coil_cancel_request *request);

/* How many of its standing requests the task has been told of. */
unsigned coil__cancel_told(const struct coil_task *task);

/*
 * The newest told request of a timeout or a group, and the count of told
 * coil_task_cancel().
 */
const struct coil_cancel_request *
coil__cancel_newest_told(const struct coil_task *task);
unsigned coil__cancel_user_told(const struct coil_task *task);

/* The task has seen -ECANCELED: all its requests are told. */
void coil__cancel_tell_all(struct coil_task *task);

/*
 * Make those requests untold again that the task was told of after `newest`,
 * and after it had been told of `user_requests`.  Their -ECANCELED was hidden
 * by another error.
 */
void coil__cancel_untell(struct coil_task *task,
                         const struct coil_cancel_request *newest,
                         unsigned user_requests);

#endif
