/* SPDX-License-Identifier: MIT */
/*
 * names.c - texts in the file of a recorder
 *
 * A table finds the number by the text.  Most texts are literals that never
 * change; a small cache finds those by their address.
 */
#include "record/names.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "record/ring.h"

enum {
    SLOTS = 16384,  /* a power of two */
    NAMES = 12288,  /* then probing would take long */
    CACHED = 256,   /* a power of two */
    TEXT_MAX = 255, /* bytes of one */
};

struct slot {
    uint32_t offset; /* of the text, among the strings */
    uint32_t number; /* 0: none */
};

struct coil_record_names {
    const char *addresses[CACHED];
    uint32_t numbers[CACHED];
    uint32_t count;
    struct slot slots[SLOTS];
};

struct coil_record_names *coil__record_names_new(void)
{
    return coil__alloc(sizeof(struct coil_record_names));
}

static char *strings_of(const struct coil_recorder *r)
{
    return (char *)r->file + r->file->strings_offset;
}

static bool is_it(const struct coil_recorder *r, const struct slot *slot,
                  const char *text)
{
    return strncmp(strings_of(r) + slot->offset, text, TEXT_MAX) == 0;
}

/* Append the text, and then tell of it: what is told of is whole. */
static unsigned add(struct coil_recorder *r, struct slot *slot,
                    const char *text)
{
    uint64_t used = r->file->strings_used;
    size_t length = strnlen(text, TEXT_MAX);

    if (r->names->count == NAMES || used + length + 1 > r->file->strings_size)
        return 0;
    memcpy(strings_of(r) + used, text, length);
    strings_of(r)[used + length] = '\0';
    __atomic_store_n(&r->file->strings_used, used + length + 1,
                     __ATOMIC_RELEASE);
    slot->offset = (uint32_t)used;
    slot->number = ++r->names->count;
    return slot->number;
}

unsigned coil__record_name(struct coil_recorder *r, const char *text)
{
    struct slot *slot;
    uint32_t hash;

    if (!text)
        return 0;
    hash = coil__hash_text(text);
    for (;; hash++) {
        slot = &r->names->slots[hash & (SLOTS - 1)];
        if (slot->number == 0)
            return add(r, slot, text);
        if (is_it(r, slot, text))
            return slot->number;
    }
}

static size_t place_of(const char *text)
{
    return ((uintptr_t)text >> 2 ^ (uintptr_t)text >> 10) & (CACHED - 1);
}

bool coil__record_name_at_hand(const struct coil_recorder *r, const char *text,
                               unsigned *number)
{
    size_t place = place_of(text);

    *number = r->names->numbers[place];
    return r->names->addresses[place] == text;
}

unsigned coil__record_name_static(struct coil_recorder *r, const char *text)
{
    struct coil_record_names *names = r->names;
    size_t place = place_of(text);

    if (!text)
        return 0;
    if (COIL_UNLIKELY(names->addresses[place] != text)) {
        names->numbers[place] = coil__record_name(r, text);
        names->addresses[place] = text;
    }
    return names->numbers[place];
}
