/* SPDX-License-Identifier: MIT */
/*
 * context/canary.h - what stands at the low end of a small stack
 *
 * Who uses more than the stack has writes over it, unless a frame is left
 * unwritten there.
 */
#ifndef COIL_CONTEXT_CANARY_H
#define COIL_CONTEXT_CANARY_H

#include <stdbool.h>
#include <stdint.h>

enum { COIL_CANARY_SIZE = 16 };

#define COIL_CANARY_WORD UINT64_C(0x9e6c1fa75d03b82b)

/* The canary lies below `low`, the first byte that may be used. */
static inline void coil__canary_set(char *low)
{
    uint64_t *canary = (uint64_t *)(void *)(low - COIL_CANARY_SIZE);

    canary[0] = COIL_CANARY_WORD;
    canary[1] = COIL_CANARY_WORD;
}

static inline bool coil__canary_is_whole(const char *low)
{
    const uint64_t *canary =
        (const uint64_t *)(const void *)(low - COIL_CANARY_SIZE);

    return canary[0] == COIL_CANARY_WORD && canary[1] == COIL_CANARY_WORD;
}

#endif
