/* SPDX-License-Identifier: MIT */
/*
 * task/task.h - a future that drives a coroutine
 *
 * The life of a task: it is created, appended to the ready queue, and run step
 * by step.  When its function has returned, the future is completed and the
 * loop's reference is given back.  The last reference releases the stack, on
 * which the task itself lies.  The copy of an argument follows the struct,
 * aligned for every type.
 */
#ifndef COIL_TASK_TASK_H
#define COIL_TASK_TASK_H

#include <stdalign.h>

#include <coil/scheduler.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "sched/coroutine.h"
#include "sched/sink.h"

#define COIL_TASK_NAME 32 /* with its final 0 */
#define COIL_TASK_ARG_MAX 1024


struct coil_task {
    alignas(max_align_t) struct coil_coroutine co; /* first */
    struct coil_future future;
    struct coil_link link;         /* among the scheduler's tasks */
    struct coil_hook kept;         /* ended, and somebody has a reference */
    struct coil_scheduler *keeper; /* in whose list `kept` is */
    unsigned references;
    /* Cancellation: cancel.c. */
    unsigned user_requests;
    unsigned user_untold;
    bool ended_untold; /* at its end it had an untold request */
    struct coil_cancel_request *requests;
    struct coil_task_owner *owner; /* may be NULL */
    struct coil_link sibling;      /* among its tasks */
    void (*arg_destroy)(void *arg);
    char name[COIL_TASK_NAME]; /* empty: Task-<id> */
};

/* The task has ended, and somebody has a reference; and not any more. */
static inline void coil__task_keep(struct coil_scheduler *scheduler,
                                   struct coil_task *task)
{
    coil__hook_push(&scheduler->kept, &task->kept);
    task->keeper = scheduler;
    scheduler->kept_count++;
}

static inline void coil__task_forget(struct coil_task *task)
{
    coil__hook_remove(&task->kept);
    task->keeper->kept_count--;
}

static inline struct coil_task *coil__task_of(struct coil_future *future)
{
    return coil__container_of(future, struct coil_task, future);
}

/* The oldest task of `scheduler`, and the one after `task`; NULL: none. */
static inline struct coil_task *coil__task_of_link(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_task, link) : NULL;
}

static inline struct coil_task *
coil__task_first(const struct coil_scheduler *scheduler)
{
    return coil__task_of_link(scheduler->tasks.head);
}

static inline struct coil_task *coil__task_next(const struct coil_task *task)
{
    return coil__task_of_link(task->link.next);
}

/* An exception that concerns `task`. */
static inline struct coil_exception
coil__task_exception(const char *message, int error, struct coil_task *task)
{
    struct coil_exception exception = coil__exception(message, error, NULL);

    exception.task = task;
    exception.future = &task->future;
    exception.site = task->co.site;
    return exception;
}

#endif
