/* SPDX-License-Identifier: MIT */
#include "trace/cfi_reader.h"

#include <string.h>

uint64_t coil__cfi_fixed(struct coil_cfi_reader *r, size_t bytes)
{
    uint64_t value = 0;

    if ((size_t)(r->end - r->at) < bytes) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)r->at[i] << (8 * i);
    r->at += bytes;
    return value;
}

/* Seven bits in each byte; bit 6 of `last` is the sign. */
static uint64_t read_leb(struct coil_cfi_reader *r, unsigned *bits,
                         unsigned *last)
{
    uint64_t value = 0;

    *bits = 0;
    do {
        *last = (unsigned)coil__cfi_fixed(r, 1);
        if (*bits < 64)
            value |= (uint64_t)(*last & 0x7f) << *bits;
        *bits += 7;
    } while (*last & 0x80 && !r->bad);
    return value;
}

uint64_t coil__cfi_uleb(struct coil_cfi_reader *r)
{
    unsigned bits;
    unsigned last;

    return read_leb(r, &bits, &last);
}

int64_t coil__cfi_sleb(struct coil_cfi_reader *r)
{
    unsigned bits;
    unsigned last;
    uint64_t value = read_leb(r, &bits, &last);

    if (last & 0x40 && bits < 64)
        value |= UINT64_MAX << bits;
    return (int64_t)value;
}

const unsigned char *coil__cfi_block(struct coil_cfi_reader *r, size_t *size)
{
    const unsigned char *at;

    *size = coil__cfi_uleb(r);
    at = r->at;
    if (*size > (size_t)(r->end - r->at))
        r->bad = true;
    else
        r->at += *size;
    return at;
}
