/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over https, of which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/http_client.h>
#include <coil/tls.h>

#include "failures.h"
#include "scenarios/http_proxy.h"
#include "tls_test.h"

/* It is not the certificates and contexts that fail. */
static void play_it(const struct scenario *scenario)
{
    tls_world_open();
    https_server_context = world.server_context;
    https_client_context = tls_forgetful_context();
    fail_everything(scenario);
    coil_tls_context_free(https_client_context);
    tls_world_close();
}

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_https, play_it);
}
