/* SPDX-License-Identifier: MIT */
/*
 * inspect/step.h - which step does not end, and where it is
 */
#ifndef COIL_INSPECT_STEP_H
#define COIL_INSPECT_STEP_H

#include <stdbool.h>

#include "trace/backtrace.h"
#include "task/task.h"
#include "loop/counts.h"
#include "loop/watched.h"

/* What was found out about a step. */
struct coil_step_report {
    bool is_task;
    bool has_name;
    bool is_coroutine; /* a coroutine without a task */
    char name[COIL_TASK_NAME];
    uint64_t id;
    const char *site;
    size_t frame_count;
    struct coil_frame frames[COIL__BACKTRACE_MAX];
};

/* To be called in the signal handler, in the loop's thread. */
void coil__step_look_here(struct coil_step_report *report,
                          const struct coil_watched *watched,
                          const void *ucontext);

/*
 * To be called in another thread.  True: the thread was in one system call all
 * the time, and `*report` is filled.  False, with *is_blocked false: it
 * computes.
 */
bool coil__step_look_outside(struct coil_step_report *report,
                             const struct coil_watched *watched,
                             bool *is_blocked);

/* Who it is, for the loop's stats. */
void coil__step_note(const struct coil_step_report *report,
                     struct coil_loop_slow_step *step);

/* Write the report to standard error while is_ready(arg), which may wait. */
void coil__step_write(const struct coil_step_report *report, coil_time age,
                      bool (*is_ready)(void *arg), void *arg);

/* The same to `text`, cut at `size`, without a final 0.  Returns the length. */
size_t coil__step_text(const struct coil_step_report *report, coil_time age,
                       char *text, size_t size);

#endif
