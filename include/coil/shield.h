/* SPDX-License-Identifier: MIT */
/*
 * coil/shield.h - wait for something without cancelling it
 */
#ifndef COIL_SHIELD_H
#define COIL_SHIELD_H

#include <coil/base.h>
#include <coil/future.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Wait until the future is done, as coil_future_await() does, but without
 * passing a cancellation on: the future, or task, lives.
 *
 *     rc = coil_shield(coil_task_future(commit), NULL);
 *
 * Returns what coil_future_result() says; `value` may be NULL; else
 *   -ECANCELED  at once, if the waiting task was cancelled.  If the future then
 *               fails and nobody waits for it (for a task: and nobody looks at
 *               its error as long as there is a reference), the error is
 *               reported to the loop's exception handler; a cancellation is
 *               not.  A future that was cancelled itself gives -ECANCELED too:
 *               coil_future_is_cancelled() tells the two apart.
 * Under a timeout this limits the wait and not the work:
 * begin, coil_shield(), end.  asyncio: shield().
 */
COIL_API int coil_shield(struct coil_future *future, void **value)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
