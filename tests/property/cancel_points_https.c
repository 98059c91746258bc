/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over https, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/http_client.h>
#include <coil/tls.h>

#include "cancel_points.h"
#include "scenarios/http_proxy.h"
#include "tls_test.h"

/* It is not the certificates and contexts that fail.  Handshakes take their time,
   so there are fewer schedules. */
static void play_it(const struct scenario *scenario)
{
    struct theatre brief = *theatre;

    brief.seeds = 5;
    theatre = &brief;
    tls_world_open();
    https_server_context = world.server_context;
    https_client_context = tls_forgetful_context();
    cancel_at_every_point(scenario);
    coil_tls_context_free(https_client_context);
    tls_world_close();
}

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_https, play_it);
}
