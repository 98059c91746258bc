/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/* LABELS: slow */
/*
 * Programs over TLS in which every allocation and every call of the network
 * fails in its turn: failures.h.
 */
#include <coil/tls.h>

#include "failures.h"
#include "scenarios/tls.h"

static void play_it(const struct scenario *scenario)
{
    with_certificates(scenario, fail_everything);
}

__attribute__((constructor)) static void make_tests(void)
{
    scenario_tests(__FILE__, "failures", scenarios_tls, play_it);
}
