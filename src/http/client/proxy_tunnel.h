/* SPDX-License-Identifier: MIT */
/*
 * http/client/proxy_tunnel.h - have a proxy connect to an origin
 *
 * After success the stream is a connection to the origin.  Each function
 * returns 0, else
 *   COIL_EHTTP_PROXY_REFUSED, COIL_EHTTP_PROXY_AUTH
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED: what the proxy says is neither
 *   -ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH, -ETIMEDOUT: as a SOCKS proxy
 *   says
 *   as reading and writing; -ENOMEM
 * and then the stream must be closed.
 */
#ifndef COIL_HTTP_CLIENT_PROXY_TUNNEL_H
#define COIL_HTTP_CLIENT_PROXY_TUNNEL_H

#include "http/client/proxy.h"

struct coil_stream;

/*
 * CONNECT (RFC 9110, 9.3.6).  Returns 1 if the proxy has asked who asks, and is to
 * be asked again over another connection.
 */
int coil__http_tunnel(struct coil_stream *stream,
                      const struct coil__http_proxy *proxy,
                      const struct coil__http_origin *origin) COIL_SUSPENDS;

/* SOCKS5 (RFC 1928, 1929).  The proxy looks the name up. */
int coil__http_socks5(struct coil_stream *stream,
                      const struct coil__http_proxy *proxy,
                      const struct coil__http_origin *origin) COIL_SUSPENDS;

#endif
