/* SPDX-License-Identifier: MIT */
/*
 * task/task.h - a future that drives a coroutine
 *
 * Life of a task: created, appended to the ready queue, run step by step; when
 * its function has returned the future is completed, the loop's reference is
 * given back, and with the last reference the stack, on which the task itself
 * lies.  The copy of an argument follows the struct, aligned for every type.
 */
#ifndef COIL_TASK_TASK_H
#define COIL_TASK_TASK_H

#include <stdalign.h>

#include <coil/scheduler.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "sched/coroutine.h"

#define COIL_TASK_ARG_MAX 1024


struct coil_task {
    alignas(max_align_t) struct coil_coroutine co; /* first */
    struct coil_future future;
    struct coil_task *next; /* among the scheduler's tasks, then as `kept` */
    struct coil_task *prev;
    struct coil_task **kept; /* ended, and held: its link in the loop's list */
    unsigned references;
    /* Cancellation: cancel.c. */
    unsigned user_requests;
    unsigned user_undelivered;
    bool ended_untold; /* with a request that it had not been told of */
    struct coil_cancel_request *requests;
    struct coil_task_owner *owner;  /* may be NULL */
    struct coil_task *sibling_next; /* among the tasks of the owner */
    struct coil_task *sibling_prev;
    void (*arg_destroy)(void *arg);
};

static inline struct coil_task *coil__task_of(struct coil_future *future)
{
    return coil__container_of(future, struct coil_task, future);
}

/* An exception that is about `task`, which may be NULL. */
static inline struct coil_exception
coil__task_exception(const char *message, int error, struct coil_task *task)
{
    return (struct coil_exception){
        .message = message,
        .error = error,
        .task = task,
        .future = task ? &task->future : NULL,
        .site = task ? task->co.site : NULL,
    };
}

#endif
