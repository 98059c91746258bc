/* SPDX-License-Identifier: MIT */
/*
 * still_clock.c - a clock that moves by 20 ns whenever it is read
 *
 * Linked with rows.c where instructions are counted.  How often the loop looks
 * outside depends on time, so with a real clock the counts would depend on it.
 */
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static long readings;
    long now = 20 * __atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED);

    (void)clock;
    /* Some time after the beginning: no clock of a running system shows 0. */
    time->tv_sec = 1000 + now / 1000000000;
    time->tv_nsec = now % 1000000000;
    return 0;
}
