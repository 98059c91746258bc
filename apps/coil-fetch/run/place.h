/* SPDX-License-Identifier: MIT */
/* place.h - to which group of the schedule a job belongs */
#ifndef COIL_FETCH_RUN_PLACE_H
#define COIL_FETCH_RUN_PLACE_H

#include <coil/base.h>

struct job;
struct run;

/*
 * Find the group of a job's next URL, by --group-by, and write its name to run->group;
 * to an address it is that of the host for now.  The URL may become one of https.
 * Returns 0; -ENOMEM.
 */
int place_name(struct run *run, struct job *job);

/*
 * Let a job wait in the group of its URL.  Returns 0; -ENOMEM, and the job is the
 * caller's.
 */
int place_job(struct run *run, struct job *job);

/*
 * --group-by address: a job that has begun waits in the group of its host until its
 * name is looked up, and then in that of the address.  Returns 1: it is where it
 * belongs, and goes on; 0: it has been put into another group, and is not the caller's
 * any more; -ENOMEM, and it is, without a slot; -ECANCELED: it has a slot.
 */
int place_by_address(struct run *run, struct job *job) COIL_SUSPENDS;

#endif
