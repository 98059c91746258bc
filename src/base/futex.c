/* SPDX-License-Identifier: MIT */
#include "base/futex.h"

#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Constants of futex(2), for threads of one process.  The kernel's header may
 * be missing.
 */
enum { WAIT_PRIVATE = 0 | 128, WAKE_PRIVATE = 1 | 128 };

enum { SECOND = 1000000000 };

void coil__futex_wait(atomic_uint *word, unsigned value, int64_t nanoseconds)
{
    const struct timespec time = {
        .tv_sec = (time_t)(nanoseconds / SECOND),
        .tv_nsec = (long)(nanoseconds % SECOND),
    };

    syscall(SYS_futex, word, WAIT_PRIVATE, value, &time, NULL, 0);
}

void coil__futex_wake(atomic_uint *word)
{
    syscall(SYS_futex, word, WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
