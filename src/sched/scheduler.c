/* SPDX-License-Identifier: MIT */
#include "sched/scheduler.h"

#include <errno.h>

#include "sched/thread.h"

void coil__scheduler_withdraw(struct coil_scheduler *s, struct coil_runnable *r,
                              unsigned turn)
{
    coil__scheduler_remove(s, r);
    /* What became ready in this turn belongs to the next one. */
    if (turn == s->turn)
        return;
    if (s->turn_left > 0)
        s->turn_left--;
    else if (s->fuel > 0)
        coil__scheduler_burn(s);
}

int coil_scheduler_enter(struct coil_scheduler *scheduler)
{
    if (coil_scheduler_current())
        return -EBUSY;
    coil__thread()->scheduler = scheduler;
    return 0;
}

void coil_scheduler_leave(struct coil_scheduler *scheduler)
{
    struct coil_thread *self = coil__thread();

    if (self->scheduler == scheduler)
        self->scheduler = self->forked;
    coil__thread_free_stacks();
}

struct coil_scheduler *coil_scheduler_current(void)
{
    const struct coil_thread *self = coil__thread();

    return self->scheduler == self->forked ? NULL : self->scheduler;
}

void coil_scheduler_append(struct coil_scheduler *scheduler,
                           struct coil_runnable *runnable)
{
    coil__scheduler_append(scheduler, runnable);
}

struct coil_runnable *coil_scheduler_pop(struct coil_scheduler *scheduler)
{
    return coil__scheduler_pop(scheduler);
}

size_t coil_scheduler_ready_count(const struct coil_scheduler *scheduler)
{
    return scheduler->ready_count;
}

void coil_runnable_run(struct coil_runnable *runnable)
{
    runnable->run(runnable);
}
