/* SPDX-License-Identifier: MIT */
/*
 * task/task_owner.h - how a task comes to its owner, and leaves it
 */
#ifndef COIL_TASK_TASK_OWNER_H
#define COIL_TASK_TASK_OWNER_H

#include "task/task.h"

/* Link `task`, which has been made, to task->owner. */
void coil__task_owner_add(struct coil_task *task);

/* `task` has ended: tell its owner. */
void coil__task_owner_tell(struct coil_task *task);

/* The owner will not be told of `task`, and may be gone. */
void coil__task_owner_remove(struct coil_task *task);

#endif
