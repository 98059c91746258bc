/* SPDX-License-Identifier: MIT */
/* reader.h - the input comes into the schedule, not much further than is needed */
#ifndef COIL_FETCH_RUN_READER_H
#define COIL_FETCH_RUN_READER_H

#include <coil/base.h>

struct run;

/*
 * Read the whole input, and then close the schedule; ends early when the run is
 * stopped.  Returns 0, also if a source cannot be read, which is said and noted; or
 * -ECANCELED.
 */
int reader_run(struct run *run) COIL_SUSPENDS;

/*
 * Jobs may begin.  The reader holds them back as long as a better one may be next:
 * until the input has ended, no more is to be read ahead, the input lets the reader
 * wait, or half a second has gone by.
 */
void reader_let_begin(struct run *run);

/* A job has begun, or has ended: there may be room for another one. */
void reader_wake(struct run *run);

#endif
