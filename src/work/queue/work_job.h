/* SPDX-License-Identifier: MIT */
/* work/queue/work_job.h - how jobs end */
#ifndef COIL_WORK_WORK_JOB_H
#define COIL_WORK_WORK_JOB_H

#include "work/queue/handle.h"

/* What belongs to a job as long as anybody may speak of it: one piece. */
struct coil_work_held {
    struct coil_link link; /* in endings */
    struct coil_work *work;
    struct coil__work_claim claim;
    struct coil__work_outcome outcome;
    char *reason; /* a copy */
    int result;
    bool is_sent;      /* or about to be: the finisher has it */
    bool is_abandoned; /* nobody waits for the answer: the finisher frees it */
    struct coil_event answered;
};

int coil__work_finish(void *work) COIL_SUSPENDS;

/* The finisher is gone: whoever waits for it gets -EPIPE. */
void coil__work_fail_endings(struct coil_work *work);

/* Memory for a claim, which it owns from now on; NULL: none, the claim is as it was. */
struct coil_work_held *coil__work_hold(struct coil_work *work,
                                       const struct coil__work_claim *claim);
void coil__work_held_free(struct coil_work_held *held);

/* Tell the engine in the background that the job was not begun. */
void coil__work_give_back(struct coil_work_held *held);

#endif
