/* SPDX-License-Identifier: MIT */
#include <coil/time.h>

#include <time.h>

#include "core/loop.h"

coil_time coil_now(void)
{
    struct coil_loop *loop = coil_loop_current();
    struct timespec now;

    if (loop)
        return coil__loop_now(loop);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * COIL_SECOND + now.tv_nsec;
}

coil_time coil_after(coil_time duration)
{
    coil_time deadline;

    if (__builtin_add_overflow(coil_now(), duration, &deadline))
        return duration > 0 ? COIL_NEVER : INT64_MIN;
    return deadline;
}
