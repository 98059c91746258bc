/* SPDX-License-Identifier: MIT */
/*
 * core/task.h - a future that drives a coroutine
 *
 * Life of a task: created, appended to the ready queue, run step by step; when
 * its function has returned the future is completed, the loop's reference is
 * given back, and with the last reference the stack, on which the task itself
 * lies.  The copy of an argument follows the struct, aligned for every type.
 */
#ifndef COIL_CORE_TASK_H
#define COIL_CORE_TASK_H

#include <stdalign.h>

#include <coil/scheduler.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "core/coroutine.h"

struct coil_task_group;

#define COIL_TASK_NAME 32
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
    /* Its group: task_group.c. */
    struct coil_task_group *group;
    struct coil_task *group_next;
    struct coil_task *group_prev;
    void (*arg_destroy)(void *arg);
    const char *site;
    char name[COIL_TASK_NAME]; /* empty: Task-<id> */
};

static inline struct coil_task *coil__task_of(struct coil_future *future)
{
    return coil__container_of(future, struct coil_task, future);
}

/* As coil_task_create_at(), in `group`, which may be NULL. */
int coil__task_create(struct coil_task **out, coil_fn fn, void *arg,
                      const struct coil_task_options *options, const char *site,
                      struct coil_task_group *group);

/* The outermost function on a task's stack, to know it in a backtrace. */
uintptr_t coil__task_entry(void);

/* `task` is made and has not run yet: task_group.c. */
void coil__task_group_add(struct coil_task_group *group,
                          struct coil_task *task);

/* A task of `group` has ended with `rc`: task_group.c. */
void coil__task_group_ended(struct coil_task_group *group,
                            struct coil_task *task, int rc);

#endif
