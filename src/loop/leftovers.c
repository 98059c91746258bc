/* SPDX-License-Identifier: MIT */
/*
 * leftovers.c - what a task must not leave on its stack when it ends
 *
 * A scope that has begun and not ended lies on the stack of its task.  Tasks of
 * a group and the timer of a timeout would later write there, where another task
 * runs by then.
 *
 * Of very many tasks and timers only the first are looked at, so that a step
 * does not take long even then.
 */
#include "loop/leftovers.h"

#include "base/panic.h"
#include "loop/timers.h"
#include "sched/coroutine.h"
#include "task/task.h"

enum { LOOKS_MAX = 1000 };

static bool is_on_stack(const struct coil_task *task, const void *object)
{
    const char *at = object;

    return at >= task->co.stack->low && at < task->co.stack->top;
}

COIL_NORETURN static void stop(struct coil_task *task, const char *function,
                               const char *what)
{
    coil__panic(
        function,
        "not called by task '%s', made at %s, which has ended: %s: call "
        "it on every way out",
        coil_task_name(task),
        task->co.site ? task->co.site : "an unknown place", what);
}

static void check_owners(const struct coil_loop *loop, struct coil_task *ended)
{
    int looks = 0;

    for (const struct coil_task *t = coil__task_first(&loop->scheduler);
         t && looks < LOOKS_MAX; t = coil__task_next(t), looks++)
        if (t->owner && is_on_stack(ended, t->owner))
            stop(ended, "coil_task_group_end",
                 "tasks of its group still run, and the group lies on its "
                 "stack");
}

static bool is_left_by(const struct coil_handle *timer, const void *ended)
{
    return is_on_stack(ended, timer);
}

static void check_timers(const struct coil_timers *timers,
                         struct coil_task *ended)
{
    if (coil__timers_any(timers, LOOKS_MAX, is_left_by, ended))
        stop(ended, "coil_timeout_end, or coil_handle_cancel",
             "a timer on its stack is still armed");
}

void coil__leftovers_run(struct coil_loop *loop, struct coil_runnable *r)
{
    struct coil_task *task;

    if (r->run != coil__coroutine_run) {
        r->run(r);
        return;
    }
    task = coil_task_retain(coil__coroutine_of(r)->task);
    r->run(r);
    if (task->co.state == COIL_COROUTINE_DONE && !loop->scheduler.forked) {
        check_owners(loop, task);
        check_timers(&loop->timers, task);
        task->co.at_release |= COIL_AT_RELEASE_GUARD;
    }
    coil_task_release(task);
}
