/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "http/websocket/ending.h"
#include "http/websocket/inflow.h"
#include "http/websocket/outflow.h"
#include "http/websocket/websocket.h"
#include "http/websocket/websocket_recv.h"

static bool is_good(unsigned code, const char *reason)
{
    struct coil__utf8 utf8 = { 0 };
    size_t size = strlen(reason);

    if (code == COIL_WEBSOCKET_NO_CODE)
        return size == 0;
    return coil__websocket_is_code(code) && size <= COIL_WEBSOCKET_MAX_REASON &&
           coil__utf8_check(&utf8, reason, size) && coil__utf8_may_end(&utf8);
}

/* Drop messages until the WebSocket ends.  Returns why it did not go on. */
static int receive_away(struct coil_websocket *ws)
{
    unsigned char bytes[1024];
    struct coil__websocket_piece piece;
    int rc = coil__websocket_enter(ws);
    ptrdiff_t n;

    if (rc < 0)
        return rc;
    ws->is_dropping = true;
    do
        n = coil__websocket_take(ws, bytes, sizeof bytes, SIZE_MAX, &piece);
    while (n >= 0);
    ws->is_dropping = false;
    coil__websocket_leave(ws);
    return (int)n;
}

/* Wait for the end of the WebSocket.  Returns 0, or an error of the wait. */
static int await_end(struct coil_websocket *ws)
{
    int rc = 0;

    while (rc == 0 && !ws->end) {
        rc = ws->is_receiving ? coil_event_wait(&ws->left) : receive_away(ws);
        if (rc < 0 && ws->end)
            rc = 0;
    }
    return rc;
}

/*
 * Both have closed: the server ends the connection first (RFC 6455, 7.1.1).  What
 * becomes of it is no matter any more.  A client that did not end a stream of HTTP/2
 * too would have to reset the stream.
 */
static int part(struct coil_websocket *ws)
{
    const void *data;
    ptrdiff_t n;

    if (!ws->is_client)
        return coil_stream_shutdown(ws->stream);
    do {
        n = coil_stream_peek(ws->stream, &data);
        if (n > 0)
            coil_stream_consume(ws->stream, (size_t)n);
    } while (n > 0);
    return n == 0 && ws->response && ws->response->version == COIL_HTTP_2
               ? coil_stream_shutdown(ws->stream)
               : (int)n;
}

/* The limit begins when the close frame has been sent. */
static int end_in_time(struct coil_websocket *ws)
{
    struct coil_timeout limit;
    bool has_limit =
        coil_current_task() && coil_timeout_begin(&limit, ws->close_limit) == 0;
    int rc = await_end(ws);

    if (rc == 0 && ws->end == -EPIPE)
        rc = part(ws);
    if (has_limit)
        rc = coil_timeout_end(&limit, rc);
    if (rc == -ECANCELED)
        return rc;
    if (ws->end == -EPIPE)
        return 0;
    if (rc == -ETIMEDOUT)
        coil__websocket_end(ws, -ETIMEDOUT);
    return ws->end ? ws->end : rc;
}

int coil_websocket_close(struct coil_websocket *ws, unsigned code,
                         const char *reason)
{
    int rc = coil_checkpoint();

    if (!reason)
        reason = "";
    if (rc < 0)
        return rc;
    if (!is_good(code, reason))
        return -EINVAL;
    if (!ws->end) {
        rc = coil__websocket_put_close(ws, code, reason);
        if (rc < 0)
            return rc;
    }
    if (ws->out.writer) {
        ws->out.writer = 0;
        coil_lock_release(&ws->out.turn);
    }
    return end_in_time(ws);
}
