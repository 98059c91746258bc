/* SPDX-License-Identifier: MIT */
/*
 * scope/staggered_race.h - a race: it lies on the stack of the task that waits
 */
#ifndef COIL_SCOPE_STAGGERED_RACE_H
#define COIL_SCOPE_STAGGERED_RACE_H

#include <coil/loop.h>
#include <coil/staggered_race.h>

#include "sched/wait.h"

struct coil_race {
    struct coil_list queue;
    struct coil_waiter waiter;
    struct coil_handle alarm;
    struct coil_racer *racers;
    size_t count;
    coil_time delay;
    const char *site;
    size_t next;    /* to be started */
    size_t running; /* started and not ended */
    int winner;
    int first_error;
    bool is_due; /* the next may start */
    bool cancelled;
};

#endif
