/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs of a Redis client, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/redis.h>

#include "cancel_points.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_redis,
                   cancel_at_every_point);
}
