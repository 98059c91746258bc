/* SPDX-License-Identifier: MIT */
/*
 * cancel_points.h - each scenario (scenario.h) cancelled at every point
 *
 * It is run once to count how often its victim suspends, and then once for each
 * suspension in each of these ways.  The victim says either that it is cancelled
 * or that it was too late for that; the rest of the system goes on.
 *
 * COIL_POINT_SEEDS is how many schedules each is tried in; in the first, all is
 * in order.
 */
#ifndef COIL_TESTS_CANCEL_POINTS_H
#define COIL_TESTS_CANCEL_POINTS_H

#include "scenario.h"

void cancel_at_every_point(const struct scenario *scenario);

#endif
