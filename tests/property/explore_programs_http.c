/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over HTTP and WebSockets under many similar schedules:
 * explore_programs.h.
 */
#include <coil/http_client.h>

#include "explore_programs.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "explore_programs", scenarios_http, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_http_web, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_http_site, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_http_proxy, explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_http_served,
                   explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_http_proxy_user,
                   explore);
    scenario_tests(__FILE__, "explore_programs", scenarios_websocket, explore);
}
