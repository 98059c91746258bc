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

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec / 1000;
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

    begun = now();
    busy_before = busy_time();
    errno = saved;
}

unsigned time_limit_left_after(unsigned limit, uint64_t elapsed, uint64_t busy)
{
    uint64_t quiet = elapsed > busy ? elapsed - busy : 0;
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
    uint64_t elapsed = now() - begun;
    uint64_t busy = busy_time();
    unsigned left;

    busy = busy > busy_before ? busy - busy_before : 0;
    left = time_limit_left_after(limit, elapsed, busy);
    errno = saved;
    return left;
}
