/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Programs over HTTP in which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/http_client.h>

#include "failures.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_http, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_http_web, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_http_site, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_http_proxy, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_http_served,
                   fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_http_proxy_user,
                   fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_websocket, fail_everything);
}
