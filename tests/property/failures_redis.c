/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a Redis client in which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/redis.h>

#include "failures.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_redis, fail_everything);
}
