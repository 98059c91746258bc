/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over HTTP/2, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/http_client.h>

#include "cancel_points.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_http2,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_websocket2,
                   cancel_at_every_point);
}
