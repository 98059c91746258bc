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

/* A job has begun, or has ended: there may be room for another one. */
void reader_wake(struct run *run);

#endif
