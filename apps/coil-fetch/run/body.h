/* SPDX-License-Identifier: MIT */
/*
 * body.h - where the body of one attempt goes: all that the options ask for at once
 */
#ifndef COIL_FETCH_RUN_BODY_H
#define COIL_FETCH_RUN_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"
#include "fetch/attempt.h"
#include "job/outcome.h"

struct run;
struct job;
struct stats_flight;

struct body {
    struct run *run;
    struct job *job;
    struct text kept; /* --jsonl-body */
    bool is_kept;
    struct stats_flight *flight;
};

/* Ends with body_commit() or body_abandon(). */
void body_init(struct body *body, struct run *run, struct job *job,
               struct stats_flight *flight);

/* For the attempt. */
struct attempt_sink body_sink(struct body *body);

/*
 * The attempt was the job's last one.  What came is kept for good, and `outcome` is
 * told where.  Returns 0; -ECANCELED, with nothing kept; or an error of the output.
 */
int body_commit(struct body *body, struct outcome *outcome) COIL_SUSPENDS;

/* Nothing of it is kept.  Does not suspend; may follow body_commit(). */
void body_abandon(struct body *body);

#endif
