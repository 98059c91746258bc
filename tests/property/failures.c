/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs in which every allocation and every call of the network fails in its
 * turn: failures.h.
 */
#include "failures.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_sync, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_queue, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_shared, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_task, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_scope, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_helpers, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_stream, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_net, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_datagrams, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_names, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_files, fail_everything);
}
