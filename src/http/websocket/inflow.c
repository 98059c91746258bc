/* SPDX-License-Identifier: MIT */
#include "http/websocket/inflow.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "http/websocket/ending.h"
#include "http/websocket/keep.h"
#include "http/websocket/outflow.h"
#include "http/websocket/packing.h"

/* A ratio is looked at beyond so many bytes, as in http/wire/decoder.c. */
#define BOMB_FROM ((uint64_t)1024 * 1024)

/* ---- what is wrong ---------------------------------------------------- */

static int refuse(struct coil_websocket *ws, const char *reason)
{
    return coil__websocket_fail(ws, COIL_EHTTP_MALFORMED,
                                COIL_WEBSOCKET_PROTOCOL_ERROR, reason);
}

static int refuse_text(struct coil_websocket *ws)
{
    return coil__websocket_fail(ws, COIL_EHTTP_MALFORMED,
                                COIL_WEBSOCKET_BAD_DATA, "not UTF-8");
}

static int refuse_size(struct coil_websocket *ws)
{
    return coil__websocket_fail(ws, COIL_EHTTP_BODY_TOO_LARGE,
                                COIL_WEBSOCKET_TOO_LARGE, "too large");
}

/* Whether a frame may come now, and may be so large. */
static int check_frame(struct coil_websocket *ws, size_t limit)
{
    const struct coil__websocket_in *in = &ws->in;
    const struct coil__websocket_frame *f = &in->frame;
    bool begins = f->opcode == COIL__WEBSOCKET_TEXT ||
                  f->opcode == COIL__WEBSOCKET_BINARY;
    bool is_packed = begins ? f->is_compressed : in->is_compressed;

    if (f->is_masked == ws->is_client)
        return refuse(ws, ws->is_client ? "masked" : "not masked");
    if (f->is_compressed && !(begins && ws->is_deflated))
        return refuse(ws, "a reserved bit");
    if (coil__websocket_is_control(f))
        return 0;
    if (begins == (in->kind != 0))
        return refuse(ws, begins ? "a message within a message"
                                 : "nothing to continue");
    if (f->size > ws->max_frame ||
        (!is_packed && f->size > limit - (begins ? 0 : in->size)))
        return refuse_size(ws);
    return 0;
}

/* ---- control frames --------------------------------------------------- */

/* A close frame has come: answer it, and end. */
static int take_close(struct coil_websocket *ws)
{
    const unsigned char *bytes = ws->in.control;
    size_t size = ws->in.control_size;
    unsigned code = COIL_WEBSOCKET_NO_CODE;
    struct coil__utf8 utf8 = { 0 };
    int rc;

    if (size == 1)
        return refuse(ws, "half a code");
    if (size > 1) {
        code = (unsigned)bytes[0] << 8 | bytes[1];
        if (!coil__websocket_is_code(code))
            return refuse(ws, "no such code");
        if (!coil__utf8_check(&utf8, bytes + 2, size - 2) ||
            !coil__utf8_may_end(&utf8))
            return refuse_text(ws);
        memcpy(ws->reason, bytes + 2, size - 2);
    }
    ws->code = code;
    ws->is_close_received = true;
    rc = coil__websocket_put_close(ws, code, "");
    (void)rc; /* the other side is going */
    coil__websocket_end(ws, -EPIPE);
    return -EPIPE;
}

/* A control frame is whole. */
static int take_control(struct coil_websocket *ws)
{
    struct coil__websocket_in *in = &ws->in;

    in->has_frame = false;
    if (in->frame.opcode == COIL__WEBSOCKET_CLOSE)
        return take_close(ws);
    if (in->frame.opcode == COIL__WEBSOCKET_PING)
        coil__websocket_owe_pong(ws, in->control, in->control_size);
    else
        coil__websocket_keep_answered(ws, in->control, in->control_size);
    return 0;
}

/* ---- frames ----------------------------------------------------------- */

/* The head of a frame is whole. */
static int begin_frame(struct coil_websocket *ws, size_t limit)
{
    struct coil__websocket_in *in = &ws->in;
    int rc = check_frame(ws, limit);

    if (rc < 0)
        return rc;
    in->has_frame = true;
    in->head_size = 0;
    in->left = in->frame.size;
    in->control_size = 0;
    if (!coil__websocket_is_control(&in->frame) &&
        in->frame.opcode != COIL__WEBSOCKET_CONTINUATION) {
        in->kind = in->frame.opcode;
        in->is_compressed = in->frame.is_compressed;
        in->size = in->packed_size = 0;
        in->utf8 = (struct coil__utf8){ 0 };
    }
    return 0;
}

/* Take one byte of a head. */
static int take_head(struct coil_websocket *ws, unsigned char byte,
                     size_t limit)
{
    struct coil__websocket_in *in = &ws->in;
    int rc;

    in->head[in->head_size++] = byte;
    rc = coil__websocket_frame_parse(&in->frame, in->head, in->head_size);
    if (rc < 0)
        return refuse(ws, "not a frame");
    return rc > 0 ? begin_frame(ws, limit) : 0;
}

/* Take some of the payload to `out`, without its mask.  Returns how many bytes. */
static size_t take_payload(struct coil__websocket_in *in, unsigned char *out,
                           size_t room, const unsigned char *data, size_t size)
{
    size_t n = size < room ? size : room;

    if (n > in->left)
        n = (size_t)in->left;
    if (in->frame.is_masked)
        coil__websocket_mask(out, data, n, in->frame.mask,
                             in->frame.size - in->left);
    else
        memcpy(out, data, n);
    in->left -= n;
    return n;
}

/* Bytes that have come, and where those of a message go. */
struct walk {
    const unsigned char *data;
    size_t size;
    size_t used;
    unsigned char *out;
    size_t room;
    size_t got; /* bytes of a message that is not compressed */
    size_t limit;
};

/* Take what there is of a payload. */
static void walk_payload(struct coil__websocket_in *in, struct walk *w)
{
    const unsigned char *data = w->data + w->used;
    size_t size = w->size - w->used;
    size_t n;

    if (coil__websocket_is_control(&in->frame)) {
        n = take_payload(in, in->control + in->control_size, sizeof in->control,
                         data, size);
        in->control_size = (unsigned char)(in->control_size + n);
    } else if (in->is_compressed) {
        n = take_payload(in, in->raw, sizeof in->raw, data, size);
        in->raw_at = 0;
        in->raw_size = n;
        in->packed_size += n;
    } else {
        n = take_payload(in, w->out, w->room, data, size);
        w->got = n;
    }
    w->used += n;
}

/* Take what there is of a head, and of the payload behind it. */
static int walk(struct coil_websocket *ws, struct walk *w)
{
    struct coil__websocket_in *in = &ws->in;

    while (w->used < w->size && !in->has_frame) {
        int rc = take_head(ws, w->data[w->used++], w->limit);

        if (rc < 0)
            return rc;
    }
    if (in->has_frame)
        walk_payload(in, w);
    return 0;
}

/* Wait for bytes, and walk through them. */
static int feed(struct coil_websocket *ws, struct walk *w)
{
    struct coil__websocket_wait wait;
    const void *data = NULL;
    ptrdiff_t n;
    int rc;

    coil__websocket_wait_begin(ws, &wait);
    n = coil_stream_peek(ws->stream, &data);
    rc = coil__websocket_wait_end(ws, &wait, n < 0 ? (int)n : 0);
    /* -EPIPE is for who has closed properly, and no close frame has come. */
    if ((rc == 0 && n == 0) || rc == -EPIPE)
        rc = COIL_EHTTP_TRUNCATED;
    if (rc < 0)
        return coil__websocket_fail_to_read(ws, rc);
    w->data = data;
    w->size = (size_t)n;
    rc = walk(ws, w);
    coil_stream_consume(ws->stream, w->used);
    ws->received += w->used;
    return rc;
}

/* ---- messages --------------------------------------------------------- */

static bool is_bomb(const struct coil_websocket *ws)
{
    const struct coil__websocket_in *in = &ws->in;

    return in->size > BOMB_FROM && in->size / ws->max_ratio > in->packed_size;
}

/* Check `n` bytes of a message before they are given away. */
static ptrdiff_t check_piece(struct coil_websocket *ws,
                             const unsigned char *bytes, size_t n, size_t limit)
{
    struct coil__websocket_in *in = &ws->in;

    in->size += n;
    if (in->size > limit)
        return refuse_size(ws);
    if (in->is_compressed && is_bomb(ws))
        return coil__websocket_fail(ws, COIL_EHTTP_BOMB,
                                    COIL_WEBSOCKET_TOO_LARGE, "too large");
    if (in->kind == COIL__WEBSOCKET_TEXT &&
        !coil__utf8_check(&in->utf8, bytes, n))
        return refuse_text(ws);
    return (ptrdiff_t)n;
}

/* All bytes of a message are there.  Returns 0, or an error. */
static int end_message(struct coil_websocket *ws,
                       struct coil__websocket_piece *piece)
{
    struct coil__websocket_in *in = &ws->in;

    if (in->kind == COIL__WEBSOCKET_TEXT && !coil__utf8_may_end(&in->utf8))
        return refuse_text(ws);
    if (in->is_compressed)
        coil__websocket_unpack_end(ws);
    in->has_frame = false;
    in->kind = 0;
    piece->is_end = true;
    return 0;
}

/* Decompress.  Returns as unpack(), or what ends the WebSocket. */
static ptrdiff_t unpack(struct coil_websocket *ws, unsigned char *out,
                        size_t room)
{
    ptrdiff_t n = coil__websocket_unpack_begin(ws);

    if (n < 0)
        return n;
    n = coil__websocket_unpack(ws, out, room);
    if (n == -ENOMEM)
        return coil__websocket_fail(ws, -ENOMEM, COIL_WEBSOCKET_INTERNAL_ERROR,
                                    "no memory");
    if (n < 0)
        return coil__websocket_fail(ws, (int)n, COIL_WEBSOCKET_BAD_DATA,
                                    "not deflate");
    return n;
}

/* Give some of a compressed frame.  0: more is needed, or the message has ended. */
static ptrdiff_t give_packed(struct coil_websocket *ws, const struct walk *w,
                             struct coil__websocket_piece *piece)
{
    struct coil__websocket_in *in = &ws->in;

    for (;;) {
        ptrdiff_t n = unpack(ws, w->out, w->room);

        if (n != 0)
            return n < 0 ? n : check_piece(ws, w->out, (size_t)n, w->limit);
        if (in->left > 0)
            return 0;
        if (!in->frame.is_last) {
            in->has_frame = false;
            return 0;
        }
        if (in->has_tail)
            return end_message(ws, piece);
        coil__websocket_unpack_tail(ws);
    }
}

/* Give what has come of a frame that is not compressed; as give_packed(). */
static ptrdiff_t give_plain(struct coil_websocket *ws, const struct walk *w,
                            struct coil__websocket_piece *piece)
{
    struct coil__websocket_in *in = &ws->in;
    ptrdiff_t n = 0;

    if (w->got > 0)
        n = check_piece(ws, w->out, w->got, w->limit);
    if (n < 0 || in->left > 0)
        return n;
    if (in->frame.is_last) {
        int rc = end_message(ws, piece);

        return rc < 0 ? rc : n;
    }
    in->has_frame = false;
    return n;
}

/* Give what is there; as give_packed(). */
static ptrdiff_t give(struct coil_websocket *ws, const struct walk *w,
                      struct coil__websocket_piece *piece)
{
    struct coil__websocket_in *in = &ws->in;

    if (!in->has_frame)
        return 0;
    if (coil__websocket_is_control(&in->frame))
        return in->left == 0 ? take_control(ws) : 0;
    piece->kind = (enum coil_websocket_kind)in->kind;
    return in->is_compressed ? give_packed(ws, w, piece)
                             : give_plain(ws, w, piece);
}

ptrdiff_t coil__websocket_take(struct coil_websocket *ws, unsigned char *out,
                               size_t room, size_t limit,
                               struct coil__websocket_piece *piece)
{
    struct walk w = { .out = out, .room = room, .limit = limit };
    ptrdiff_t n;

    piece->is_end = false;
    n = ws->end ? ws->end : give(ws, &w, piece);
    while (n == 0 && !piece->is_end) {
        w = (struct walk){ .out = out, .room = room, .limit = limit };
        coil__websocket_pay_pong(ws);
        n = feed(ws, &w);
        if (n == 0)
            n = give(ws, &w, piece);
    }
    return n;
}
