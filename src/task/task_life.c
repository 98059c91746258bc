/* SPDX-License-Identifier: MIT */
/*
 * task_life.c - how a task is made, runs, and ends
 */
#include "task/task_life.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "context/switch.h"
#include "task/cancel.h"
#include "task/future.h"
#include "sched/foreign.h"
#include "sched/local.h"
#include "sched/scheduler.h"
#include "sched/sink.h"
#include "sched/small.h"
#include "task/task.h"
#include "task/task_owner.h"
#include "task/task_record.h"

/* Ids are taken in blocks, as one atomic operation per task would be slow. */
enum { ID_BLOCK = 1024 };

static uint64_t new_id(void)
{
    static atomic_uint_fast64_t blocks;
    static _Thread_local uint64_t last;

    if (last % ID_BLOCK == 0)
        last = atomic_fetch_add(&blocks, 1) * ID_BLOCK;
    return ++last;
}

/* ---- running -------------------------------------------------------------- */

/* A signal handler may walk the list (inspect/snapshot.c). */
static void link_task(struct coil_scheduler *s, struct coil_task *task)
{
    coil__list_append(&s->tasks, &task->link);
    s->task_count++;
}

static void unlink_task(struct coil_scheduler *s, struct coil_task *task)
{
    coil__list_remove(&s->tasks, &task->link);
    s->task_count--;
    s->tasks_ended++;
}

static COIL_COLD void count_error(struct coil_scheduler *s, int rc)
{
    if (rc == -ECANCELED)
        s->tasks_cancelled++;
    else
        s->tasks_failed++;
}

/* In its eager step, a task may only return to its creator when it suspends. */
static bool is_in_eager_step(const struct coil_task *task)
{
    return !task->co.hands_over;
}

/*
 * An eager task can end within coil_task_create(), before its creator has the
 * pointer.  So its owner is told in the next turn.
 */
static void tell_owner(struct coil_runnable *runnable)
{
    struct coil_task *task = coil__coroutine_of(runnable)->task;

    coil__task_owner_tell(task);
    coil_task_release(task);
}

/* Runs on the task's own stack.  Only the last switch comes after it. */
static void finish(struct coil_task *task, int rc)
{
    struct coil_scheduler *scheduler = task->co.scheduler;

    task->co.state = COIL_COROUTINE_DONE;
    task->ended_untold = task->co.running.interrupt < 0 && rc != -ECANCELED;
    task->co.running.interrupt = 0;
    task->co.result = rc;
    if (COIL_UNLIKELY(coil__recorder_of(scheduler)))
        coil__task_record_ended(scheduler->recorder, task);
    if (task->arg_destroy)
        coil__guard_void(task->arg_destroy, task->co.arg);
    unlink_task(scheduler, task);
    if (COIL_UNLIKELY(rc < 0))
        count_error(scheduler, rc);
    /* References to the task may outlive the loop. */
    task->co.scheduler = NULL;
    /* Somebody has a reference: the loop reports that when it is closed. */
    if (task->references > 1 && scheduler->loop)
        coil__task_keep(scheduler, task);
    coil__future_complete(&task->future, rc, NULL);
    if (task->owner && is_in_eager_step(task)) {
        task->co.runnable.run = tell_owner;
        coil__scheduler_append(scheduler, &coil_task_retain(task)->co.runnable);
    } else if (task->owner) {
        coil__task_owner_tell(task);
    }
    coil_task_release(task);
}

static COIL_NO_TSAN struct coil_switch *run(void *arg)
{
    struct coil_task *task = arg;
    struct coil_coroutine *co = &task->co;

    coil__coroutine_entered(co);
    if (COIL_UNLIKELY(coil__recorder_of(co->scheduler)))
        coil__task_record_started(co->scheduler->recorder, task);
    finish(task, co->running.interrupt < 0 ? -ECANCELED : co->fn(co->arg));
    return coil__coroutine_end(co);
}

uintptr_t coil__task_entry(void)
{
    return (uintptr_t)run;
}

/* ---- creation ------------------------------------------------------------- */

static const struct coil_misuse without_loop = {
    .message = "no loop runs in this thread",
    .error = -EINVAL,
    .cure = "call it in a function that is given to coil_run()",
};

static int check_options(const struct coil_task_options *options,
                         const struct coil_scheduler *scheduler)
{
    if (COIL_UNLIKELY(!scheduler)) {
        coil__report_misuse(&without_loop, NULL);
        return -EINVAL;
    }
    if (scheduler->closing || scheduler->forked)
        return -EINVAL;
    if (options->arg_size > COIL_TASK_ARG_MAX)
        return -EINVAL;
    if (options->eager && scheduler->loop && !scheduler->running)
        return -EINVAL;
    return 0;
}

static COIL_NOINLINE void run_eagerly(struct coil_task *task)
{
    coil_task_retain(task);
    coil__coroutine_resume(&task->co);
    task->co.hands_over = true;
    coil_task_release(task);
}

static void hold(struct coil_future *future)
{
    coil_task_retain(coil__task_of(future));
}

static void drop(struct coil_future *future)
{
    coil_task_release(coil__task_of(future));
}

static bool cancel(struct coil_future *future)
{
    return coil_task_cancel(coil__task_of(future));
}

static const struct coil_future_ops as_future = {
    .hold = hold,
    .drop = drop,
    .cancel = cancel,
};

static void told(struct coil_coroutine *co)
{
    coil__cancel_tell_all(co->task);
}

static const char *name(struct coil_coroutine *co)
{
    return coil_task_name(co->task);
}

/*
 * For debug mode: a thread that does not run the task's loop must not wake the
 * task up.
 */
static void check_and_ready(struct coil_coroutine *co, int outcome)
{
    (void)outcome;
    if (co->scheduler != coil__thread()->scheduler)
        coil__scheduler_check_thread(co->scheduler, NULL);
    coil__coroutine_ready(co);
}

static const struct coil_driver by_task = {
    .woken = check_and_ready,
    .told = told,
    .name = name,
};

/* `task` is zeroed.  Its function and its owner are set elsewhere. */
static COIL_ALWAYS_INLINE void set_up(struct coil_task *task,
                                      struct coil_scheduler *scheduler,
                                      const struct coil_task_options *options)
{
    task->co.task = task;
    task->co.driver = &by_task;
    if (options->own_fp_environment) {
        task->co.context.extras |= COIL_CONTEXT_OWN_FP;
        coil__fp_save(task->co.context.fp);
    }
    task->co.hands_over = !options->eager;
    task->co.asks = coil__task_asks(scheduler);
    task->co.runnable.run = coil__coroutine_run;
    task->co.scheduler = scheduler;
    task->future.ops = &as_future;
    task->references = 1;
    task->arg_destroy = options->arg_destroy;
    task->co.locals = coil__locals_capture();
    task->co.running.id = new_id();
    if (options->name)
        coil_task_set_name(task, options->name);
}

int coil__task_create(struct coil_task **out, coil_fn fn, void *arg,
                      const struct coil_task_options *options, const char *site)
{
    static const struct coil_task_options defaults;
    struct coil_scheduler *scheduler = coil__thread()->scheduler;
    struct coil_task *task;
    void *memory;
    int rc;

    if (!options)
        options = &defaults;
    rc = check_options(options, scheduler);
    if (rc < 0)
        return rc;
    if (COIL_UNLIKELY(options->small_stack))
        rc = coil__small_create(&memory, sizeof *task + options->arg_size,
                                options->stack_size, run, fn, scheduler->debug);
    else
        rc = coil__coroutine_create(&memory, sizeof *task + options->arg_size,
                                    options->stack_size, run);
    if (rc < 0)
        return rc;

    task = memory;
    if (options->arg_size > 0)
        arg = memcpy(task + 1, arg, options->arg_size);
    task->co.fn = fn;
    task->co.arg = arg;
    task->co.site = site;
    set_up(task, scheduler, options);
    if (out) {
        task->references++;
        *out = task;
    }
    link_task(scheduler, task);
    if (COIL_UNLIKELY(coil__recorder_of(scheduler)))
        coil__task_record_made(scheduler->recorder, task);
    task->owner = options->owner;
    if (task->owner)
        coil__task_owner_add(task);
    if (COIL_UNLIKELY(is_in_eager_step(task)))
        run_eagerly(task);
    else
        coil__coroutine_ready(&task->co);
    return 0;
}

int coil_task_create_at(struct coil_task **out, coil_fn fn, void *arg,
                        const struct coil_task_options *options,
                        const char *site)
{
    return coil__task_create(out, fn, arg, options, site);
}

int coil_task_create_copy_at(struct coil_task **out, coil_fn fn,
                             const void *arg, size_t arg_size, const char *site)
{
    const struct coil_task_options options = { .arg_size = arg_size };

    /* Nothing writes to *arg, only to the copy. */
    return coil__task_create(out, fn, (void *)(uintptr_t)arg, &options, site);
}

/* ---- results -------------------------------------------------------------- */

bool coil_task_is_cancelled(const struct coil_task *task)
{
    return coil_future_is_cancelled(&task->future);
}

int coil_task_result(struct coil_task *task)
{
    return coil_future_result(&task->future, NULL);
}

int coil_task_await(struct coil_task *task)
{
    int rc;

    coil_task_retain(task);
    rc = coil_future_await(&task->future, NULL);
    coil_task_release(task);
    return rc;
}

/* ---- names --------------------------------------------------------------- */

void coil_task_set_name(struct coil_task *task, const char *name)
{
    const struct coil_scheduler *s = task->co.scheduler;

    snprintf(task->name, sizeof task->name, "%s", name);
    if (s && coil__recorder_of(s))
        coil__task_record_name(s->recorder, task);
}
