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
 * The job's last attempt is over.  Its body is kept for good, its outcome told, its
 * slot given back, and the job is freed.  Returns 0, or -ECANCELED: then the job was
 * stopped, and a later run does it again.
 */
int finish_attempt(struct run *run, struct job *job,
                   const struct attempt *attempt, struct body *body,
                   enum outcome_class class) COIL_SUSPENDS;

/*
 * The same of a job that holds no slot, without a (further) attempt; `reason` may be
 * NULL.  Does not suspend.
 */
void finish_without(struct run *run, struct job *job, enum outcome_class class,
                    const char *reason);

#endif
