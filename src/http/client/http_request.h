/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_request.h - a request to speak another protocol
 */
#ifndef COIL_HTTP_CLIENT_HTTP_REQUEST_H
#define COIL_HTTP_CLIENT_HTTP_REQUEST_H

#include <coil/http_request.h>

struct coil_stream;

/*
 * As coil_http_open(), and ask the server to switch to `protocol` (RFC 9110,
 * 7.8).  If it does, the response is 101 and has the connection until it is
 * freed: coil__http_switched() is its stream.  A plain proxy is asked for a
 * tunnel.
 */
int coil__http_upgrade(struct coil_http_client *client,
                       const struct coil_http_request *request,
                       const char *protocol,
                       struct coil_http_response **response) COIL_SUSPENDS;

/* The stream of such a response that is 101. */
struct coil_stream *coil__http_switched(struct coil_http_response *response);

#endif
