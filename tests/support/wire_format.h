/* SPDX-License-Identifier: MIT */
/*
 * wire_format.h - messages of Protocol Buffers, read by the rules of their wire
 * format alone
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
#ifndef COIL_TESTS_WIRE_FORMAT_H
#define COIL_TESTS_WIRE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

struct wire_field {
    unsigned number;
    enum wire_type type;
    uint64_t value; /* of WIRE_BYTES: how many */
    const unsigned char *bytes;
};

/* The rest of a message. */
struct wire_message {
    const unsigned char *at;
    const unsigned char *end;
    bool is_wrong; /* it is no message, and nothing more comes of it */
};

struct wire_message wire_message(const void *bytes, size_t size);

/* What WIRE_BYTES has, as a message. */
struct wire_message wire_inside(const struct wire_field *field);

/* The next field; false at the end, or if it is_wrong. */
bool wire_next(struct wire_message *message, struct wire_field *field);

#endif
