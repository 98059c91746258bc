/* SPDX-License-Identifier: MIT */
/*
 * task/task_record.h - the life of tasks, as the recorder sees it
 */
#ifndef COIL_TASK_TASK_RECORD_H
#define COIL_TASK_TASK_RECORD_H

#include "sched/wait_record.h"
#include "task/task.h"

/* How a new coroutine begins: its waits are noted if its loop is recorded. */
static inline unsigned char
coil__task_asks(const struct coil_scheduler *scheduler)
{
    return (
        unsigned char)((scheduler->debug ? COIL__ASKS_DRIVER : 0) |
                       (coil__recorder_of(scheduler) ? COIL__ASKS_TO_NOTE : 0));
}

void coil__task_record_made(struct coil_recorder *r, struct coil_task *task);
void coil__task_record_started(struct coil_recorder *r, struct coil_task *task);
void coil__task_record_ended(struct coil_recorder *r, struct coil_task *task);

/* The task has a name of its own. */
void coil__task_record_name(struct coil_recorder *r,
                            const struct coil_task *task);

void coil__task_record_cancelled(struct coil_recorder *r,
                                 const struct coil_task *task);

/* Somebody asks for the end of `task`, which may have lost its loop. */
static inline void coil__task_record_cancel(const struct coil_task *task)
{
    const struct coil_scheduler *s = task->co.scheduler;

    if (COIL_UNLIKELY(s && coil__recorder_of(s)))
        coil__task_record_cancelled(coil__recorder_of(s), task);
}

/* The loop is recorded from now on: tell of the tasks that are there. */
void coil__task_record_all(struct coil_scheduler *scheduler);

/* The ring has come round: tell of some more of the tasks that are there. */
void coil__task_record_sweep(struct coil_scheduler *scheduler);

#endif
