/* SPDX-License-Identifier: MIT */
#include "http/websocket/packing.h"

#include <assert.h>
#include <string.h>

#include <coil/error.h>

#include "http/wire/coding_zlib.h"

enum {
    STEP = 4096,
    KEPT = 64 * 1024,
};

/* How a flush ends, which the sender leaves out at the end of a message. */
static const unsigned char tail[4] = { 0x00, 0x00, 0xff, 0xff };

static void drop(struct coil__http_coder *coder)
{
    if (coder->state)
        coder->free(coder->state);
    coder->state = NULL;
}

/* ---- out -------------------------------------------------------------- */

static int run(struct coil_websocket *ws, const void *data, size_t size)
{
    struct coil_buffer *packed = &ws->out.packed;
    struct coil__http_coder_io io = { .in = data, .in_size = size };
    int rc;

    do {
        rc = coil__buffer_reserve(packed, STEP);
        if (rc < 0)
            return rc;
        io.out = coil__buffer_end(packed);
        io.out_size = coil__buffer_room(packed);
        rc = ws->out.coder.run(ws->out.coder.state, &io, COIL__HTTP_PUSH_FLUSH);
        coil__buffer_grow(packed, (size_t)(io.out - coil__buffer_end(packed)));
    } while (rc == 0);
    return rc < 0 ? rc : 0;
}

/*
 * The last piece ends with a flush, which is left out.  If it is empty, the flush
 * of the piece before has gone out, and an empty block must be begun.
 */
static int cut_tail(struct coil_buffer *packed)
{
    if (packed->size == 0)
        return coil__buffer_append(packed, tail, 1);
    assert(packed->size > sizeof tail);
    packed->size -= sizeof tail;
    return 0;
}

int coil__websocket_pack(struct coil_websocket *ws, const void *data,
                         size_t size, bool is_end)
{
    struct coil__websocket_out *out = &ws->out;
    int rc = 0;

    if (out->packed.capacity > KEPT)
        coil__buffer_fini(&out->packed);
    coil__buffer_consume(&out->packed, out->packed.size);
    if (!out->coder.state)
        rc = coil__http_raw_encoder(&out->coder, ws->level, ws->own_bits);
    if (rc == 0)
        rc = run(ws, data, size);
    if (rc == 0 && is_end)
        rc = cut_tail(&out->packed);
    if (rc < 0)
        coil__websocket_pack_anew(ws);
    return rc;
}

void coil__websocket_pack_anew(struct coil_websocket *ws)
{
    drop(&ws->out.coder);
}

/* ---- in --------------------------------------------------------------- */

int coil__websocket_unpack_begin(struct coil_websocket *ws)
{
    if (ws->in.coder.state)
        return 0;
    return coil__http_raw_decoder(&ws->in.coder, ws->peer_bits);
}

ptrdiff_t coil__websocket_unpack(struct coil_websocket *ws, unsigned char *out,
                                 size_t room)
{
    struct coil__websocket_in *in = &ws->in;
    struct coil__http_coder_io io = {
        .in = in->raw + in->raw_at,
        .in_size = in->raw_size - in->raw_at,
        .out = out,
        .out_size = room,
    };
    int rc;

    /* Behind a last block it begins anew, and gives nothing at first. */
    do
        rc = in->coder.run(in->coder.state, &io, COIL__HTTP_PUSH_NONE);
    while (rc == 1 && io.in_size > 0 && io.out_size == room);
    in->raw_at = in->raw_size - io.in_size;
    return rc < 0 ? rc : (ptrdiff_t)(room - io.out_size);
}

void coil__websocket_unpack_tail(struct coil_websocket *ws)
{
    memcpy(ws->in.raw, tail, sizeof tail);
    ws->in.raw_at = 0;
    ws->in.raw_size = sizeof tail;
    ws->in.has_tail = true;
}

void coil__websocket_unpack_end(struct coil_websocket *ws)
{
    ws->in.has_tail = false;
    ws->in.raw_at = ws->in.raw_size = 0;
    if (ws->peer_forgets)
        drop(&ws->in.coder);
}
