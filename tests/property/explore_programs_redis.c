/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a Redis client under many similar schedules: explore_programs.h.
 */
#include <coil/redis.h>

#include "explore_programs.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "explore_programs", scenarios_redis, explore);
}
