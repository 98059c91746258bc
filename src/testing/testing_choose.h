/* SPDX-License-Identifier: MIT */
/*
 * testing/testing_choose.h - the next ready task, and other choices of a test
 */
#ifndef COIL_TESTING_TESTING_CHOOSE_H
#define COIL_TESTING_TESTING_CHOOSE_H

#include "testing/testing_state.h"

/* Take the next runnable out of the ready queue; NULL: there is none. */
struct coil_runnable *coil__testing_choose(struct coil_loop *loop);

/* Choose one of `limit` ways to go on: by chance or schedule.  Seed 0: 0. */
uint64_t coil__testing_choice(struct coil_loop *loop, uint64_t limit);

#endif
