/* SPDX-License-Identifier: MIT */
#include "backend/sim_chance.h"

#include "backend/random.h"

bool coil__sim_chance(struct sim_chance *chance, unsigned n)
{
    return chance->seed && coil__random_next(&chance->random) % n == 0;
}

size_t coil__sim_cut(struct sim_chance *chance, size_t size)
{
    if (size < 2 || !coil__sim_chance(chance, 2))
        return size;
    return 1 + (size_t)(coil__random_next(&chance->random) % size);
}
