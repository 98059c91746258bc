/* SPDX-License-Identifier: MIT */
#include "task/task.h"

#include <errno.h>
#include <stdio.h>

#include "task/future.h"
#include "sched/call.h"
#include "sched/local.h"
#include "sched/sink.h"
#include "sched/small.h"

/* ---- references ----------------------------------------------------------- */

static void tell_unseen(struct coil_task *task, int error)
{
    struct coil_exception exception = coil__task_exception(
        task->future.abandoned ? COIL__ABANDONED
                               : "a task's error was never looked at",
        error, task);

    if (!task->future.abandoned)
        exception.cure = "await the task, or make it in a task group";
    coil__sink_tell_unseen(&exception);
}

struct coil_task *coil_task_retain(struct coil_task *task)
{
    task->references++;
    return task;
}

/*
 * The memory of a released task stays as it is until the next task is made.
 * Until then, a further release comes here again.
 */
static void at_release(struct coil_task *task)
{
    if (task->co.at_release & COIL_AT_RELEASE_DONE)
        coil__panic_call("coil_task_release", "the task was released already",
                         "release it once, after the last look at it");
    if (task->co.at_release & COIL_AT_RELEASE_MEASURE)
        coil__small_measure(&task->co);
    if (task->co.at_release & COIL_AT_RELEASE_GUARD) {
        task->co.at_release |= COIL_AT_RELEASE_DONE;
        task->references = 1;
        task->future.retrieved = true;
    }
}

void coil_task_release(struct coil_task *task)
{
    int rc;

    if (!task || --task->references > 0)
        return;
    if (task->kept.link)
        coil__task_forget(task);
    rc = task->future.status;
    if (rc < 0 && rc != -ECANCELED && !task->future.retrieved && !task->owner)
        tell_unseen(task, rc);
    coil__locals_drop(&task->co.locals);
    if (COIL_UNLIKELY(task->co.at_release))
        at_release(task);
    coil__coroutine_dispose(&task->co);
}

struct coil_future *coil_task_future(struct coil_task *task)
{
    return &task->future;
}

bool coil_task_is_done(const struct coil_task *task)
{
    return task->future.done;
}

/* ---- names and lists ------------------------------------------------------ */

const char *coil_task_name(struct coil_task *task)
{
    if (!task->name[0])
        snprintf(task->name, sizeof task->name, "Task-%llu",
                 (unsigned long long)task->co.running.id);
    return task->name;
}

uint64_t coil_task_id(const struct coil_task *task)
{
    return task->co.running.id;
}

struct coil_task *coil_current_task(void)
{
    struct coil_coroutine *co = coil__thread()->current;

    return co ? co->task : NULL;
}

size_t coil_all_tasks(struct coil_task **tasks, size_t capacity)
{
    const struct coil_scheduler *scheduler = coil__thread()->scheduler;
    size_t n = 0;

    if (!scheduler)
        return 0;
    for (struct coil_task *t = coil__task_first(scheduler); t;
         t = coil__task_next(t)) {
        if (n < capacity)
            tasks[n] = t;
        n++;
    }
    return n;
}
