/* SPDX-License-Identifier: MIT */
#include "http/websocket/keep.h"

#include <string.h>

#include <coil/error.h>

#include "http/websocket/outflow.h"

static void look(void *arg);

static void call_after(struct coil_websocket *ws, coil_time delay)
{
    coil_loop_call_later(coil_loop_current(), &ws->keep.timer, delay, look, ws);
}

/* It is time for a ping.  One that cannot be written now is sent the next time. */
static void ask(struct coil_websocket *ws)
{
    struct coil__websocket_keep *keep = &ws->keep;
    unsigned char bytes[sizeof keep->number];

    keep->number++;
    memcpy(bytes, &keep->number, sizeof bytes);
    if (coil__websocket_put_control(ws, COIL__WEBSOCKET_PING, bytes,
                                    sizeof bytes) < 0) {
        call_after(ws, keep->every);
        return;
    }
    coil__websocket_keep_sent(ws, bytes, sizeof bytes);
    keep->is_asked = keep->limit != COIL_NEVER;
    keep->received = ws->received;
    call_after(ws, keep->is_asked ? keep->limit : keep->every);
}

/*
 * A ping was not answered in time.  As long as anything comes, or waits to be
 * received, the other side is there.
 */
static void look(void *arg)
{
    struct coil_websocket *ws = arg;
    struct coil__websocket_keep *keep = &ws->keep;

    coil__websocket_pay_pong(ws);
    if (ws->is_close_sent)
        return;
    if (!keep->is_asked) {
        ask(ws);
        return;
    }
    if (ws->received != keep->received) {
        keep->is_asked = false;
        call_after(ws, keep->every);
    } else if (coil_stream_is_stale(ws->stream)) {
        call_after(ws, keep->limit);
    } else {
        coil__websocket_fail(ws, -ETIMEDOUT, COIL_WEBSOCKET_INTERNAL_ERROR,
                             "no pong");
    }
}

void coil__websocket_keep_begin(struct coil_websocket *ws)
{
    if (ws->keep.every != COIL_NEVER && coil_loop_current())
        call_after(ws, ws->keep.every);
}

void coil__websocket_keep_sent(struct coil_websocket *ws, const void *bytes,
                               size_t size)
{
    struct coil__websocket_keep *keep = &ws->keep;

    keep->is_open = true;
    keep->sent_at = coil_now();
    keep->size = (unsigned char)size;
    if (size > 0)
        memcpy(keep->bytes, bytes, size);
}

void coil__websocket_keep_answered(struct coil_websocket *ws, const void *bytes,
                                   size_t size)
{
    struct coil__websocket_keep *keep = &ws->keep;

    if (!keep->is_open || size != keep->size ||
        memcmp(bytes, keep->bytes, size) != 0)
        return;
    keep->is_open = false;
    keep->latency = coil_now() - keep->sent_at;
    if (keep->is_asked) {
        keep->is_asked = false;
        coil_handle_cancel(&keep->timer);
        call_after(ws, keep->every);
    }
}
