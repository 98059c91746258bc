/* SPDX-License-Identifier: MIT */
#include "backend/uring_lane.h"

#include <string.h>

#include "base/memory.h"

enum { BLOCK = 64 }; /* slots */

struct uring_slot *coil__uring_slot(const struct uring_table *t, int fd)
{
    size_t block = (size_t)fd / BLOCK;

    if (fd < 0 || block >= t->capacity || !t->blocks[block])
        return NULL;
    return &t->blocks[block][fd % BLOCK];
}

static int grow(struct uring_table *t, size_t needed)
{
    size_t capacity = t->capacity ? t->capacity : 4;
    struct uring_slot **blocks;

    while (capacity < needed)
        capacity *= 2;
    blocks = coil__realloc(t->blocks, capacity * sizeof *blocks);
    if (!blocks)
        return -1;
    memset(blocks + t->capacity, 0, (capacity - t->capacity) * sizeof *blocks);
    t->blocks = blocks;
    t->capacity = capacity;
    return 0;
}

static struct uring_slot *make_block(size_t block)
{
    struct uring_slot *slots = coil__alloc(BLOCK * sizeof *slots);

    if (!slots)
        return NULL;
    for (size_t i = 0; i < BLOCK; i++) {
        for (unsigned char direction = 0; direction < URING_DIRECTIONS;
             direction++) {
            slots[i].lanes[direction].fd = (int)(block * BLOCK + i);
            slots[i].lanes[direction].direction = direction;
        }
    }
    return slots;
}

struct uring_slot *coil__uring_reserve(struct uring_table *t, int fd)
{
    size_t block = (size_t)fd / BLOCK;

    if (block >= t->capacity && grow(t, block + 1) < 0)
        return NULL;
    if (!t->blocks[block])
        t->blocks[block] = make_block(block);
    return coil__uring_slot(t, fd);
}

struct uring_lane *coil__uring_find(const struct uring_table *t, uint64_t key)
{
    struct uring_slot *slot = coil__uring_slot(t, (int)((uint32_t)key >> 1));
    struct uring_lane *lane = slot ? &slot->lanes[key & 1] : NULL;

    if (!lane || lane->state != URING_FLYING || coil__uring_key(lane) != key)
        return NULL;
    return lane;
}

struct uring_slot *coil__uring_next(const struct uring_table *t, int *fd)
{
    int end = (int)(t->capacity * BLOCK);

    for (int next = *fd + 1; next < end; next++) {
        struct uring_slot *slot = coil__uring_slot(t, next);

        if (slot && coil__uring_is_used(slot)) {
            *fd = next;
            return slot;
        }
    }
    return NULL;
}

void coil__uring_free_table(struct uring_table *t)
{
    for (size_t i = 0; i < t->capacity; i++)
        coil__free(t->blocks[i]);
    coil__free(t->blocks);
}
