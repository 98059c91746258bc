/* SPDX-License-Identifier: MIT */
#include "time_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000 }; /* in microseconds */

static uint64_t begun;
static uint64_t busy_before;
static uint64_t used_before;

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec / 1000;
}

/* Of the processors' time; a machine of virtual processors may be slow. */
static uint64_t time_used(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Since the machine started; 0 where that is unknown. */
static uint64_t busy_time(void)
{
    char text[256];
    const char *total;
    ssize_t n;
    int fd = open("/proc/pressure/cpu", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    total = strstr(text, "total=");
    return total ? strtoull(total + strlen("total="), NULL, 10) : 0;
}

void time_limit_begin(void)
{
    int saved = errno;

    begun = read_clock(CLOCK_MONOTONIC);
    busy_before = busy_time();
    used_before = time_used();
    errno = saved;
}

unsigned time_limit_left_after(unsigned limit, uint64_t elapsed, uint64_t busy,
                               uint64_t used)
{
    uint64_t excused = busy > used / 4 * 3 ? busy : used / 4 * 3;
    uint64_t quiet = elapsed > excused ? elapsed - excused : 0;
    uint64_t end = (uint64_t)limit * SECOND;
    uint64_t left;

    if (quiet >= end || elapsed >= end * TIME_LIMIT_TIMES)
        return 0;
    left = end - quiet;
    if (left > end * TIME_LIMIT_TIMES - elapsed)
        left = end * TIME_LIMIT_TIMES - elapsed;
    return (unsigned)((left + SECOND - 1) / SECOND);
}

unsigned time_limit_left(unsigned limit)
{
    int saved = errno;
    uint64_t elapsed = read_clock(CLOCK_MONOTONIC) - begun;
    uint64_t busy = busy_time();
    unsigned left;

    busy = busy > busy_before ? busy - busy_before : 0;
    left =
        time_limit_left_after(limit, elapsed, busy, time_used() - used_before);
    errno = saved;
    return left;
}
