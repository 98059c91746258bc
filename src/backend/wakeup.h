/* SPDX-License-Identifier: MIT */
/*
 * backend/wakeup.h - end a loop's wait from a thread or a signal handler
 *
 * An eventfd, and a flag which says that a wake-up is under way.  Until the
 * loop has taken that wake-up, further ones are not sent and cost no system
 * call.  Only the flag counts: the eventfd may still have a count from an
 * earlier wake-up.
 *
 * If the kernel gives no eventfd, a pipe is used.  Nothing can be written to a
 * full pipe, so the pipe is emptied before the flag is cleared.
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

/*
 * 0, -EMFILE, -ENFILE, -ENOMEM, or the error for which there is no pipe either.
 */
int coil__wakeup_open(struct coil_wakeup *wakeup);

void coil__wakeup_close(struct coil_wakeup *wakeup);

/* May be called in any thread and in signal handlers. */
void coil__wakeup_send(struct coil_wakeup *wakeup);

/* Read all that was written.  For a pipe only. */
void coil__wakeup_drain(struct coil_wakeup *wakeup);

static inline bool coil__wakeup_is_pipe(const struct coil_wakeup *wakeup)
{
    return wakeup->sender != wakeup->fd;
}

static inline bool coil__wakeup_is_under_way(const struct coil_wakeup *wakeup)
{
    return atomic_load(&wakeup->under_way);
}

/*
 * The loop is awake.  Returns whether it was woken.  The next one is sent
 * again.
 */
static inline bool coil__wakeup_take(struct coil_wakeup *wakeup)
{
    if (COIL_UNLIKELY(coil__wakeup_is_pipe(wakeup)))
        coil__wakeup_drain(wakeup);
    return atomic_exchange(&wakeup->under_way, false);
}

#endif
