/* SPDX-License-Identifier: MIT */
/*
 * poll_simulator_test.c - what the programs poll_simulator and poll_simulator_network share
 */
#include "poll_simulator_test.h"

struct coil__backend *open_simulator(uint64_t seed)
{
    struct coil__backend *backend;

    ASSERT_OK(coil__simulator_open(&backend, seed));
    ASSERT(coil__backend_is_simulated(backend));
    return backend;
}
