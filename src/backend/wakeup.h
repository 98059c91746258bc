/* SPDX-License-Identifier: MIT */
/*
 * backend/wakeup.h - end the wait of a loop from another thread, or a signal handler
 *
 * An eventfd, and a flag which says that a wake-up is under way: until the loop
 * has taken it, others have nothing to add and cost no system call.  The flag is
 * what counts; a count of the eventfd may be left of a wake-up taken before.
 *
 * Where the kernel gives no eventfd, a pipe takes its place.  A pipe that is full
 * could wake nobody, so it is emptied before the flag is cleared.
 */
#ifndef COIL_BACKEND_WAKEUP_H
#define COIL_BACKEND_WAKEUP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/platform.h"

struct coil_wakeup {
    int fd;     /* readable when somebody wakes the loop */
    int sender; /* the same, or the other end of the pipe */
    atomic_bool under_way;
};

/* 0, or -EMFILE, -ENFILE, -ENOMEM, or how the kernel refuses a pipe as well. */
int coil__wakeup_open(struct coil_wakeup *wakeup);

void coil__wakeup_close(struct coil_wakeup *wakeup);

/* From any thread and from signal handlers. */
void coil__wakeup_send(struct coil_wakeup *wakeup);

/* Read all that was written.  Of a pipe only. */
void coil__wakeup_drain(struct coil_wakeup *wakeup);

static inline bool coil__wakeup_is_pipe(const struct coil_wakeup *wakeup)
{
    return wakeup->sender != wakeup->fd;
}

static inline bool coil__wakeup_is_under_way(const struct coil_wakeup *wakeup)
{
    return atomic_load(&wakeup->under_way);
}

/* The loop is awake.  Whether it was woken; the next wake-up is sent again. */
static inline bool coil__wakeup_take(struct coil_wakeup *wakeup)
{
    if (COIL_UNLIKELY(coil__wakeup_is_pipe(wakeup)))
        coil__wakeup_drain(wakeup);
    return atomic_exchange(&wakeup->under_way, false);
}

#endif
