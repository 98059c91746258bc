/* SPDX-License-Identifier: MIT */
/*
 * core/report.h - tell the exception handler
 */
#ifndef COIL_CORE_REPORT_H
#define COIL_CORE_REPORT_H

#include <coil/loop.h>

struct coil_future;
struct coil_poll;
struct coil_task;

/* The last reference to `task` goes and nobody has looked at its error. */
void coil__report_unseen(struct coil_task *task, int error);

/* A future that coil_shield() kept from a cancellation has failed, unseen. */
void coil__report_abandoned(struct coil_future *future, int error);

/* For the seam: somebody has closed `fd` under it. */
void coil__report_lost(struct coil_poll *poll, int fd);

/* "task 'name'" of the running task, or NULL.  Static storage. */
const char *coil__report_who(void);

#endif
