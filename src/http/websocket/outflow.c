/* SPDX-License-Identifier: MIT */
#include "http/websocket/outflow.h"

#include <string.h>
#include <sys/random.h>

#include <coil/error.h>

#include "http/http2/stream.h"
#include "http/websocket/ending.h"

enum {
    KEPT = 64 * 1024,  /* memory that stays for the next frame */
    PONGS = 16 * 1024, /* bytes of pongs that may be kept */
    CODE = 2,          /* bytes of a code */
};

/* ---- frames ----------------------------------------------------------- */

/*
 * A mask must not be foreseen (RFC 6455, 10.3), so these are the kernel's random
 * numbers.  They are asked for many at a time.
 */
static void choose_mask(struct coil__websocket_out *out, unsigned char mask[4])
{
    if (out->key_count == 0) {
        (void)!getrandom(out->keys, sizeof out->keys, 0);
        out->key_count = sizeof out->keys / sizeof out->keys[0];
    }
    memcpy(mask, out->keys[--out->key_count], 4);
}

/* Put a frame to `to`, which has room.  Returns how many bytes. */
static size_t put(struct coil_websocket *ws, unsigned char *to,
                  const struct coil__websocket_kind_of_frame *kind,
                  const void *data, size_t size)
{
    struct coil__websocket_frame frame = {
        .is_last = kind->is_last,
        .is_compressed = kind->is_compressed,
        .is_masked = ws->is_client,
        .opcode = kind->opcode,
        .size = size,
    };
    size_t head;

    if (frame.is_masked)
        choose_mask(&ws->out, frame.mask);
    head = coil__websocket_frame_put(to, &frame);
    if (frame.is_masked)
        coil__websocket_mask(to + head, data, size, frame.mask, 0);
    else if (size > 0)
        memcpy(to + head, data, size);
    return head + size;
}

int coil__websocket_put_frame(struct coil_websocket *ws,
                              const struct coil__websocket_kind_of_frame *kind,
                              const void *data, size_t size)
{
    struct coil_buffer *frame = &ws->out.frame;
    size_t all;
    int rc;

    if (size > SIZE_MAX - COIL__WEBSOCKET_HEAD)
        return -ENOMEM;
    rc = coil__buffer_reserve(frame, COIL__WEBSOCKET_HEAD + size);
    if (rc < 0)
        return rc;
    all = put(ws, coil__buffer_end(frame), kind, data, size);
    rc = coil_stream_write(ws->stream, coil__buffer_end(frame), all);
    if (frame->capacity > KEPT)
        coil__buffer_fini(frame);
    return rc;
}

int coil__websocket_put_control(struct coil_websocket *ws, unsigned opcode,
                                const void *data, size_t size)
{
    const struct coil__websocket_kind_of_frame kind = {
        .opcode = (unsigned char)opcode,
        .is_last = true,
    };
    unsigned char frame[COIL__WEBSOCKET_HEAD + COIL__WEBSOCKET_CONTROL];
    size_t all = put(ws, frame, &kind, data, size);

    return coil_stream_write(ws->stream, frame, all);
}

/* ---- pongs ------------------------------------------------------------ */

void coil__websocket_pay_pong(struct coil_websocket *ws)
{
    struct coil__websocket_out *out = &ws->out;

    if (!out->owes_pong || ws->is_close_sent)
        return;
    if (coil_stream_unsent(ws->stream) == 0)
        out->pongs_kept = 0;
    if (out->pongs_kept >= PONGS)
        return;
    if (coil__websocket_put_control(ws, COIL__WEBSOCKET_PONG, out->pong,
                                    out->pong_size) < 0)
        return;
    out->pongs_kept += COIL__WEBSOCKET_HEAD + out->pong_size;
    out->owes_pong = false;
}

void coil__websocket_owe_pong(struct coil_websocket *ws, const void *data,
                              size_t size)
{
    memcpy(ws->out.pong, data, size);
    ws->out.pong_size = (unsigned char)size;
    ws->out.owes_pong = true;
    coil__websocket_pay_pong(ws);
}

/* ---- the end ---------------------------------------------------------- */

int coil__websocket_put_close(struct coil_websocket *ws, unsigned code,
                              const char *reason)
{
    unsigned char payload[COIL__WEBSOCKET_CONTROL];
    size_t size = 0;
    int rc;

    if (ws->is_close_sent)
        return 0;
    if (code != COIL_WEBSOCKET_NO_CODE) {
        payload[0] = (unsigned char)(code >> 8);
        payload[1] = (unsigned char)code;
        size = strlen(reason);
        memcpy(payload + CODE, reason, size);
        size += CODE;
    }
    rc = coil__websocket_put_control(ws, COIL__WEBSOCKET_CLOSE, payload, size);
    if (rc == 0)
        ws->is_close_sent = true;
    return rc;
}

int coil__websocket_fail(struct coil_websocket *ws, int error, unsigned code,
                         const char *reason)
{
    /* If it cannot be told, the other side sees the end of the connection. */
    int rc = coil__websocket_put_close(ws, code, reason);

    (void)rc;
    coil__websocket_end(ws, error);
    return error;
}

/* Whether reading may be tried again. */
static bool is_passing(int error)
{
    return error == -ECANCELED || error == -ENOMEM || error == -ENOBUFS ||
           error == -ENOSPC;
}

/*
 * Bytes that had come were dropped for want of memory, which happens to streams of
 * HTTP/2 alone.  Nothing can follow.
 */
static bool has_lost(const struct coil_websocket *ws)
{
    const struct coil__http2_stream *s = coil__http2_stream_of(ws->stream);

    return s && s->input_error < 0;
}

int coil__websocket_fail_to_read(struct coil_websocket *ws, int error)
{
    if (error != -ECANCELED && has_lost(ws))
        return coil__websocket_fail(ws, error, COIL_WEBSOCKET_INTERNAL_ERROR,
                                    "no memory");
    if (!is_passing(error))
        coil__websocket_end(ws, error);
    return error;
}
