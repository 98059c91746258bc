/* SPDX-License-Identifier: MIT */
/*
 * base/hash.h - FNV-1a (Fowler, Noll, Vo), which spreads texts over a table
 */
#ifndef COIL_BASE_HASH_H
#define COIL_BASE_HASH_H

#include <stdint.h>

enum { COIL__HASH_PRIME = 16777619 };

#define COIL__HASH_BEGIN ((uint32_t)2166136261)

static inline uint32_t coil__hash_byte(uint32_t hash, char byte)
{
    return (hash ^ (unsigned char)byte) * (uint32_t)COIL__HASH_PRIME;
}

/* The hash of a text, folded, so that its low bits depend on all of it. */
static inline uint32_t coil__hash_text(const char *text)
{
    uint32_t hash = COIL__HASH_BEGIN;

    for (; *text; text++)
        hash = coil__hash_byte(hash, *text);
    return hash ^ hash >> 16;
}

#endif
