/* SPDX-License-Identifier: MIT */
#include "backend/epoll_wait.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/sys.h"
#include "base/platform.h"

/* Since Linux 5.11.  The number is the same on all processors. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* The kernel takes this, whatever the size of time_t is. */
struct kernel_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

static coil_time time_until(coil_time deadline)
{
    coil_time time;

    if (deadline <= 0 || deadline == COIL_NEVER)
        return deadline <= 0 ? 0 : COIL_NEVER;
    time = coil__sys_now();
    return deadline > time ? deadline - time : 0;
}

/* Round upwards: otherwise a wait would end too early, again and again. */
static int milliseconds(coil_time time)
{
    coil_time whole = time / COIL_MILLISECOND + (time % COIL_MILLISECOND > 0);

    if (time == COIL_NEVER)
        return -1;
    return whole < INT_MAX ? (int)whole : INT_MAX;
}

#ifdef COIL_TSAN

/*
 * ThreadSanitizer calls a signal's handler late: when the thread makes a call that
 * the sanitizer knows.  It does not know epoll_pwait2(), so a signal that came
 * just before would be seen when the wait has ended.
 */
static int wait_exactly(int fd, struct epoll_event *events, int count,
                        coil_time time)
{
    (void)fd;
    (void)events;
    (void)count;
    (void)time;
    errno = ENOSYS;
    return -1;
}

#else

/* Wait with nanoseconds.  `time` is not COIL_NEVER. */
static int wait_exactly(int fd, struct epoll_event *events, int count,
                        coil_time time)
{
    struct kernel_timespec limit = {
        .seconds = time / COIL_SECOND,
        .nanoseconds = time % COIL_SECOND,
    };

    return (int)syscall(SYS_epoll_pwait2, fd, events, count, &limit, NULL,
                        (size_t)0);
}

#endif

/*
 * Wait with milliseconds.  A sandbox that forbids epoll_wait() may still allow
 * epoll_pwait(), which some C libraries use for both.
 */
static int wait_coarsely(int fd, struct epoll_event *events, int count,
                         coil_time time)
{
    int limit = milliseconds(time);
    int n = epoll_wait(fd, events, count, limit);

    if (n < 0 && errno != EINTR)
        n = epoll_pwait(fd, events, count, limit, NULL);
    return n;
}

int coil__epoll_wait(int fd, struct epoll_event *events, int count,
                     bool *coarse, coil_time deadline)
{
    coil_time time = time_until(deadline);
    int n;

    if (*coarse || time == 0 || time == COIL_NEVER)
        return wait_coarsely(fd, events, count, time);
    n = wait_exactly(fd, events, count, time);
    /* An old kernel returns ENOSYS, a sandbox whatever its author chose. */
    if (n < 0 && errno != EINTR) {
        *coarse = true;
        n = wait_coarsely(fd, events, count, time);
    }
    return n;
}
