/* SPDX-License-Identifier: MIT */
/* finish.h - a job is over: everybody who has to know is told, once */
#ifndef COIL_FETCH_RUN_FINISH_H
#define COIL_FETCH_RUN_FINISH_H

#include <coil/base.h>

#include "job/outcome.h"

struct attempt;
struct body;
struct job;
struct run;

/*
 * The job's last attempt is over.  Its body is kept for good, and its outcome told.
 * Returns 0; or -ECANCELED, or another error after which the run is stopped: then the
 * job has no outcome, and a later run does it again.
 */
int finish_attempt(struct run *run, const struct attempt *attempt,
                   struct body *body, enum outcome_class class) COIL_SUSPENDS;

/* An outcome is told.  Does not suspend. */
void finish_tell(struct run *run, const struct outcome *outcome);

/*
 * The same of a job without a (further) attempt; `reason` may be NULL.  Does not
 * suspend.
 */
void finish_tell_without(struct run *run, const struct job *job,
                         enum outcome_class class, const char *reason);

/* The same, and the job, which holds no slot, is given. */
void finish_without(struct run *run, struct job *job, enum outcome_class class,
                    const char *reason);

#endif
