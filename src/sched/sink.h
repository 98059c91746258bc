/* SPDX-License-Identifier: MIT */
/*
 * sched/sink.h - where an error goes that nobody receives
 */
#ifndef COIL_SCHED_SINK_H
#define COIL_SCHED_SINK_H

#include <coil/exception.h>

struct coil_scheduler;

/*
 * Tell whoever has asked `scheduler` for such errors; of NULL, and of one that
 * nobody has asked, standard error.
 */
void coil__sink_tell(struct coil_scheduler *scheduler,
                     const struct coil_exception *exception);

/* One line on standard error. */
void coil__sink_write(const struct coil_exception *exception);

/* Nobody has looked at this error: it counts as unseen, too. */
void coil__sink_tell_unseen(const struct coil_exception *exception);

/* Tell of a misuse of `object`, by the running task if there is one. */
void coil__report_misuse(const char *message, int error, const void *object);

/* "task 'name'" of the running task, or NULL.  Static storage. */
const char *coil__report_who(void);

#endif
