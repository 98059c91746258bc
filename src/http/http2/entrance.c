/* SPDX-License-Identifier: MIT */
#include "http/http2/entrance.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

enum { PRIORITY_SIZE = 5 };

/* The head of a frame (RFC 9113, 4.1). */
struct frame {
    size_t length;
    uint8_t type;
    uint8_t flags;
    int32_t id;
};

void coil__http2_entrance_begin(struct coil__http2_entrance *e, bool is_server,
                                size_t max_head)
{
    *e = (struct coil__http2_entrance){ .is_server = is_server,
                                        .max_head = max_head };
    if (is_server)
        e->left = NGHTTP2_CLIENT_MAGIC_LEN;
    coil__http2_flood_begin(&e->flood);
}

static struct frame read_head(const unsigned char *at)
{
    return (struct frame){
        .length = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2],
        .type = at[3],
        .flags = at[4],
        .id = (int32_t)((uint32_t)(at[5] & 0x7f) << 24 | (uint32_t)at[6] << 16 |
                        (uint32_t)at[7] << 8 | at[8]),
    };
}

/* RFC 9113, 6.3. */
static uint32_t judge_priority(const struct frame *f)
{
    if (f->id == 0)
        return NGHTTP2_PROTOCOL_ERROR;
    return f->length == PRIORITY_SIZE ? NGHTTP2_NO_ERROR
                                      : NGHTTP2_FRAME_SIZE_ERROR;
}

static uint32_t judge(struct coil__http2_entrance *e, const struct frame *f)
{
    if (coil__http2_flood_frame(&e->flood, f->type, f->flags, f->length,
                                e->max_head))
        return NGHTTP2_ENHANCE_YOUR_CALM;
    if (f->type == NGHTTP2_PRIORITY)
        return judge_priority(f);
    return e->is_server ? coil__http2_past_frame(&e->past, f->type, f->id)
                        : NGHTTP2_NO_ERROR;
}

/* Take bytes of a payload, or of the head of a frame.  Returns how many. */
static size_t take(struct coil__http2_entrance *e, const unsigned char *at,
                   size_t size)
{
    size_t wanted = e->left > 0 ? e->left : sizeof e->head - e->have;

    if (size > wanted)
        size = wanted;
    if (e->left > 0) {
        e->left -= size;
    } else {
        memcpy(e->head + e->have, at, size);
        e->have += size;
    }
    return size;
}

uint32_t coil__http2_entrance_look(struct coil__http2_entrance *e,
                                   const void *data, size_t size, size_t *good)
{
    const unsigned char *at = data;
    const unsigned char *end = at + size;
    uint32_t code = NGHTTP2_NO_ERROR;

    *good = size;
    while (at < end && code == NGHTTP2_NO_ERROR) {
        struct frame frame;
        size_t n = take(e, at, (size_t)(end - at));

        if (e->have == sizeof e->head) {
            *good = (size_t)(at - (const unsigned char *)data);
            frame = read_head(e->head);
            e->have = 0;
            e->left = frame.length;
            code = judge(e, &frame);
        }
        at += n;
    }
    if (code == NGHTTP2_NO_ERROR)
        *good = size;
    return code;
}
