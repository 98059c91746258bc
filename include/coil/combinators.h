/* SPDX-License-Identifier: MIT */
/*
 * coil/combinators.h - wait for several futures, or for one with a limit
 *
 * Tasks are futures: coil_task_future().
 *
 *     struct coil_future *both[] = { coil_task_future(a),
 *                                    coil_task_future(b) };
 *
 *     rc = coil_gather(both, 2, 0);
 *
 * A future that is passed twice counts twice.  Whoever passes futures keeps
 * them alive until the call returns.
 */
#ifndef COIL_COMBINATORS_H
#define COIL_COMBINATORS_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/shield.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_wait_mode {
    COIL_ALL_COMPLETED,
    COIL_FIRST_COMPLETED,
    COIL_FIRST_EXCEPTION, /* a future that was cancelled is no exception */
};

/*
 * Wait until all futures are done, or one is, or one has failed, or `timeout`
 * has passed (COIL_NEVER: no limit).  Nothing is cancelled, whatever happens,
 * and no error is looked at: ask each future.
 *
 * Returns how many are done, else
 *   -ECANCELED  the waiting task was cancelled; the futures are left alone
 *   -EINVAL     count is 0 or mode unknown
 *   -ENOMEM     more than 16 futures need memory
 *   -ENOTSUP    a timeout on a scheduler without a clock
 * asyncio: wait().
 */
COIL_API int coil_wait(struct coil_future *const *futures, size_t count,
                       enum coil_wait_mode mode, coil_time timeout)
    COIL_SUSPENDS;

/* For coil_gather(): errors are results; wait for all in any case. */
#define COIL_GATHER_RETURN_ERRORS 1u

/*
 * Wait until all futures are done.
 *
 * Returns 0 when all have succeeded.  When one fails or is cancelled, returns
 * its error at once: the others run on, and their errors will not be reported
 * as unseen.  With COIL_GATHER_RETURN_ERRORS: 0 when all are done; ask each
 * future.  With a count of 0, returns 0 at once.
 *
 *   -ECANCELED  the waiting task was cancelled while it waited: so were the
 *               futures, and they have all ended
 *   -EINVAL     `flags` has unknown bits
 *   -ENOMEM     as coil_wait()
 * asyncio: gather().
 */
COIL_API int coil_gather(struct coil_future *const *futures, size_t count,
                         unsigned flags) COIL_SUSPENDS;

/*
 * Wait for `future`, but not longer than `timeout`; COIL_NEVER sets no limit.
 * When the time is up the future is cancelled and awaited: if it ends with a
 * result or an error after all, that is returned.
 *
 * Returns what coil_future_result() says, or -ETIMEDOUT; `value` may be NULL.
 * Cancelling the waiting task cancels the future and waits for its end, which
 * is the outcome, -ECANCELED as a rule.  Else, with the future left alone:
 *   -EDEADLK  a task waits for itself
 *   -ENOTSUP  a timeout on a scheduler without a clock, or in a coroutine that
 *             no coil task drives
 * asyncio: wait_for().
 */
COIL_API int coil_wait_for(struct coil_future *future, coil_time timeout,
                           void **value) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
