/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a queue of jobs, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/work.h>

#include "cancel_points.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_work,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_work_file,
                   cancel_at_every_point);
}
