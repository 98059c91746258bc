/* SPDX-License-Identifier: MIT */
/*
 * coil/task_owner.h - who is told when a task has ended
 *
 * coil's groups, races and calls from other threads are owners, and a pool of
 * workers can be one:
 *
 *     struct pool {
 *         struct coil_task_owner owner;   // .ended = worker_ended
 *         struct job *jobs;
 *     };
 *
 *     rc = coil_task_create_with(NULL, work, job, &(struct coil_task_options){
 *         .owner = &pool->owner,
 *     });
 *
 * Memory   An owner is caller's memory, zeroed except for `ended` and `parent`, and
 *          kept until all its tasks have ended.  Nothing is allocated.
 * Errors   What the tasks return is the owner's to deal with: no error counts
 *          as one that nobody has looked at.
 * Threads  All tasks of an owner run on one loop.
 */
#ifndef COIL_TASK_OWNER_H
#define COIL_TASK_OWNER_H

#include <coil/base.h>
#include <coil/list.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_task_owner {
    /*
     * `task` has ended with `rc`: what its function returned, or -ECANCELED if
     * it was cancelled before its first step.  The task is done, and is valid
     * within this call.  Called in the last step of the task; if an eager task
     * ends within the call that makes it, in the next turn.  May do anything
     * but suspend.  Not called for a task that is left when its loop is closed.
     */
    void (*ended)(struct coil_task_owner *self, struct coil_task *task, int rc);
    /* Dumps show the tasks below this task, if it lives; may be NULL. */
    struct coil_task *parent;
    /* Private. */
    struct coil_list
        tasks; /* not ended, in the order in which they were made */
    size_t count;
    void *reserved;
};

/* How many tasks of `owner` have not ended. */
COIL_API size_t coil_task_owner_count(const struct coil_task_owner *owner);

/* Call coil_task_cancel() for each task of `owner` that has not ended. */
COIL_API void coil_task_owner_cancel(struct coil_task_owner *owner);

#ifdef __cplusplus
}
#endif

#endif
