/* SPDX-License-Identifier: MIT */
#include "poll/epoll.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "poll/sys.h"

/* Linux 5.11; the number is the same everywhere. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* What the kernel takes whatever the size of time_t. */
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

/* Upwards, or a wait would end a little before its time again and again. */
static int milliseconds(coil_time time)
{
    coil_time whole = time / COIL_MILLISECOND + (time % COIL_MILLISECOND > 0);

    if (time == COIL_NEVER)
        return -1;
    return whole < INT_MAX ? (int)whole : INT_MAX;
}

int coil__epoll_wait(struct epoll_backend *e, coil_time deadline)
{
    coil_time time = time_until(deadline);
    struct kernel_timespec limit = {
        .seconds = time / COIL_SECOND,
        .nanoseconds = time % COIL_SECOND,
    };
    long n;

    if (e->coarse || time == 0 || time == COIL_NEVER)
        return epoll_wait(e->fd, e->events, EPOLL_BATCH, milliseconds(time));
    n = syscall(SYS_epoll_pwait2, e->fd, e->events, EPOLL_BATCH, &limit, NULL,
                (size_t)0);
    /* EPERM: what containers say to system calls they do not know. */
    if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
        e->coarse = true;
        return epoll_wait(e->fd, e->events, EPOLL_BATCH, milliseconds(time));
    }
    return (int)n;
}
