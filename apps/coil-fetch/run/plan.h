/* SPDX-License-Identifier: MIT */
/* plan.h - --dry-run: what would be fetched, and where it would go */
#ifndef COIL_FETCH_RUN_PLAN_H
#define COIL_FETCH_RUN_PLAN_H

struct job;
struct run;

/*
 * Print a line to standard output: priority, method, URL and file, with tabs between
 * them; "-" where there is no file.  Returns 0; -EPIPE and other errors of write(),
 * after which the run is stopped.
 */
int plan_print(struct run *run, const struct job *job);

#endif
