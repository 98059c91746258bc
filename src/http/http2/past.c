/* SPDX-License-Identifier: MIT */
#include "http/http2/past.h"

#include <nghttp2/nghttp2.h>
#include <stdbool.h>

void coil__http2_past_end(struct coil__http2_past *past, int32_t id)
{
    past->ended[past->count++ % COIL__HTTP2_REMEMBERED] = id;
}

static bool has_ended(const struct coil__http2_past *past, int32_t id)
{
    for (size_t i = 0; i < COIL__HTTP2_REMEMBERED; i++)
        if (past->ended[i] == id)
            return true;
    return false;
}

/* Only a client's streams are known: they have odd numbers. */
static void begin(struct coil__http2_past *past, int32_t id)
{
    if (id % 2 == 0 || id <= past->last)
        return;
    if (id - past->last > 2) {
        past->skipped_from = past->last + 1;
        past->skipped_to = id - 1;
    }
    past->last = id;
}

uint32_t coil__http2_past_frame(struct coil__http2_past *past, uint8_t type,
                                int32_t id)
{
    if (id == 0 || (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA))
        return NGHTTP2_NO_ERROR;
    if (type == NGHTTP2_HEADERS)
        begin(past, id);
    if (id >= past->skipped_from && id <= past->skipped_to)
        return NGHTTP2_PROTOCOL_ERROR;
    return has_ended(past, id) ? NGHTTP2_STREAM_CLOSED : NGHTTP2_NO_ERROR;
}
