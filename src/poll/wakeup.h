/* SPDX-License-Identifier: MIT */
/*
 * poll/wakeup.h - end the wait of a loop from another thread, or a signal handler
 *
 * An eventfd, and a flag which says that a wake-up is under way: until the loop
 * has taken it, others have nothing to add and cost no system call.  The flag is
 * what counts; a count of the eventfd may be left of a wake-up taken before.
 */
#ifndef COIL_POLL_WAKEUP_H
#define COIL_POLL_WAKEUP_H

#include <stdatomic.h>
#include <stdbool.h>

struct coil_wakeup {
    int fd;
    atomic_bool under_way;
};

/* 0, or -EMFILE, -ENFILE, -ENOMEM … */
int coil__wakeup_open(struct coil_wakeup *wakeup);

void coil__wakeup_close(struct coil_wakeup *wakeup);

/* From any thread and from signal handlers. */
void coil__wakeup_send(struct coil_wakeup *wakeup);

static inline bool coil__wakeup_is_under_way(const struct coil_wakeup *wakeup)
{
    return atomic_load(&wakeup->under_way);
}

/* The loop is awake.  Whether it was woken; the next wake-up is sent again. */
static inline bool coil__wakeup_take(struct coil_wakeup *wakeup)
{
    return atomic_exchange(&wakeup->under_way, false);
}

#endif
