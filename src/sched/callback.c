/* SPDX-License-Identifier: MIT */
#include "sched/callback.h"

#include "sched/scheduler.h"

static struct coil_callback *callback_of(struct coil_runnable *runnable)
{
    return coil__container_of(runnable, struct coil_callback, runnable);
}

static void run(struct coil_runnable *runnable)
{
    struct coil_callback *cb = callback_of(runnable);
    struct coil_locals *before = coil__locals_enter(&cb->locals);

    cb->state = COIL__CALLBACK_IDLE;
    cb->fn(cb->arg);
    coil__locals_leave(before);
}

void coil__callback_make_due(struct coil_callback *cb)
{
    cb->state = COIL__CALLBACK_DUE;
    cb->turn = cb->scheduler->turn;
    cb->runnable.run = run;
    coil__scheduler_append(cb->scheduler, &cb->runnable);
}

/* `cb` has left the ready queue. */
static void drop(struct coil_callback *cb)
{
    coil__callback_give_back(cb);
    if (cb->uncalled)
        cb->uncalled(cb);
}

bool coil__callback_withdraw(struct coil_callback *cb)
{
    if (cb->state != COIL__CALLBACK_DUE)
        return false;
    coil__scheduler_withdraw(cb->scheduler, &cb->runnable, cb->turn);
    drop(cb);
    return true;
}

void coil__callbacks_drop(struct coil_scheduler *scheduler)
{
    struct coil_runnable *r;

    while ((r = coil__scheduler_pop(scheduler))) {
        if (r->run == run)
            drop(callback_of(r));
    }
}
