/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include "core/registry.h"
#include "core/scheduler.h"
#include "core/thread.h"

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
    loop->poll->searches = debug;
    /* A turn that began stepwise ends so. */
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
    return loop->poll->ops->now(loop->poll);
}

void coil_loop_hold(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->poll->holds++;
}

void coil_loop_release(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->poll->holds--;
}

void coil_loop_stop(struct coil_loop *loop)
{
    coil__loop_check(loop, __func__);
    loop->stopping = true;
}

void coil_loop_stop_threadsafe(struct coil_loop *loop)
{
    coil__loops_lock();
    if (coil__loops_find(loop)) {
        atomic_store_explicit(&loop->stop_requested, true,
                              memory_order_release);
        loop->poll->ops->wake(loop->poll);
    }
    coil__loops_unlock();
}
