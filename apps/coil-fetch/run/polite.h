/* SPDX-License-Identifier: MIT */
/* polite.h - --robots: what a host lets us fetch, and how fast */
#ifndef COIL_FETCH_RUN_POLITE_H
#define COIL_FETCH_RUN_POLITE_H

#include <coil/base.h>
#include <coil/time.h>

struct job;
struct run;

/* Returns 0; -ENOMEM. */
int polite_open(struct run *run);
void polite_close(struct run *run);

enum polite {
    POLITE_NO,
    POLITE_YES,
    POLITE_LATER, /* its robots.txt cannot be read for now */
};

struct polite_answer {
    coil_time when;   /* of LATER: not before then */
    char reason[160]; /* of NO */
};

/*
 * Whether the job, which is under way, may be fetched.  Its host's robots.txt is
 * fetched first if need be, within the job's slot.  Returns an enum polite; or
 * -ECANCELED.
 */
int polite_may_fetch(struct run *run, struct job *job,
                     struct polite_answer *answer) COIL_SUSPENDS;

#endif
