/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a queue of jobs under many similar schedules: explore_programs.h.
 */
#include <coil/work.h>

#include "explore_programs.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "explore_programs", scenarios_work, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_work_file, explore);
}
