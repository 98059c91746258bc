/* SPDX-License-Identifier: MIT */
#include "http/server/http_respond_tunnel.h"

#include <coil/http_respond.h>

#include "http/server/response_head.h"
#include "http/wire/write.h"

/* RFC 9113, 7: how a stream is reset that is cut off. */
enum { CANCEL = 0x8, CONNECT_ERROR = 0xa };

static int send_head(struct coil_http_exchange *x)
{
    struct coil__http_channel *c = x->channel;

    if (!c->http2)
        return coil__http_channel_write(c, coil__buffer_bytes(&c->out),
                                        c->out.size);
    c->http2->abort_code =
        x->tunnel == COIL__HTTP_PLAIN_TUNNEL ? CONNECT_ERROR : CANCEL;
    c->http2->is_tunnel = true;
    return coil__http2_send_response(c->http2, 200,
                                     (char *)coil__buffer_bytes(&c->out),
                                     c->out.size, COIL__HTTP2_UNKNOWN);
}

int coil__http_tunnel_open(struct coil_http_exchange *x,
                           const struct coil_buffer *lines)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    int rc;

    coil__http_put_tunnel(&w, x, lines);
    rc = w.rc < 0 ? w.rc : send_head(x);
    if (rc < 0)
        return rc;
    x->status = 200;
    coil_http_exchange_hijack(x);
    return 0;
}

int coil_http_respond_tunnel(struct coil_http_exchange *x,
                             struct coil_stream **out)
{
    static const struct coil_buffer none = { 0 };
    int rc = coil__http_exchange_blame(x, coil__http_channel_drain(x->channel));

    *out = NULL;
    if (rc < 0)
        return rc;
    if (x->progress != COIL__HTTP_UNANSWERED)
        return -EALREADY;
    if (x->tunnel != COIL__HTTP_PLAIN_TUNNEL)
        return -EINVAL;
    rc = coil__http_exchange_blame(x, coil__http_tunnel_open(x, &none));
    if (rc < 0)
        return rc;
    *out = x->channel->stream;
    return 0;
}
