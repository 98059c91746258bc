/* SPDX-License-Identifier: MIT */
#include "http/server/tunnel.h"

#include <string.h>

#include "http/wire/text.h"
#include "http/wire/url.h"

/* Whether it is "host:port" (RFC 9112, 3.2.3). */
static bool has_port(const char *target)
{
    const char *colon = strrchr(target, ':');

    return colon && colon[1] && !strchr(colon, ']') &&
           coil__http_is_authority(target, strlen(target));
}

/* The path is "/host:port", in the spare room, so that a pattern can match it. */
static int look_at_target(struct coil_http_exchange *x)
{
    struct coil__http_head *head = &x->head;
    const char *target = head->is_http2 ? head->host : head->target;
    size_t size = strlen(target) + 1;

    if (!has_port(target) || head->is_chunked || head->content_length > 0)
        return 400;
    x->path = x->spare;
    *x->spare++ = '/';
    memcpy(x->spare, target, size);
    coil__http_set_host(head, x->spare);
    x->spare += size;
    x->tunnel = COIL__HTTP_PLAIN_TUNNEL;
    return 0;
}

static int look_at_protocol(struct coil_http_exchange *x)
{
    if (!coil__http_equal(x->head.protocol, "websocket"))
        return 501;
    x->head.method = "GET";
    x->tunnel = COIL__HTTP_WEBSOCKET_TUNNEL;
    return 0;
}

int coil__http_tunnel_look(struct coil_http_exchange *x)
{
    struct coil__http_channel *c = x->channel;
    int status;

    if (strcmp(x->head.method, "CONNECT") != 0)
        return 0;
    /* Whoever expects a tunnel may have sent what is no request. */
    if (!c->http2)
        c->is_dirty = c->is_closing = true;
    if (x->head.protocol)
        status = look_at_protocol(x);
    else
        status = look_at_target(x);
    if (status != 0)
        return status;
    /* What comes is no body, as behind the GET of HTTP/1.1. */
    c->reader.body = COIL__HTTP_NO_BODY;
    x->has_unknown_length = false;
    return 0;
}
