/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Programs over TLS, cancelled wherever they suspend: cancel_points.h.
 */
#include <coil/tls.h>

#include "cancel_points.h"
#include "scenarios/tls.h"

/* A handshake takes a while: fewer schedules than elsewhere. */
static void play_it(const struct scenario *scenario)
{
    struct theatre fewer = *theatre;

    fewer.seeds = 8;
    theatre = &fewer;
    with_certificates(scenario, cancel_at_every_point);
}

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "cancel_points", scenarios_tls, play_it);
}
