/* SPDX-License-Identifier: MIT */
#include "http/http2/flood.h"

#include <nghttp2/nghttp2.h>

enum {
    MOST = 2000,    /* frames at once */
    A_SECOND = 200, /* what a second pays in */
    USEFUL = 4,     /* what a useful frame pays in */
    RESET = 10,     /* what a reset costs: a stream was made and ended */
};

void coil__http2_flood_begin(struct coil__http2_flood *f)
{
    *f = (struct coil__http2_flood){ .balance = MOST, .paid_in = coil_now() };
}

static void pay_in(struct coil__http2_flood *f, int64_t amount)
{
    f->balance += amount;
    if (f->balance > MOST)
        f->balance = MOST;
}

static bool charge(struct coil__http2_flood *f, int64_t cost)
{
    coil_time seconds = (coil_now() - f->paid_in) / COIL_SECOND;

    if (seconds > 0) {
        f->paid_in += seconds * COIL_SECOND;
        pay_in(f, seconds < MOST ? seconds * A_SECOND : MOST);
    }
    f->balance -= cost;
    return f->balance < 0;
}

bool coil__http2_flood_frame(struct coil__http2_flood *f, uint8_t type,
                             uint8_t flags, size_t length, size_t max_head)
{
    switch (type) {
    case NGHTTP2_HEADERS:
        f->head_size = length;
        return length > max_head || charge(f, 1);
    case NGHTTP2_CONTINUATION:
        f->head_size += length;
        return f->head_size > max_head || charge(f, RESET);
    case NGHTTP2_DATA:
        if (length > 0 || flags & NGHTTP2_FLAG_END_STREAM) {
            pay_in(f, USEFUL);
            return false;
        }
        return charge(f, 1);
    case NGHTTP2_RST_STREAM:
        return false; /* counted if there was such a stream */
    default:
        return charge(f, 1);
    }
}

bool coil__http2_flood_reset(struct coil__http2_flood *f)
{
    return charge(f, RESET);
}

void coil__http2_flood_answer(struct coil__http2_flood *f)
{
    pay_in(f, USEFUL);
}
