/* SPDX-License-Identifier: MIT */
/* judge.h - what follows from an attempt, for its job and for its host */
#ifndef COIL_FETCH_RUN_JUDGE_H
#define COIL_FETCH_RUN_JUDGE_H

#include <stdbool.h>

#include <coil/time.h>

#include "job/outcome.h"

struct attempt;
struct body;
struct job;
struct options;
struct run;

enum next {
    NEXT_FINISH,
    NEXT_REPEAT,  /* at once, as it was none of the URL's fault */
    NEXT_RETRY,   /* at `when` */
    NEXT_PUT_OFF, /* until `when`, as nothing was asked of its host */
    NEXT_FOLLOW,  /* with another URL */
    NEXT_STOP,    /* the run ends */
};

/*
 * Judge an attempt whose job still holds its place.  `*class` is what the job ends
 * as if it is FINISH, and `*when` is set for RETRY.  The host's failures are counted,
 * and it is left alone, or given up, if it must be.
 */
enum next judge(struct run *run, struct job *job, struct attempt *attempt,
                struct body *body, enum outcome_class *class, coil_time *when);

/*
 * Whether the options want an attempt that has ended so to be made again, however many
 * there were.
 */
bool judge_may_retry(const struct options *options,
                     const struct attempt *attempt, enum outcome_class class);

#endif
