/* SPDX-License-Identifier: MIT */
/*
 * task/cancel.h - requests for cancellation
 *
 * A request is made by somebody: by coil_task_cancel(), which is counted, or by
 * a timeout or a group, whose record (struct coil_cancel_request) hangs on the
 * task until its owner withdraws it.  So each owner withdraws its own and
 * nobody guesses from a count whose request it was.
 *
 * A request is first untold.  While there is one, the coroutine's
 * `interrupt` is set; all are told together by the -ECANCELED that the
 * task sees.
 */
#ifndef COIL_TASK_CANCEL_H
#define COIL_TASK_CANCEL_H

#include "task/task.h"

enum coil_cancel_origin {
    COIL_CANCEL_BY_TIMEOUT = 1,
    COIL_CANCEL_BY_GROUP,
};

/* Make the request that its owner keeps, once.  None, if `task` has ended. */
void coil__cancel_request(struct coil_task *task,
                          struct coil_cancel_request *request,
                          enum coil_cancel_origin origin);

/* As coil_task_cancel() of every task of `scheduler`, once each. */
void coil__cancel_all(struct coil_scheduler *scheduler);

/* Withdraw it, if it was made; untold, it is as if it never was. */
void coil__cancel_withdraw(struct coil_task *task,
                           struct coil_cancel_request *request);

/* How many of the requests that stand the task has been told of. */
unsigned coil__cancel_told(const struct coil_task *task);

/* The newest of those that timeouts and groups made, and the user's. */
const struct coil_cancel_request *
coil__cancel_newest_told(const struct coil_task *task);
unsigned coil__cancel_user_told(const struct coil_task *task);

/* The task has seen -ECANCELED. */
void coil__cancel_tell_all(struct coil_task *task);

/*
 * Report again those requests that the task was told of after `newest`, and
 * after it was told of `user_requests`: their -ECANCELED was shadowed by an
 * error.
 */
void coil__cancel_untell(struct coil_task *task,
                         const struct coil_cancel_request *newest,
                         unsigned user_requests);

#endif
