/* SPDX-License-Identifier: MIT */
/*
 * task/task_life.h - make a task, and let it run
 */
#ifndef COIL_TASK_TASK_LIFE_H
#define COIL_TASK_TASK_LIFE_H

#include "task/task.h"

/* As coil_task_create_at(). */
int coil__task_create(struct coil_task **out, coil_fn fn, void *arg,
                      const struct coil_task_options *options,
                      const char *site);

/* The outermost function on a task's stack: backtraces end there. */
uintptr_t coil__task_entry(void);

#endif
