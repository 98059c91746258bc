/* SPDX-License-Identifier: MIT */
#include "task/task_owner.h"

#include "base/list.h"

void coil__task_owner_add(struct coil_task *task)
{
    coil__list_append(&task->owner->tasks, &task->sibling);
    task->owner->count++;
}

static void unlink_task(struct coil_task *task)
{
    coil__list_remove(&task->owner->tasks, &task->sibling);
    task->owner->count--;
}

void coil__task_owner_tell(struct coil_task *task)
{
    unlink_task(task);
    task->owner->ended(task->owner, task, task->future.status);
}

void coil__task_owner_remove(struct coil_task *task)
{
    unlink_task(task);
    task->owner = NULL;
}

size_t coil_task_owner_count(const struct coil_task_owner *owner)
{
    return owner->count;
}

void coil_task_owner_cancel(struct coil_task_owner *owner)
{
    /* A cancelled task does not end at once, so the list stays as it is. */
    for (struct coil_link *at = owner->tasks.head; at; at = at->next)
        coil_task_cancel(coil__container_of(at, struct coil_task, sibling));
}
