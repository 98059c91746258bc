/* SPDX-License-Identifier: MIT */
#include "wire_format.h"

#include <string.h>

struct wire_message wire_message(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    return (struct wire_message){ at, at + size, false };
}

struct wire_message wire_inside(const struct wire_field *field)
{
    return wire_message(field->bytes, (size_t)field->value);
}

static bool is_wrong(struct wire_message *m)
{
    m->is_wrong = true;
    return false;
}

/* Ten bytes at most, of which the last one has a single bit. */
static bool read_varint(struct wire_message *m, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        unsigned byte = *m->at++;

        if (shift == 63 && byte > 1)
            break;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return is_wrong(m);
}

static bool read_fixed64(struct wire_message *m, uint64_t *number)
{
    if (m->end - m->at < 8)
        return is_wrong(m);
    *number = 0;
    for (unsigned i = 0; i < 8; i++)
        *number |= (uint64_t)m->at[i] << 8 * i;
    m->at += 8;
    return true;
}

static bool read_bytes(struct wire_message *m, struct wire_field *field)
{
    if (!read_varint(m, &field->value))
        return false;
    if (field->value > (uint64_t)(m->end - m->at))
        return is_wrong(m);
    field->bytes = m->at;
    m->at += field->value;
    return true;
}

bool wire_next(struct wire_message *m, struct wire_field *field)
{
    uint64_t key;

    if (m->is_wrong || m->at == m->end || !read_varint(m, &key))
        return false;
    if (key >> 3 == 0 || key >> 3 > 0x1fffffff)
        return is_wrong(m);
    *field = (struct wire_field){ .number = (unsigned)(key >> 3) };
    switch (key & 7) {
    case WIRE_VARINT:
        field->type = WIRE_VARINT;
        return read_varint(m, &field->value);
    case WIRE_FIXED64:
        field->type = WIRE_FIXED64;
        return read_fixed64(m, &field->value);
    case WIRE_BYTES:
        field->type = WIRE_BYTES;
        return read_bytes(m, field);
    default:
        return is_wrong(m);
    }
}
