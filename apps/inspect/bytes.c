/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <string.h>

bool bytes_read(struct bytes *b, struct target *target, uintptr_t address,
                const char *size)
{
    b->target = target;
    b->size = target_field(target, size);
    return b->size > 0 && b->size <= sizeof b->at &&
           target_read(target, address, b->at, b->size);
}

void bytes_take(struct bytes *b, const char *field, void *to, size_t size)
{
    size_t offset = target_field(b->target, field);

    memset(to, 0, size);
    if (offset <= b->size && size <= b->size - offset)
        memcpy(to, b->at + offset, size);
}

uintptr_t bytes_word(struct bytes *b, const char *field)
{
    uintptr_t word;

    bytes_take(b, field, &word, sizeof word);
    return word;
}

uint32_t bytes_number(struct bytes *b, const char *field)
{
    uint32_t number;

    bytes_take(b, field, &number, sizeof number);
    return number;
}

uintptr_t word_at(const struct target *target, uintptr_t address)
{
    uintptr_t word;

    return address && target_read(target, address, &word, sizeof word) ? word
                                                                       : 0;
}

bool is_set_at(const struct target *target, uintptr_t address)
{
    unsigned char byte = 0;

    return target_read(target, address, &byte, 1) && byte != 0;
}
