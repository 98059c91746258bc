/* SPDX-License-Identifier: MIT */
/* onlooker.h - what people see of a run while it goes on, and at its end */
#ifndef COIL_FETCH_RUN_ONLOOKER_H
#define COIL_FETCH_RUN_ONLOOKER_H

#include <coil/base.h>
#include <coil/task_group.h>

struct run;

/* Returns 0; or an error, after a message. */
int onlooker_open(struct run *run);
void onlooker_close(struct run *run);

/* Draw the display, in a task of `group`, until onlooker_stop(). */
int onlooker_start(struct run *run, struct coil_task_group *group);
void onlooker_stop(struct run *run);

/* The run is over: the summary, and the report.  Returns 0; an error of the report. */
int onlooker_tell(struct run *run) COIL_SUSPENDS;

#endif
