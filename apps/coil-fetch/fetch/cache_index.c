/* SPDX-License-Identifier: MIT */
#include "fetch/cache_index.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

struct cache_slot {
    uint64_t hash;
    uint64_t offset; /* 0: the slot is free */
};

int cache_index_init(struct cache_index *index)
{
    *index = (struct cache_index){ .room = 0 };
    return hash_key_make(&index->key);
}

void cache_index_clear(struct cache_index *index)
{
    free(index->slots);
    index->slots = NULL;
    index->room = 0;
    index->count = 0;
}

void cache_index_fini(struct cache_index *index)
{
    cache_index_clear(index);
}

/*
 * The slot with this hash, or the free one where it would be.  Slots are in the
 * order of their hashes, but for those that were pushed on; there are fewer than
 * 2^32.
 */
static struct cache_slot *slot_of(const struct cache_index *index,
                                  uint64_t hash)
{
    size_t i = (size_t)((hash >> 32) * index->room >> 32);

    while (index->slots[i].offset != 0 && index->slots[i].hash != hash)
        i = i + 1 < index->room ? i + 1 : 0;
    return &index->slots[i];
}

/* By a half, so that at least four of seven slots are used. */
static int grow(struct cache_index *index)
{
    struct cache_index larger = *index;

    larger.room = index->room ? index->room + index->room / 2 : FIRST_ROOM;
    larger.slots = calloc(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < index->room; i++)
        if (index->slots[i].offset != 0)
            *slot_of(&larger, index->slots[i].hash) = index->slots[i];
    free(index->slots);
    *index = larger;
    return 0;
}

uint64_t cache_index_find(const struct cache_index *index, const char *key,
                          size_t size)
{
    if (index->count == 0)
        return 0;
    return slot_of(index, hash_bytes(&index->key, key, size))->offset;
}

int cache_index_put(struct cache_index *index, const char *key, size_t size,
                    uint64_t offset)
{
    uint64_t hash = hash_bytes(&index->key, key, size);
    struct cache_slot *slot;

    if (index->count >= index->room - index->room / 7 && grow(index) < 0)
        return -ENOMEM;
    slot = slot_of(index, hash);
    index->count += slot->offset == 0;
    *slot = (struct cache_slot){ hash, offset };
    return 0;
}
