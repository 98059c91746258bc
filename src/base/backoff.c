/* SPDX-License-Identifier: MIT */
#include "base/backoff.h"

/* A number from 0 to `limit` - 1 that is different each time. */
static coil_time draw(uint64_t *lot, coil_time now, coil_time limit)
{
    uint64_t x = *lot ^ (uint64_t)now;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *lot = x * 0x2545f4914f6cdd1du + 1;
    return (coil_time)((*lot >> 1) % (uint64_t)limit);
}

coil_time coil__backoff_pause(uint64_t *lot, coil_time now, coil_time first,
                              coil_time most, unsigned attempts)
{
    coil_time delay = first < most ? first : most;

    for (unsigned i = 0; i < attempts && delay < most; i++)
        delay = delay > most / 2 ? most : 2 * delay;
    return delay - draw(lot, now, delay / 2 + 1);
}
