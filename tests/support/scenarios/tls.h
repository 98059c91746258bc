/* SPDX-License-Identifier: MIT */
/* tls.h - how programs of tls.c are played */
#ifndef COIL_TESTS_SCENARIOS_TLS_H
#define COIL_TESTS_SCENARIOS_TLS_H

#include "scenario.h"

/* Play it while there are certificates. */
void with_certificates(const struct scenario *scenario,
                       void (*play_it)(const struct scenario *scenario));

#endif
