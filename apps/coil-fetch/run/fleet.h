/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - --queue: the URLs lie in a queue that many machines share
 *
 * What the input has is put into the queue.  Each of so many tasks as there may be
 * requests leases a job, fetches it by the same code as everybody (worker.h), and tells
 * the queue how it ended.  The queue sees to what the schedule sees to otherwise:
 * limits of hosts, priorities, equal URLs, tries.
 */
#ifndef COIL_FETCH_RUN_FLEET_H
#define COIL_FETCH_RUN_FLEET_H

#include <stdbool.h>

#include <coil/base.h>

struct job;
struct options;
struct run;

/*
 * With --queue, open the queue, as run->fleet.  Returns 0; or an error, after a
 * message.
 */
int fleet_open(struct run *run) COIL_SUSPENDS;

/* Jobs that are held are given back.  Returns 0, or -ECANCELED, and it is closed. */
int fleet_close(struct run *run) COIL_SUSPENDS;

/* A job of the input is given, to be put into the queue.  Does not suspend. */
void fleet_put(struct run *run, struct job *job);

/* Whether so much is still to be put that nothing more is to be read. */
bool fleet_is_full(const struct run *run);

/* There will be no fleet_put() any more. */
void fleet_end_input(struct run *run);

/*
 * Work on the queue, in tasks of run->workers, until it is empty or the run is stopped.
 * Then nothing more begins.  Returns 0; -ECANCELED; -ENOMEM.
 */
int fleet_run(struct run *run) COIL_SUSPENDS;

/* All has ended: what nobody has heard of yet is said. */
void fleet_tell(struct run *run);

/* Nothing more begins; what is under way goes on. */
void fleet_stop(struct run *run);

/*
 * --status, --dead, --revive, instead of a run.  Returns its exit status, or
 * -ECANCELED.
 */
int fleet_look(const struct options *options) COIL_SUSPENDS;

#endif
