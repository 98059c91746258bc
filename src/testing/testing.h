/* SPDX-License-Identifier: MIT */
/*
 * testing/testing.h - what a loop of a test does at every step
 */
#ifndef COIL_TESTING_TESTING_H
#define COIL_TESTING_TESTING_H

#include "testing/testing_state.h"

/* Give `loop` what a test needs.  0, or -ENOMEM. */
int coil__testing_open(struct coil_loop *loop, uint64_t seed);
void coil__testing_close(struct coil_loop *loop);

/* Forget the last run, which must have left nothing behind. */
void coil__testing_reset(struct coil_testing *testing, uint64_t seed);

#endif
