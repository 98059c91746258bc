/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a queue of jobs in which every allocation fails in its turn:
 * failures.h.
 */
#include <coil/work.h>

#include "failures.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_work, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_work_file, fail_everything);
}
