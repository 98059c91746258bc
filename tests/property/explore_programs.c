/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs under many similar schedules: explore_programs.h.
 */
#include "explore_programs.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "explore_programs", scenarios_sync, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_queue, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_shared, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_task, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_scope, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_helpers, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_stream, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_net, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_datagrams, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_names, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_files, explore);
}
