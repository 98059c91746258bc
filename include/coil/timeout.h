/* SPDX-License-Identifier: MIT */
/*
 * coil/timeout.h - limit the time of whatever happens in a scope
 *
 *     struct coil_timeout limit;
 *
 *     rc = coil_timeout_begin(&limit, 2 * COIL_SECOND);
 *     if (rc < 0)
 *         return rc;
 *     rc = fetch(url, &page);
 *     rc = coil_timeout_end(&limit, rc);     // -ETIMEDOUT after two seconds
 *
 * When the time is up the task is cancelled; coil_timeout_end() turns the
 * -ECANCELED that this causes, and no other, into -ETIMEDOUT.  Scopes nest; the
 * innermost begun ends first.
 *
 * Time     A limit is never early.  To begin and to end a scope in which nothing
 *          waits costs next to nothing: a limit of a second or more begins
 *          without a look at the clock.  The loop looks for it when the body
 *          waits.  So what a body computes before it first waits may come on
 *          top of the limit, up to an eighth of it.
 * Memory   A scope is a local variable.  What handle.h says of timers holds.
 * asyncio  timeout(), timeout_at(), Timeout.reschedule().
 */
#ifndef COIL_TIMEOUT_H
#define COIL_TIMEOUT_H

#include <coil/base.h>
#include <coil/loop.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One request for cancellation, by a timeout or a group.  Private. */
struct coil_cancel_request {
    struct coil_cancel_request *next;
    unsigned char origin;
    bool made;
    bool told;
};

/* The fields are private. */
struct coil_timeout {
    struct coil_handle timer;
    struct coil_task *task;
    struct coil_cancel_request request;
    unsigned cancelling_before;
    unsigned char state;
};

/*
 * Begin a scope of the running task that ends by itself after `duration`.  Zero
 * or less lets the body begin and interrupts its first suspending call;
 * COIL_NEVER sets no limit.  `timeout` is uninitialised memory, kept until
 * coil_timeout_end(), which must be called by the same task whatever happens.
 *
 * Returns 0, or -ENOTSUP, with no scope begun, in a coroutine that no coil task
 * drives or on a scheduler without a clock.
 */
COIL_API int coil_timeout_begin(struct coil_timeout *timeout,
                                coil_time duration) COIL_MUST_CHECK;

/* The same with a point in time. */
COIL_API int coil_timeout_begin_at(struct coil_timeout *timeout,
                                   coil_time deadline) COIL_MUST_CHECK;

/*
 * End the scope.  `rc` is the result of its body.
 *
 * Returns -ETIMEDOUT if rc is -ECANCELED, the time was up, and nobody else had
 * asked for cancellation since the scope began; otherwise `rc`.  The timeout's
 * own request is withdrawn if it was not reported yet.  Ending twice changes
 * nothing.
 */
COIL_API int coil_timeout_end(struct coil_timeout *timeout, int rc)
    COIL_MUST_CHECK;

/*
 * Set another deadline; COIL_NEVER takes the limit away.  Returns 0, or
 * -EALREADY if the scope has expired or ended.
 */
COIL_API int coil_timeout_reschedule(struct coil_timeout *timeout,
                                     coil_time deadline);

/*
 * The deadline, or COIL_NEVER.  Whoever asks for it lets the clock be looked at:
 * then no more time comes on top.
 */
COIL_API coil_time coil_timeout_when(const struct coil_timeout *timeout);

/*
 * Whether the time was up before the scope ended; valid after the end too.  A
 * deadline that was in the past from the beginning counts when a suspending
 * call has been interrupted by it.
 */
COIL_API bool coil_timeout_expired(const struct coil_timeout *timeout);

#ifdef __cplusplus
}
#endif

#endif
