/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over HTTP/2, of which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/http_client.h>

#include "failures.h"

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_http2, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_websocket2, fail_everything);
}
