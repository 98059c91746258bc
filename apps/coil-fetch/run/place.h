/* SPDX-License-Identifier: MIT */
/* place.h - to which group of the schedule a job belongs */
#ifndef COIL_FETCH_RUN_PLACE_H
#define COIL_FETCH_RUN_PLACE_H

struct job;
struct run;

/*
 * Let a job wait in the group of its URL.  Returns 0; -ENOMEM, and the job is the
 * caller's.
 */
int place_job(struct run *run, struct job *job);

#endif
