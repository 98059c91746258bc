/* SPDX-License-Identifier: MIT */
/* hash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a hash that strangers cannot aim at */
#ifndef COIL_FETCH_COMMON_HASH_H
#define COIL_FETCH_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0;
    uint64_t k1;
};

/* A key of the kernel's random numbers.  Returns 0 or an error of getrandom(). */
int hash_key_make(struct hash_key *key);

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t size);

#endif
