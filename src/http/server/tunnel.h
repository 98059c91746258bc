/* SPDX-License-Identifier: MIT */
/*
 * http/server/tunnel.h - requests CONNECT, which ask for a tunnel
 *
 * A plain one names a machine to connect to (RFC 9110, 9.3.6).  An extended one of
 * HTTP/2 names a protocol to speak over its stream (RFC 8441): for WebSockets it
 * stands for the GET with which HTTP/1.1 asks, and the handler is shown a GET.
 *
 * In both cases a status of 2xx opens the tunnel.  So nothing else may answer by one.
 */
#ifndef COIL_HTTP_SERVER_TUNNEL_H
#define COIL_HTTP_SERVER_TUNNEL_H

#include "http/server/http_exchange.h"

/*
 * If the request is a CONNECT, see what for, and make a path of the target of a plain
 * one.  Returns 0, or the status that refuses the request.
 */
int coil__http_tunnel_look(struct coil_http_exchange *exchange);

/* The status to send for that of a handler that opens no tunnel. */
static inline int coil__http_tunnel_status(const struct coil_http_exchange *x,
                                           int status)
{
    return x->tunnel != COIL__HTTP_NO_TUNNEL && status < 300 ? 501 : status;
}

#endif
