/* SPDX-License-Identifier: MIT */
/*
 * explore_programs.h - each scenario (scenario.h) under many similar schedules
 *
 * They are the first ones of coil_test_explore(), with a victim that is cancelled at
 * any step, once or twice, or not at all.  COIL_RUNS is the number of schedules of
 * each; usually there are more.
 */
#ifndef COIL_TESTS_EXPLORE_PROGRAMS_H
#define COIL_TESTS_EXPLORE_PROGRAMS_H

#include "scenario.h"

void explore(const struct scenario *scenario);

#endif
