/* SPDX-License-Identifier: MIT */
/* group.h - one task group, and jobs for it */
#ifndef COIL_TESTS_GROUP_H
#define COIL_TESTS_GROUP_H

#include <coil/task_group.h>

#include "jobs.h"

extern struct coil_task_group group;

void begin_group(void);

/* Sleep, say the name, return: a job of `other`, which lets go of it. */
void add_to(struct coil_task_group *other, const char *name, coil_time duration,
            int result);

/* The same of `group`, which the caller keeps. */
struct coil_task *add_job(const char *name, coil_time duration, int result);

void drop_job(const char *name, coil_time duration, int result);

/* Runs until it is cancelled, then takes `cleanup` to end with `failure`. */
void drop_cleaner(const char *name, coil_time cleanup, int failure);

/* What the body of a group does. */
struct group_plan {
    coil_time body;   /* how long it sleeps */
    bool swallow;     /* and takes no notice of being cancelled */
    bool faulty;      /* a task fails when it is cancelled */
    coil_time cancel; /* when coil_task_group_cancel() comes; 0: never */
    bool before;      /* the body calls it itself, at the beginning */
};

/* Begin the group, end it, and say what came of each step. */
struct coil_task *start_group(const struct group_plan *plan);

#endif
