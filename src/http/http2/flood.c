/* SPDX-License-Identifier: MIT */
#include "http/http2/flood.h"

#include <nghttp2/nghttp2.h>

/*
 * Who reads a body in small pieces may send two frames WINDOW_UPDATE for each
 * piece; some clients do from 1 KiB on.  Who leaves a page resets up to 100 streams,
 * and may go back and forth.
 */
enum {
    MOST = 4000,    /* frames at once */
    A_SECOND = 400, /* what a second pays in */
    ANSWER = 4,     /* what a frame of a response pays in */
    PIECE = 512,    /* bytes of a body that pay in 1 more */
    RESET = 5,      /* what a stream costs that was made and ended in vain */
    PIECES = 8,     /* frames CONTINUATION of a head, as nghttp2 allows */
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
        pay_in(f, seconds * A_SECOND);
    }
    f->balance -= cost;
    return f->balance < 0;
}

/* Whether a frame DATA may say nothing: padding has up to 255 bytes. */
static bool is_perhaps_empty(uint8_t flags, size_t length)
{
    size_t most = flags & NGHTTP2_FLAG_PADDED ? 256 : 0;

    return length <= most && !(flags & NGHTTP2_FLAG_END_STREAM);
}

bool coil__http2_flood_frame(struct coil__http2_flood *f, uint8_t type,
                             uint8_t flags, size_t length, size_t max_head)
{
    switch (type) {
    case NGHTTP2_HEADERS:
        f->head_size = length;
        f->head_pieces = 0;
        return length > max_head || charge(f, 1);
    case NGHTTP2_CONTINUATION:
        f->head_size += length;
        f->head_pieces++;
        return f->head_size > max_head || f->head_pieces > PIECES;
    case NGHTTP2_DATA:
        pay_in(f, (int64_t)(length / PIECE));
        return is_perhaps_empty(flags, length) && charge(f, 1);
    case NGHTTP2_RST_STREAM:
        return charge(f, RESET);
    default:
        return charge(f, 1);
    }
}

bool coil__http2_flood_reset(struct coil__http2_flood *f)
{
    return charge(f, RESET);
}

void coil__http2_flood_answer(struct coil__http2_flood *f, size_t size)
{
    pay_in(f, ANSWER + (int64_t)(size / PIECE));
}
