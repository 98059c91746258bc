/* SPDX-License-Identifier: MIT */
/*
 * cache_index.h - where in a file the line of a URL begins, in 19 to 29 bytes a URL
 *
 * A URL is known by 64 bits of a hash that strangers cannot aim at.  Two that have
 * the same bits share a place; whoever reads the line looks whether it is the
 * right one.
 */
#ifndef COIL_FETCH_FETCH_CACHE_INDEX_H
#define COIL_FETCH_FETCH_CACHE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "common/hash.h"

/* The fields are private, but for the count. */
struct cache_index {
    struct cache_slot *slots;
    size_t room;
    size_t count;
    struct hash_key key;
};

/* Returns 0; an error of getrandom(). */
int cache_index_init(struct cache_index *index);
void cache_index_fini(struct cache_index *index);

/* Forget all. */
void cache_index_clear(struct cache_index *index);

/* The offset for a key; 0: there is none. */
uint64_t cache_index_find(const struct cache_index *index, const char *key,
                          size_t size);

/* Set it; `offset` is not 0.  Returns 0; -ENOMEM, and it is as it was. */
int cache_index_put(struct cache_index *index, const char *key, size_t size,
                    uint64_t offset);

#endif
