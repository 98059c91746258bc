/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs, cancelled wherever they suspend, in every way: cancel_points.h.
 */
#include "cancel_points.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_sync,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_queue,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_shared,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_task,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_scope,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_helpers,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_stream,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_net,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_datagrams,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_names,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_files,
                   cancel_at_every_point);
}
