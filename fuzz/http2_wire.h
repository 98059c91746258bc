/* SPDX-License-Identifier: MIT */
/*
 * http2_wire.h - an input as bytes of HTTP/2
 *
 * The first byte says whether the rest are bytes as they are sent, or orders for
 * frames, whose lengths are then true: a type, flags, a stream, a length and the
 * payload.
 */
#ifndef COIL_FUZZ_HTTP2_WIRE_H
#define COIL_FUZZ_HTTP2_WIRE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "fuzz.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            abort();                                                           \
    } while (0)

enum { AS_THEY_ARE = 1, ROOM = 64 << 10, FRAME_HEAD = 9 };

struct wire {
    unsigned char bytes[ROOM];
    size_t size;
};

static inline void put(struct wire *w, const void *bytes, size_t size)
{
    if (size > sizeof w->bytes - w->size)
        size = sizeof w->bytes - w->size;
    if (size > 0)
        memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
}

/* Carry out one order.  Returns how many bytes it has. */
static inline size_t put_frame(struct wire *w, const uint8_t *at, size_t size)
{
    unsigned char head[FRAME_HEAD] = { 0 };
    size_t length;

    if (size < 4)
        return size;
    length = at[3] < size - 4 ? at[3] : size - 4;
    head[2] = (unsigned char)length;
    head[3] = at[0] % 18; /* PRIORITY_UPDATE is 16 */
    head[4] = at[1];
    head[8] = at[2];
    put(w, head, sizeof head);
    put(w, at + 4, length);
    return 4 + length;
}

/* `begin` comes in front. */
static inline void make_wire(struct wire *w, const struct fuzz_input *input,
                             const char *begin, size_t size)
{
    const uint8_t *at = input->data + 1;
    size_t left = input->size - 1;

    w->size = 0;
    put(w, begin, size);
    if (input->data[0] & AS_THEY_ARE) {
        put(w, at, left);
        return;
    }
    while (left > 0) {
        size_t used = put_frame(w, at, left);

        at += used;
        left -= used;
    }
}

/* Several pieces of a head are counted by nghttp2 as they are cut. */
static inline bool is_comparable(const struct wire *w)
{
    size_t pieces = 0;

    for (size_t i = 0; i + FRAME_HEAD <= w->size; i++)
        pieces += w->bytes[i] == NGHTTP2_CONTINUATION;
    return pieces < 4;
}

#endif
