/* SPDX-License-Identifier: MIT */
/*
 * backend/random.h - random numbers for choices, not for secrets
 *
 * splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, 2014).  Every state is a good one, 0 included.
 */
#ifndef COIL_BACKEND_RANDOM_H
#define COIL_BACKEND_RANDOM_H

#include <stdint.h>

static inline uint64_t coil__random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
