/* SPDX-License-Identifier: MIT */
#include "websocket_test.h"

#include <stdlib.h>

/* ---- a WebSocket, and what it is connected to ----------------------------- */

void raw_begin_with(struct raw *raw, const struct coil__websocket_terms *terms,
                    const struct coil_websocket_options *options)
{
    struct coil_websocket_options quiet = { .ping_every = COIL_NEVER };
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    *raw = (struct raw){
        .near = pair[0],
        .far = pair[1],
        .masks = !terms->is_client,
        .ws = coil__websocket_make(pair[0], terms, options ? options : &quiet),
    };
    ASSERT_NOT_NULL(raw->ws);
}

void raw_begin(struct raw *raw, bool is_client)
{
    struct coil__websocket_terms terms = { .is_client = is_client };

    raw_begin_with(raw, &terms, NULL);
}

void raw_end(struct raw *raw)
{
    coil_websocket_free(raw->ws);
    coil_stream_abort(raw->near);
    coil_stream_abort(raw->far);
}

/* ---- frames --------------------------------------------------------------- */

size_t raw_put(unsigned char *out, const struct frame *frame, bool is_masked)
{
    static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    const unsigned char *payload = frame->payload;
    unsigned char flag = is_masked ? 0x80 : 0;
    size_t at = 0;

    out[at++] = frame->first;
    if (frame->size < 126) {
        out[at++] = (unsigned char)(flag | frame->size);
    } else if (frame->size < 65536) {
        out[at++] = flag | 126;
        out[at++] = (unsigned char)(frame->size >> 8);
        out[at++] = (unsigned char)frame->size;
    } else {
        out[at++] = flag | 127;
        for (int i = 56; i >= 0; i -= 8)
            out[at++] = (unsigned char)((uint64_t)frame->size >> i);
    }
    for (int i = 0; is_masked && i < 4; i++)
        out[at++] = mask[i];
    for (size_t i = 0; i < frame->size; i++)
        out[at++] = is_masked ? payload[i] ^ mask[i % 4] : payload[i];
    return at;
}

void raw_send(struct raw *raw, const struct frame *frame)
{
    unsigned char *bytes = calloc(1, frame->size + 14);

    ASSERT_NOT_NULL(bytes);
    ASSERT_EQ(
        coil_stream_write(raw->far, bytes, raw_put(bytes, frame, raw->masks)),
        0);
    free(bytes);
}

static uint64_t read_size(struct coil_stream *s, unsigned char second)
{
    unsigned char more[8];
    size_t width = (second & 127) == 126 ? 2 : 8;
    uint64_t size = 0;

    if ((second & 127) < 126)
        return second & 127;
    ASSERT_EQ(coil_stream_read_exactly(s, more, width, NULL), 0);
    for (size_t i = 0; i < width; i++)
        size = size << 8 | more[i];
    ASSERT(width == 2 ? size >= 126 : size >= 65536);
    return size;
}

int raw_hear(struct raw *raw, struct frame *heard)
{
    static unsigned char *payload;
    unsigned char head[2];
    unsigned char mask[4] = { 0 };
    size_t got;
    int rc = coil_stream_read_exactly(raw->far, head, 2, &got);

    if (rc < 0) {
        ASSERT_EQ(rc, -EPIPE);
        ASSERT_EQ(got, 0);
        return 0;
    }
    heard->first = head[0];
    heard->size = (size_t)read_size(raw->far, head[1]);
    ASSERT_EQ(head[1] >= 128, !raw->masks);
    if (!raw->masks)
        ASSERT_EQ(coil_stream_read_exactly(raw->far, mask, 4, NULL), 0);
    free(payload);
    payload = malloc(heard->size + 1);
    ASSERT_NOT_NULL(payload);
    ASSERT_EQ(coil_stream_read_exactly(raw->far, payload, heard->size, NULL),
              0);
    for (size_t i = 0; i < heard->size; i++)
        payload[i] ^= mask[i % 4];
    heard->payload = payload;
    return 1;
}

void raw_expect(struct raw *raw, const struct frame *expected)
{
    struct frame heard;

    ASSERT_EQ(raw_hear(raw, &heard), 1);
    ASSERT_EQ(heard.first, expected->first);
    ASSERT_EQ(heard.size, expected->size);
    ASSERT_EQ(memcmp(heard.payload, expected->payload, heard.size), 0);
}

/* ---- what it does --------------------------------------------------------- */

int echo_messages(void *arg)
{
    struct coil_websocket *ws = arg;
    struct coil_websocket_message m;
    int rc;

    while ((rc = coil_websocket_recv(ws, &m)) == 0) {
        rc = coil_websocket_send(ws, m.kind, m.data, m.size);
        if (rc < 0)
            break;
    }
    return rc;
}
