/* SPDX-License-Identifier: MIT */
/*
 * coil/cancel.h - ask a task to end
 *
 * A cancellation is a request.  The task sees it as -ECANCELED, once, from the
 * function that it waits in or from the next one that may wait.
 */
#ifndef COIL_CANCEL_H
#define COIL_CANCEL_H

#include <coil/base.h>

struct coil_cancel_request;

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Request that the task be cancelled: coil/task.h says what that means.  A task
 * that has not run yet never will.  A task that awaits a future or another task
 * passes the request on to that.  A task may cancel itself.
 *
 * Returns false if the task is done.  Then nothing happens, except that an
 * error of the task counts as looked at.  asyncio: cancel().
 */
COIL_API bool coil_task_cancel(struct coil_task *task);

/*
 * How many requests stand: they were made, and not withdrawn.
 * asyncio: cancelling().
 */
COIL_API unsigned coil_task_cancelling(const struct coil_task *task);

/*
 * Withdraw one request made by coil_task_cancel().  If it was the last one, a
 * cancellation that has not been reported yet is taken back, too.  Returns how
 * many requests remain.  Timeouts and groups withdraw their own; this never touches them.
 * asyncio: uncancel().
 */
COIL_API unsigned coil_task_uncancel(struct coil_task *task);

/*
 * Of which cancellations the running task had been told at a moment.  The fields
 * are private.
 */
struct coil_cancel_mark {
    struct coil_task *task;
    const struct coil_cancel_request *newest;
    unsigned user;
};

/*
 * For a function that a cancellation interrupts and that has more to say than
 * -ECANCELED, such as COIL_EUNKNOWN: note at its beginning of what the running
 * task has been told, and before it returns the other error have the next
 * suspending call tell of all that was told since:
 *
 *     coil_cancel_mark(&mark);
 *     rc = coil_event_wait(&answered);
 *     if (rc == -ECANCELED && is_sent) {
 *         coil_cancel_put_back(&mark);
 *         rc = COIL_EUNKNOWN;
 *     }
 *
 * Timeouts and groups that were begun after the mark must have ended.  In a
 * coroutine that no task drives nothing is put back.
 */
COIL_API void coil_cancel_mark(struct coil_cancel_mark *mark);
COIL_API void coil_cancel_put_back(const struct coil_cancel_mark *mark);

#ifdef __cplusplus
}
#endif

#endif
