/* SPDX-License-Identifier: MIT */
/*
 * http/client/connect.h - make a connection for an origin
 *
 * The steps, each in a function of connect.c: look the name up (the origin's, or
 * the proxy's), connect to one of its addresses, have the proxy connect to the
 * origin unless it is asked itself, and begin TLS if the scheme is https.
 */
#ifndef COIL_HTTP_CLIENT_CONNECT_H
#define COIL_HTTP_CLIENT_CONNECT_H

#include <coil/time.h>

#include "http/client/http_watch.h"
#include "http/client/origin.h"
#include "http/client/proxy.h"

struct coil_stream;

/* How a client makes its connections. */
struct coil__http_dialer {
    struct coil_tls_context *tls; /* NULL: that of the process */
    bool is_public_only;
    bool has_http2;  /* is offered for https */
    bool is_http2;   /* is spoken for http */
    char *unix_path; /* NULL: by TCP */
    struct coil__http_proxies proxies;
};

/* Somebody wants a connection. */
struct coil__http_dial {
    const struct coil__http_origin *origin;
    const struct coil__http_dialer *dialer;
    const struct coil__http_watcher *watcher;
    coil_time limit; /* of all steps together; COIL_NEVER: none */
    bool with_http2; /* it may be spoken */
};

/*
 * Make the connection.  `*out` is returned: release it with coil_stream_abort().
 *
 * Returns 0, else, with nothing left open,
 *   COIL_EHTTP_CONNECT_TIMEOUT
 *   COIL_EHTTP_NOT_PUBLIC
 *   as coil_tcp_connect(), the functions of proxy_tunnel.h,
 *   coil__http_secure_client()
 */
int coil__http_connect(struct coil_stream **out,
                       const struct coil__http_dial *dial) COIL_SUSPENDS;

#endif
