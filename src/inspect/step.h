/* SPDX-License-Identifier: MIT */
/*
 * inspect/step.h - which task's step it is that does not end, and where it is
 */
#ifndef COIL_INSPECT_STEP_H
#define COIL_INSPECT_STEP_H

#include <stdbool.h>

#include "trace/backtrace.h"
#include "task/task.h"
#include "loop/watched.h"

/* What was found out about a step: in the handler, or from outside. */
struct coil_step_report {
    bool is_task;
    bool has_name;
    bool is_coroutine; /* without a task */
    char name[COIL_TASK_NAME];
    uint64_t id;
    const char *site;
    size_t frame_count;
    struct coil_frame frames[COIL__BACKTRACE_MAX];
};

/* In the signal handler of the loop's thread. */
void coil__step_look_here(struct coil_step_report *report,
                          const struct coil_watched *watched,
                          const void *ucontext);

/*
 * From outside.  True if the thread was in one and the same system call all the
 * time; then `*report` is filled.  False with *is_blocked false: it computes.
 */
bool coil__step_look_outside(struct coil_step_report *report,
                             const struct coil_watched *watched,
                             bool *is_blocked);

/* To stderr, as long as is_ready(arg), which may wait until that is. */
void coil__step_write(const struct coil_step_report *report, coil_time age,
                      bool (*is_ready)(void *arg), void *arg);

#endif
