/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* TIMEOUT: 120 */
/*
 * Programs with other threads, with signals and on foreign loops, cancelled
 * wherever they suspend, in every way: cancel_points.h, outside.h.
 */
#include "cancel_points.h"
#include "outside.h"

__attribute__((constructor)) static void make_tests(void)
{
    theatre = &on_the_kernel;
    scenario_tests(__FILE__, "cancel_points", scenarios_threads,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_kernel,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_loops,
                   cancel_at_every_point);
}
