/* SPDX-License-Identifier: MIT */
#include "http/websocket/websocket.h"

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "base/platform.h"
#include "http/websocket/ending.h"
#include "http/websocket/keep.h"
#include "http/websocket/outflow.h"
#include "http/websocket/packing.h"

/* ---- room ------------------------------------------------------------- */

/* Whether anything can be sent: 0, or why not. */
static int is_sendable(const struct coil_websocket *ws)
{
    if (ws->end)
        return ws->end;
    return ws->is_close_sent ? -EPIPE : 0;
}

/* Wait until the other side has taken what was sent before. */
static int await_room(struct coil_websocket *ws)
{
    struct coil__websocket_wait wait;
    int rc;

    if (is_sendable(ws) < 0) {
        rc = coil_checkpoint();
        return rc < 0 ? rc : is_sendable(ws);
    }
    coil__websocket_wait_begin(ws, &wait);
    rc = coil_stream_drain(ws->stream);
    rc = coil__websocket_wait_end(ws, &wait, rc);
    if (rc < 0)
        return coil__websocket_blame(ws, rc);
    coil__websocket_pay_pong(ws);
    return is_sendable(ws);
}

/* The running task as ws->out.writer has it. */
static uint64_t own_id(void)
{
    struct coil_task *task = coil_current_task();

    return task ? coil_task_id(task) : UINT64_MAX;
}

/* ---- pieces ----------------------------------------------------------- */

/* Whether the piece, behind those before it, is good text. */
static int check_text(struct coil__utf8 *utf8, const void *data, size_t size,
                      bool is_end)
{
    if (!coil__utf8_check(utf8, data, size))
        return -EILSEQ;
    return is_end && !coil__utf8_may_end(utf8) ? -EILSEQ : 0;
}

/* Send a piece of a message, compressed or not. */
static int put_piece(struct coil_websocket *ws, const void *data, size_t size,
                     bool is_end)
{
    struct coil__websocket_out *out = &ws->out;
    struct coil__websocket_kind_of_frame kind = {
        .opcode = out->is_begun ? COIL__WEBSOCKET_CONTINUATION : out->kind,
        .is_last = is_end,
    };
    int rc;

    if (!out->is_compressed)
        return coil__websocket_put_frame(ws, &kind, data, size);
    kind.is_compressed = !out->is_begun;
    rc = coil__websocket_pack(ws, data, size, is_end);
    if (rc < 0)
        return rc;
    rc = coil__websocket_put_frame(ws, &kind, coil__buffer_bytes(&out->packed),
                                   out->packed.size);
    if (rc < 0 || (is_end && ws->own_forgets))
        coil__websocket_pack_anew(ws);
    return rc;
}

/* Whether a message is compressed, of which the first piece has `size` bytes. */
static bool is_packed(const struct coil_websocket *ws, size_t size, bool is_end)
{
    return ws->is_deflated && ws->own_bits > 8 &&
           !(is_end && size < ws->pack_from);
}

/* Send a piece whose turn it is. */
static int send_piece(struct coil_websocket *ws, enum coil_websocket_kind kind,
                      const void *data, size_t size, bool is_end)
{
    struct coil__websocket_out *out = &ws->out;
    struct coil__utf8 utf8 = { 0 };
    int rc = await_room(ws);

    if (rc < 0)
        return rc;
    if (!out->is_begun) {
        out->kind = (unsigned char)kind;
        out->is_compressed = is_packed(ws, size, is_end);
    } else {
        utf8 = out->utf8;
    }
    if (out->kind == COIL_WEBSOCKET_TEXT)
        rc = check_text(&utf8, data, size, is_end);
    if (rc == 0)
        rc = put_piece(ws, data, size, is_end);
    if (rc == 0) {
        out->utf8 = utf8;
        out->is_begun = !is_end;
    }
    return rc;
}

int coil_websocket_write(struct coil_websocket *ws,
                         enum coil_websocket_kind kind, const void *data,
                         size_t size, bool is_end)
{
    struct coil__websocket_out *out = &ws->out;
    uint64_t self = own_id();
    int rc;

    if (kind != COIL_WEBSOCKET_TEXT && kind != COIL_WEBSOCKET_BINARY) {
        rc = coil_checkpoint();
        return rc < 0 ? rc : -EINVAL;
    }
    if (out->writer != self) {
        rc = coil_lock_acquire(&out->turn);
        if (rc < 0)
            return rc;
        out->writer = self;
        out->is_begun = false;
    }
    rc = send_piece(ws, kind, data, size, is_end);
    if (out->writer == self && !out->is_begun) {
        out->writer = 0;
        coil_lock_release(&out->turn);
    }
    return rc;
}

int coil_websocket_send(struct coil_websocket *ws,
                        enum coil_websocket_kind kind, const void *data,
                        size_t size)
{
    int rc;

    if (ws->out.writer != own_id())
        return coil__keep_frame(
            coil_websocket_write(ws, kind, data, size, true));
    rc = coil_checkpoint();
    return rc < 0 ? rc : -EBUSY;
}

/* ---- control frames --------------------------------------------------- */

static int send_control(struct coil_websocket *ws, unsigned opcode,
                        const void *data, size_t size)
{
    int rc = await_room(ws);

    if (rc == 0 && size > COIL_WEBSOCKET_MAX_PING)
        rc = -EMSGSIZE;
    return rc < 0 ? rc : coil__websocket_put_control(ws, opcode, data, size);
}

int coil_websocket_ping(struct coil_websocket *ws, const void *data,
                        size_t size)
{
    int rc = send_control(ws, COIL__WEBSOCKET_PING, data, size);

    if (rc == 0)
        coil__websocket_keep_sent(ws, data, size);
    return rc;
}

int coil_websocket_pong(struct coil_websocket *ws, const void *data,
                        size_t size)
{
    return send_control(ws, COIL__WEBSOCKET_PONG, data, size);
}
