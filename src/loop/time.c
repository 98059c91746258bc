/* SPDX-License-Identifier: MIT */
#include <coil/time.h>

#include "loop/loop.h"
#include "backend/sys.h"

coil_time coil_now(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop ? coil__loop_now(loop) : coil__sys_now();
}

coil_time coil_time_of_day(void)
{
    const struct coil_loop *loop = coil_loop_current();
    coil_time now = coil__sys_time_of_day();

    if (loop && loop->backend->ops->remember)
        loop->backend->ops->remember(loop->backend, &now, sizeof now);
    return now;
}

coil_time coil_after(coil_time duration)
{
    return coil__time_add(coil_now(), duration);
}
