/* SPDX-License-Identifier: MIT */
#include <coil/task.h>

#include <stdio.h>

#include "record/ring.h"
#include "task/task.h"
#include "task/task_record.h"

void coil_task_set_name(struct coil_task *task, const char *name)
{
    const struct coil_scheduler *s = task->co.scheduler;

    snprintf(task->name, sizeof task->name, "%s", name);
    if (s && coil__recorder_of(s))
        coil__task_record_name(s->recorder, task);
}
