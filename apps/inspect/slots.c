/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "must.h"

enum {
    CARVED_MAX = 1 << 16, /* of one slab */
    SLABS_MAX = 1 << 16,  /* of one class */
    CLASSES_MAX = 64,
};

static uintptr_t word_in(const unsigned char *bytes, uint32_t offset)
{
    uintptr_t word;

    memcpy(&word, bytes + offset, sizeof word);
    return word;
}

/* `carved` structs that describe stacks lie at `at`. */
static void add_slab(struct slots *slots, struct target *target, uintptr_t at,
                     size_t carved)
{
    size_t size = target_field(target, "stack.size");
    uint32_t low = target_field(target, "stack.low");
    uint32_t top = target_field(target, "stack.top");
    unsigned char *bytes;
    struct slab slab = { .first = slots->count, .count = carved };
    unsigned guard;

    if (carved == 0 || carved > CARVED_MAX || low + 8 > size || top + 8 > size)
        return;
    bytes = must_calloc(carved, size);
    if (!target_read(target, at, bytes, carved * size)) {
        free(bytes);
        return;
    }
    if (slots->count + carved > slots->capacity)
        slots->all =
            must_reserve(slots->all, slots->count, &slots->capacity,
                         2 * (slots->count + carved), sizeof slots->all[0]);
    for (size_t i = 0; i < carved; i++) {
        slots->all[slots->count++] = (struct slot){
            .low = word_in(bytes + i * size, low),
            .top = word_in(bytes + i * size, top),
            .stack = at + i * size,
            .task = SLOT_NO_TASK,
        };
    }
    memcpy(&guard, bytes + target_field(target, "stack.guard"), sizeof guard);
    free(bytes);
    slab.first_low = slots->all[slab.first].low;
    slab.from = slab.first_low - guard;
    slab.stride = carved > 1 ? slots->all[slab.first + 1].low - slab.first_low
                             : slots->all[slab.first].top - slab.first_low;
    slab.to = slots->all[slots->count - 1].top;
    if (slab.stride == 0 || slab.to <= slab.from) {
        slots->count = slab.first;
        return;
    }
    slots->slabs = must_grow(slots->slabs, slots->slab_count,
                             &slots->slab_capacity, sizeof slots->slabs[0]);
    slots->slabs[slots->slab_count++] = slab;
}

/* The slabs of large stacks are linked, … */
static void add_class(struct slots *slots, struct target *target, uintptr_t at)
{
    uintptr_t slab = word_at(target, at + target_field(target, "class.slabs"));

    for (size_t i = 0; slab && i < SLABS_MAX; i++) {
        add_slab(slots, target, slab + target_field(target, "slab.stacks"),
                 word_at(target, slab + target_field(target, "slab.carved")));
        slab = word_at(target, slab + target_field(target, "slab.next"));
    }
}

/* … and those of small ones are in lists, of which the head is the first word. */
static void add_small_list(struct slots *slots, struct target *target,
                           uintptr_t list)
{
    uintptr_t link = word_at(target, list);

    for (size_t i = 0; link && i < SLABS_MAX; i++) {
        uintptr_t slab = link - target_field(target, "small_slab.link");
        uint32_t carved = 0;

        target_read(target, slab + target_field(target, "small_slab.carved"),
                    &carved, sizeof carved);
        add_slab(slots, target,
                 slab + target_field(target, "small_slab.stacks"), carved);
        link = word_at(target, link);
    }
}

static void add_small_class(struct slots *slots, struct target *target,
                            uintptr_t at)
{
    static const char *const lists[] = { "small_class.full", "small_class.open",
                                         "small_class.idle" };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        add_small_list(slots, target, at + target_field(target, lists[i]));
}

static bool is_known(const struct slots *slots, uintptr_t pool)
{
    for (size_t i = 0; i < slots->pool_count; i++) {
        if (slots->pools[i] == pool)
            return true;
    }
    return false;
}

void slots_add_pool(struct slots *slots, struct target *target, uintptr_t pool)
{
    uint32_t classes = target_field(target, "pool.class_count");
    uint32_t small = target_field(target, "pool.small_count");

    if (!pool || is_known(slots, pool) || classes > CLASSES_MAX ||
        small > CLASSES_MAX)
        return;
    slots->pools = must_grow(slots->pools, slots->pool_count,
                             &slots->pool_capacity, sizeof slots->pools[0]);
    slots->pools[slots->pool_count++] = pool;
    for (uint32_t i = 0; i < classes; i++)
        add_class(slots, target,
                  pool + target_field(target, "pool.classes") +
                      i * target_field(target, "class.size"));
    for (uint32_t i = 0; i < small; i++)
        add_small_class(slots, target,
                        pool + target_field(target, "pool.small") +
                            i * target_field(target, "small_class.size"));
}

void slots_add(struct slots *slots, const struct slot *slot)
{
    slots->all = must_grow(slots->all, slots->count, &slots->capacity,
                           sizeof slots->all[0]);
    slots->slabs = must_grow(slots->slabs, slots->slab_count,
                             &slots->slab_capacity, sizeof slots->slabs[0]);
    slots->slabs[slots->slab_count++] = (struct slab){
        slot->low, slot->top, slot->low, slot->top - slot->low, slots->count, 1
    };
    slots->all[slots->count++] = *slot;
}

static int compare(const void *a, const void *b)
{
    uintptr_t one = ((const struct slab *)a)->from;
    uintptr_t other = ((const struct slab *)b)->from;

    return (one > other) - (one < other);
}

void slots_sort(struct slots *slots)
{
    if (slots->slab_count > 0)
        qsort(slots->slabs, slots->slab_count, sizeof slots->slabs[0], compare);
}

/* The guard of the first slot belongs to that. */
static size_t index_in(const struct slab *slab, uintptr_t address)
{
    return address < slab->first_low
               ? 0
               : (address - slab->first_low) / slab->stride;
}

struct slot *slots_find(const struct slots *slots, uintptr_t address)
{
    size_t low = 0;
    size_t high = slots->slab_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct slab *slab = &slots->slabs[middle];

        if (address < slab->from)
            high = middle;
        else if (address >= slab->to)
            low = middle + 1;
        else
            return &slots->all[slab->first + index_in(slab, address)];
    }
    return NULL;
}

void slots_free(struct slots *slots)
{
    free(slots->all);
    free(slots->slabs);
    free(slots->pools);
}
