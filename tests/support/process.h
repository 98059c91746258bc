/* SPDX-License-Identifier: MIT */
/*
 * process.h - what this process has open, and how much more it may have
 */
#ifndef COIL_TESTS_PROCESS_H
#define COIL_TESTS_PROCESS_H

#include <stdbool.h>

/* The threads that it has now. */
int threads(void);

/* The descriptors that it has open now. */
int descriptors(void);

/* Whether this process has a ring of io_uring. */
bool has_ring(void);

/* The number of the next that is opened. */
int next_descriptor(void);

/* From now on `n` more can be opened; until leave_all(). */
void leave_descriptors(int n);
void leave_all(void);

#endif
