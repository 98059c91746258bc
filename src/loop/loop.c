/* SPDX-License-Identifier: MIT */
#include "loop/loop.h"

#include "sched/foreign.h"
#include "sched/scheduler.h"
#include "task/task.h"
#include "task/task_life.h"
#include "sched/thread.h"

struct coil_loop *coil_loop_current(void)
{
    return coil__loop_of(coil_scheduler_current());
}

bool coil_loop_is_running(const struct coil_loop *loop)
{
    return loop->scheduler.running;
}

void coil_loop_set_debug(struct coil_loop *loop, bool debug)
{
    if (debug)
        coil__scheduler_check_thread(&loop->scheduler, __func__);
    loop->scheduler.debug = debug;
    loop->backend->searches = debug;
    for (struct coil_task *t = coil__task_first(&loop->scheduler); t;
         t = coil__task_next(t))
        coil__coroutine_ask_driver(coil__coroutine_of_task(t), debug);
    /* A turn that began step by step also ends so. */
    loop->stepwise = loop->stepwise || debug || loop->steps;
}

bool coil_loop_is_debug(const struct coil_loop *loop)
{
    return loop->scheduler.debug;
}

struct coil_scheduler *coil_loop_scheduler(struct coil_loop *loop)
{
    return &loop->scheduler;
}

void coil_loop_set_slow_callback_duration(struct coil_loop *loop,
                                          coil_time duration)
{
    atomic_store_explicit(&loop->watched.limit, duration > 0 ? duration : 0,
                          memory_order_relaxed);
}

coil_time coil_loop_slow_callback_duration(const struct coil_loop *loop)
{
    return atomic_load_explicit(&loop->watched.limit, memory_order_relaxed);
}

coil_time coil__loop_now(struct coil_loop *loop)
{
    return loop->backend->ops->now(loop->backend);
}

void coil_loop_hold(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->backend->holds++;
}

void coil_loop_release(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->backend->holds--;
}

void coil_loop_stop(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->stopping = true;
}

int coil_loop_create_task_at(struct coil_loop *loop, struct coil_task **out,
                             coil_fn fn, void *arg,
                             const struct coil_task_options *options,
                             const char *site)
{
    struct coil_thread *self = coil__thread();
    struct coil_scheduler *running = self->scheduler;
    int rc;

    coil__loop_check(loop, __func__);
    self->scheduler = &loop->scheduler;
    rc = coil__task_create(out, fn, arg, options, site);
    self->scheduler = running;
    return rc;
}
