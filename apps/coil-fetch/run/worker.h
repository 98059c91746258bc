/* SPDX-License-Identifier: MIT */
/*
 * worker.h - one job that may begin: its attempt, and what follows from it
 */
#ifndef COIL_FETCH_RUN_WORKER_H
#define COIL_FETCH_RUN_WORKER_H

struct job;
struct run;

/*
 * The schedule has given `job`, which is given on.  Starts a task of run->workers,
 * which ends the job, or gives it back to the schedule.  Returns 0; or an error, and
 * the job is back in the schedule's hands.
 */
int worker_start(struct run *run, struct job *job);

#endif
