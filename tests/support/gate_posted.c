/* SPDX-License-Identifier: MIT */
/* gate_posted.c - what another thread has left for the running loop */
#include <sched.h>
#include <stdatomic.h>

#include "loop/loop.h"

/* gate_test.h, whose counters have names that loop.h uses for other things. */
void until_posted(void);

/* The loop is awake, so nobody wakes it: only the inbox tells. */
void until_posted(void)
{
    struct coil_loop *loop = coil_loop_current();

    while (!atomic_load(&loop->inbox))
        sched_yield();
}
