/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_chance.h - what the simulator leaves to chance
 */
#ifndef COIL_BACKEND_SIM_CHANCE_H
#define COIL_BACKEND_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seed 0 leaves nothing to chance. */
struct sim_chance {
    uint64_t seed;
    uint64_t random;
};

/* One time in `n`, but never with seed 0. */
bool coil__sim_chance(struct sim_chance *chance, unsigned n);

/* `size`; with a seed, perhaps something between 1 and `size`. */
size_t coil__sim_cut(struct sim_chance *chance, size_t size);

#endif
