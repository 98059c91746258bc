/* SPDX-License-Identifier: MIT */
/*
 * testing/testing_work.h - what work costs in a test, and who waits meanwhile
 */
#ifndef COIL_TESTING_TESTING_WORK_H
#define COIL_TESTING_TESTING_WORK_H

#include "testing/testing_state.h"

/* As the members of struct coil_loop_steps. */
void coil__testing_looked(struct coil_loop *loop);
void coil__testing_work(struct coil_loop *loop, size_t units);
bool coil__testing_ends_budget(struct coil_loop *loop, size_t units);
bool coil__testing_skips_look(struct coil_loop *loop);

/*
 * A step has been made.  Returns what is wrong if something outside is due and,
 * when the step began, the last look outside was longer ago than one budget;
 * else NULL.
 */
const char *coil__testing_check_delay(struct coil_loop *loop);

#endif
