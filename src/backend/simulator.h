/* SPDX-License-Identifier: MIT */
/*
 * backend/simulator.h - a world without a kernel
 */
#ifndef COIL_BACKEND_SIMULATOR_H
#define COIL_BACKEND_SIMULATOR_H

#include "backend/backend.h"
#include "backend/sim_network.h"

/* Virtual time from 0, random numbers from `seed`, sockets in memory. */
int coil__simulator_open(struct coil__backend **out, uint64_t seed);

/* Begin anew with another seed, without a socket and with nothing pending. */
void coil__simulator_reset(struct coil__backend *backend, uint64_t seed);

/* What happens to datagrams from now on, until the next reset. */
void coil__simulator_set_weather(struct coil__backend *backend,
                                 const struct sim_weather *weather);

/* Move the clock forward to `now`, unless it is later already. */
void coil__simulator_advance(struct coil__backend *backend, coil_time now);

/* Whether wait() might end an operation at once. */
bool coil__simulator_is_busy(const struct coil__backend *backend);

/*
 * Let the n-th call from now fail with `error`; n = 0: none.  The calls that
 * count are socket(), bind(), shutdown() and operations.
 * coil__simulator_calls() returns how many there have been.
 */
void coil__simulator_fail_call(struct coil__backend *backend, size_t n,
                               int error);
size_t coil__simulator_calls(const struct coil__backend *backend);

#endif
