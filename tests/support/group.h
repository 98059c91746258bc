/* SPDX-License-Identifier: MIT */
/* group.h - one task group, and jobs for it */
#ifndef COIL_TESTS_GROUP_H
#define COIL_TESTS_GROUP_H

#include <coil/task_group.h>

#include "jobs.h"

extern struct coil_task_group group;

void begin_group(void);

/* Sleep, say the name, return: a job of `other`, whose task is released. */
void add_to(struct coil_task_group *other, const char *name, coil_time duration,
            int result);

/* The same for `group`, whose task the caller keeps. */
struct coil_task *add_job(const char *name, coil_time duration, int result);

void drop_job(const char *name, coil_time duration, int result);

/* Run until cancelled, then take `cleanup` to end with `failure`. */
void drop_cleaner(const char *name, coil_time cleanup, int failure);

/* What the body of a group does. */
struct group_plan {
    coil_time body;   /* how long it sleeps */
    bool swallow;     /* and ignores a cancellation */
    bool faulty;      /* a task fails when cancelled */
    coil_time cancel; /* time of coil_task_group_cancel(); 0: never */
    bool before;      /* the body calls it at the beginning */
};

/* Begin the group, end it, and say the result of each step. */
struct coil_task *start_group(const struct group_plan *plan);

#endif
