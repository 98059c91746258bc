/* SPDX-License-Identifier: MIT */
/*
 * worker.h - one job that may begin: its attempt, and what follows from it
 */
#ifndef COIL_FETCH_RUN_WORKER_H
#define COIL_FETCH_RUN_WORKER_H

#include <stdbool.h>

#include <coil/base.h>
#include <coil/time.h>

#include "run/judge.h"

struct coil_job;
struct job;
struct run;

/*
 * The schedule has given `job`, which is given on.  Starts a task of run->workers,
 * which ends the job, or gives it back to the schedule.  Returns 0; or an error, and
 * the job is back in the schedule's hands.
 */
int worker_start(struct run *run, struct job *job);

/* What is to become of a job that belongs to a queue of many machines. */
struct worker_end {
    const struct coil_job *leased; /* set by the caller */
    enum next next;
    coil_time when;    /* of RETRY and PUT_OFF */
    bool is_exhausted; /* of FINISH: it would be tried again if it might */
    char reason[200];  /* why, then */
};

/*
 * Make an attempt of such a job, which holds a slot of the schedule and is in the group
 * where it belongs.  Of FINISH all is told that is to be told.  The job stays the
 * caller's, and its slot is not given back.  If the lease has ended meanwhile nothing is
 * told, and no file gets its name.  Returns 0; -ECANCELED, and `end` is STOP.
 */
int worker_attend(struct run *run, struct job *job, struct worker_end *end)
    COIL_SUSPENDS;

#endif
