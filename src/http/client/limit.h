/* SPDX-License-Identifier: MIT */
/*
 * http/client/limit.h - a limit of time with an error of its own
 *
 *     rc = coil__http_limit_begin(&limit, 10 * COIL_SECOND);
 *     if (rc == 0)
 *         rc = coil__http_limit_end(&limit, work(), COIL_EHTTP_…_TIMEOUT);
 *
 * In a coroutine that no task drives there are no limits of time, and these do
 * nothing.
 */
#ifndef COIL_HTTP_CLIENT_LIMIT_H
#define COIL_HTTP_CLIENT_LIMIT_H

#include <errno.h>

#include <coil/task.h>
#include <coil/timeout.h>

struct coil__http_limit {
    struct coil_timeout scope;
    bool is_on;
};

/* As coil__http_limit_begin(), for a limit that will be `later` afterwards. */
static inline int coil__http_limit_begin_any(struct coil__http_limit *limit,
                                             coil_time duration,
                                             coil_time later)
{
    limit->is_on =
        (duration != COIL_NEVER || later != COIL_NEVER) && coil_current_task();
    return limit->is_on ? coil_timeout_begin(&limit->scope, duration) : 0;
}

/* Returns 0.  COIL_NEVER is no limit. */
static inline int coil__http_limit_begin(struct coil__http_limit *limit,
                                         coil_time duration)
{
    return coil__http_limit_begin_any(limit, duration, COIL_NEVER);
}

/* Returns `rc`, or `error` if it was the limit that ended the work. */
static inline int coil__http_limit_end(struct coil__http_limit *limit, int rc,
                                       int error)
{
    int ended = limit->is_on ? coil_timeout_end(&limit->scope, rc) : rc;

    return rc == -ECANCELED && ended == -ETIMEDOUT ? error : ended;
}

#endif
