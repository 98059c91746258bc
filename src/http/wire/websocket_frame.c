/* SPDX-License-Identifier: MIT */
#include "http/wire/websocket_frame.h"

#include <string.h>

#include <coil/error.h>

enum {
    FIN = 0x80,
    RSV1 = 0x40,
    RSV2_AND_3 = 0x30,
    MASKED = 0x80,
    IN_16_BITS = 126,
    IN_64_BITS = 127,
};

/* ---- heads ------------------------------------------------------------ */

static bool is_opcode(unsigned opcode)
{
    return opcode <= COIL__WEBSOCKET_BINARY ||
           (opcode >= COIL__WEBSOCKET_CLOSE && opcode <= COIL__WEBSOCKET_PONG);
}

/* The size of the payload in `width` bytes, the highest first. */
static uint64_t get_size(const unsigned char *bytes, size_t width)
{
    uint64_t size = 0;

    for (size_t i = 0; i < width; i++)
        size = size << 8 | bytes[i];
    return size;
}

/* Whether so many bytes are the fewest that hold the size. */
static bool is_shortest(uint64_t size, size_t width)
{
    if (width == 8)
        return size > UINT16_MAX && size <= INT64_MAX;
    return size >= IN_16_BITS;
}

int coil__websocket_frame_parse(struct coil__websocket_frame *frame,
                                const unsigned char *bytes, size_t size)
{
    size_t width = 0;
    size_t all;

    if (size == 0)
        return 0;
    frame->is_last = bytes[0] & FIN;
    frame->is_compressed = bytes[0] & RSV1;
    frame->opcode = bytes[0] & 15;
    if (bytes[0] & RSV2_AND_3 || !is_opcode(frame->opcode) ||
        (coil__websocket_is_control(frame) && !frame->is_last))
        return COIL_EHTTP_MALFORMED;
    if (size == 1)
        return 0;

    frame->is_masked = bytes[1] & MASKED;
    frame->size = bytes[1] & 127;
    if (coil__websocket_is_control(frame) &&
        frame->size > COIL__WEBSOCKET_CONTROL)
        return COIL_EHTTP_MALFORMED;
    if (frame->size >= IN_16_BITS)
        width = frame->size == IN_16_BITS ? 2 : 8;
    if (size < 2 + width)
        return 0;
    if (width > 0) {
        frame->size = get_size(bytes + 2, width);
        if (!is_shortest(frame->size, width))
            return COIL_EHTTP_MALFORMED;
    }
    all = 2 + width + (frame->is_masked ? 4 : 0);
    if (size < all)
        return 0;
    if (frame->is_masked)
        memcpy(frame->mask, bytes + 2 + width, 4);
    return (int)all;
}

size_t coil__websocket_frame_put(unsigned char out[COIL__WEBSOCKET_HEAD],
                                 const struct coil__websocket_frame *frame)
{
    size_t width = 0;
    size_t at = 2;
    unsigned char size = (unsigned char)frame->size;

    if (frame->size > UINT16_MAX)
        width = 8;
    else if (frame->size >= IN_16_BITS)
        width = 2;
    if (width > 0)
        size = width == 2 ? IN_16_BITS : IN_64_BITS;
    out[0] = (unsigned char)(frame->opcode | (frame->is_last ? FIN : 0) |
                             (frame->is_compressed ? RSV1 : 0));
    out[1] = (unsigned char)(size | (frame->is_masked ? MASKED : 0));
    for (size_t i = width; i > 0; i--)
        out[at++] = (unsigned char)(frame->size >> (8 * (i - 1)));
    if (frame->is_masked) {
        memcpy(out + at, frame->mask, 4);
        at += 4;
    }
    return at;
}

/* ---- payloads --------------------------------------------------------- */

void coil__websocket_mask(unsigned char *out, const unsigned char *in,
                          size_t size, const unsigned char mask[4], uint64_t at)
{
    unsigned char turned[8];
    uint64_t key;
    size_t i = 0;

    for (unsigned k = 0; k < 8; k++)
        turned[k] = mask[(at + k) & 3];
    memcpy(&key, turned, 8);
    for (; size - i >= 8; i += 8) {
        uint64_t word;

        memcpy(&word, in + i, 8);
        word ^= key;
        memcpy(out + i, &word, 8);
    }
    for (; i < size; i++)
        out[i] = in[i] ^ turned[i & 7];
}

bool coil__websocket_is_code(unsigned code)
{
    if (code >= 3000)
        return code <= 4999;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
