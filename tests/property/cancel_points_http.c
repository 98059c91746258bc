/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs over HTTP, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/http_client.h>

#include "cancel_points.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_http,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_http_web,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_http_site,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_http_proxy,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_http_served,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_http_proxy_user,
                   cancel_at_every_point);
    scenario_tests(__FILE__, "cancel_points", scenarios_websocket,
                   cancel_at_every_point);
}
