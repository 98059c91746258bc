/* SPDX-License-Identifier: MIT */
/* polite.h - --robots: what a host lets us fetch, and how fast */
#ifndef COIL_FETCH_RUN_POLITE_H
#define COIL_FETCH_RUN_POLITE_H

#include <coil/base.h>

struct job;
struct run;

/* Returns 0; -ENOMEM. */
int polite_open(struct run *run);
void polite_close(struct run *run);

/*
 * Whether the job, which is under way, may be fetched.  Its host's robots.txt is
 * fetched first if need be, within the job's slot.  Returns 1; 0 and `*reason`,
 * static; or -ECANCELED.
 */
int polite_may_fetch(struct run *run, struct job *job, const char **reason)
    COIL_SUSPENDS;

#endif
