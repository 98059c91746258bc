/* SPDX-License-Identifier: MIT */
/*
 * timeouts.h - the scopes of a loop's tasks that end by themselves
 *
 * Timers are found through the loop.  One of them is a timeout's if it is the
 * timer of what it calls its function with, and that belongs to a task.
 */
#ifndef COIL_INSPECT_TIMEOUTS_H
#define COIL_INSPECT_TIMEOUTS_H

#include "snapshot.h"

struct timeout {
    uintptr_t task;
    int64_t when; /* by the loop's clock */
};

struct timeouts {
    struct timeout *all; /* by task, and then by time */
    size_t count, capacity;
};

/* None, if the table does not say where timers are. */
void timeouts_read(struct timeouts *timeouts, const struct target *target,
                   uintptr_t loop);
void timeouts_free(struct timeouts *timeouts);

/* The first of a task; the others follow it.  NULL: it has none. */
const struct timeout *timeouts_of(const struct timeouts *timeouts,
                                  uintptr_t task);

#endif
