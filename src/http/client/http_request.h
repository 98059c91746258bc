/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_request.h - a request to speak another protocol
 */
#ifndef COIL_HTTP_CLIENT_HTTP_REQUEST_H
#define COIL_HTTP_CLIENT_HTTP_REQUEST_H

#include <coil/http_request.h>

#include "http/client/upgrade.h"

struct coil_stream;

/*
 * As coil_http_open(), and ask the server to switch to another protocol (RFC 9110,
 * 7.8).  If it does, the response is 101 and has the connection until it is freed:
 * coil__http_switched() is its stream.  A plain proxy is asked for a tunnel.
 *
 * Over HTTP/2 that is an extended CONNECT, the response is 200, and the stream is the
 * request's (RFC 8441).  That is asked for over a connection of HTTP/2 that is there,
 * if the server offers it; else over HTTP/1.1.
 */
int coil__http_upgrade(struct coil_http_client *client,
                       const struct coil_http_request *request,
                       const struct coil__http_upgrade *upgrade,
                       struct coil_http_response **response) COIL_SUSPENDS;

/* The stream of such a response that is 101, or 200 over HTTP/2. */
struct coil_stream *coil__http_switched(struct coil_http_response *response);

#endif
