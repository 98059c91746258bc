/* SPDX-License-Identifier: MIT */
#include <coil/guest.h>

#include <errno.h>

#include "run/drive.h"
#include "loop/handle.h"
#include "loop/loop.h"
#include "inspect/deadlock.h"

int coil_loop_fd(const struct coil_loop *loop)
{
    if (loop->scheduler.forked)
        return -EBADF;
    if (!loop->backend->ops->descriptor)
        return -ENOTSUP;
    return loop->backend->ops->descriptor(loop->backend);
}

coil_time coil_loop_timeout(struct coil_loop *loop)
{
    const struct coil_handle *first;
    coil_time when;
    coil_time now;

    coil__loop_check(loop, __func__);
    coil__loop_arm_noted(loop, coil__loop_now(loop));
    first = coil__timers_first(&loop->timers);
    if (!coil__scheduler_is_idle(&loop->scheduler) || loop->stopping ||
        atomic_load(&loop->inbox))
        return 0;
    when = first ? first->when : COIL_NEVER;
    if (loop->trims_at && loop->trims_at < when)
        when = loop->trims_at;
    if (when == COIL_NEVER)
        return COIL_NEVER;
    now = coil__loop_now(loop);
    return when > now ? when - now : 0;
}

int coil_loop_run_once(struct coil_loop *loop, coil_time timeout)
{
    coil_time limit = INT64_MIN;
    int rc;

    if (timeout > 0)
        limit = coil__time_add(coil__loop_now(loop), timeout);
    rc = coil__loop_run_once(loop, limit);
    if (rc == -EDEADLK)
        coil__report_deadlock(loop);
    return rc;
}
