/* SPDX-License-Identifier: MIT */
/*
 * coil/http_respond.h - what a handler answers
 *
 * coil/http_server.h includes this header.
 */
#ifndef COIL_HTTP_RESPOND_H
#define COIL_HTTP_RESPOND_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_stream;

/*
 * Add a header to the response, before it begins.  Content-Length and
 * Transfer-Encoding cannot be given, and Connection only as "close".
 *
 * Returns 0; COIL_EHTTP_BAD_HEADER; -EALREADY if the response has begun;
 * -ENOMEM.
 */
COIL_API int coil_http_respond_header(struct coil_http_exchange *exchange,
                                      const char *name, const char *value)
    COIL_MUST_CHECK;

/*
 * Send an interim response, before the response itself: 103 with headers Link,
 * which a browser fetches in advance (RFC 8297), 102, or 100, which tells a
 * client that it may send the body; reading the body does so, too.  The headers
 * are those that are given here, and not those of the response.  100 is sent only
 * to a client that waits for it, and nothing is sent to HTTP/1.0.
 *
 * Returns 0, else as coil_http_respond(), and
 *   COIL_EHTTP_BAD_HEADER  a header that cannot be sent, or Content-Length,
 *                Transfer-Encoding or Connection; nothing was sent
 *   -EINVAL      the status is not one of 100 and 102 to 199
 *   -ECANCELED   nothing was sent
 * Go: WriteHeader() with 1xx; RFC 9110, 15.2.
 */
COIL_API int coil_http_inform(struct coil_http_exchange *exchange, int status,
                              const struct coil_http_header *headers,
                              size_t count) COIL_SUSPENDS;

/*
 * Send the response: `status` (200 to 599), the headers added before, the
 * content type (NULL: none) and `size` bytes of `body`.  To a HEAD request, and
 * with the status 204, 205 or 304, the body is not sent.  With 204 and 304 no
 * length is sent either, and with 205 a length of 0.
 *
 * Returns 0, else
 *   -ECANCELED  cancelled; if part of the response has gone out, the connection
 *               cannot be used any more
 *   COIL_EHTTP_BAD_HEADER  a bad content type; nothing was sent
 *   -EALREADY   there has been a response
 *   -EINVAL     a status out of range
 *   -EPIPE, -ECONNRESET …  the client is gone
 *   -ETIMEDOUT  the client did not read
 *   -ENOMEM
 */
COIL_API int coil_http_respond(struct coil_http_exchange *exchange, int status,
                               const char *content_type, const void *body,
                               size_t size) COIL_SUSPENDS;

/*
 * Send the head of a response.  The body follows with coil_http_write() and
 * ends when the handler returns.  `length` is how many bytes it will have, or
 * COIL_HTTP_CHUNKED.  If the handler returns before it has written so many, the
 * connection is closed.
 *
 * Returns as coil_http_respond(); -EINVAL for another negative length.
 */
COIL_API int coil_http_begin(struct coil_http_exchange *exchange, int status,
                             const char *content_type, int64_t length)
    COIL_SUSPENDS;

/*
 * Send more of the body.  Waits while the client is slow to read.  0 bytes do
 * nothing.  Where a response has no body (to HEAD, or with the status 204, 205
 * or 304), nothing is sent.
 *
 * Returns 0, else as coil_http_respond() and
 *   -EINVAL  there was no coil_http_begin(), or `size` is more than is left of
 *            the length given there: nothing was sent
 */
COIL_API int coil_http_write(struct coil_http_exchange *exchange,
                             const void *data, size_t size) COIL_SUSPENDS;

/*
 * Open the tunnel that a CONNECT asks for (RFC 9110, 9.3.6): answer by 200, with the
 * headers added before, and take over the connection; over HTTP/2 that is the stream
 * of the request, and others go on beside it.  `*tunnel` is a stream of bytes in
 * both directions.  It is borrowed until the handler returns.  Then what was written
 * is sent, and the tunnel is closed.  If the handler returns an error, the tunnel is
 * cut off at once; over HTTP/2 the client is told CONNECT_ERROR, and nobody else is
 * told.
 *
 * The path of a CONNECT is "/" and the target: a handler for all targets is routed by
 *
 *     rc = coil_http_server_route(server, "CONNECT", "/{target}", proxy, NULL);
 *
 * and gets "example.org:443" by coil_http_exchange_parameter(x, "target").  Routes
 * for any method get no CONNECT, and a server without a route for it answers by 501.
 * Any other answer is given as to other requests; but 2xx would open a tunnel, and
 * 501 is sent in its place.
 *
 * Returns 0, else, with `*tunnel` NULL,
 *   -EINVAL     the request is no CONNECT
 *   -EALREADY   there has been a response
 *   -ENOMEM     nothing was sent
 *   -ECANCELED  nothing was sent
 *   -EPIPE, -ECONNRESET …  the client is gone
 *   -ETIMEDOUT  the client did not read
 */
COIL_API int coil_http_respond_tunnel(struct coil_http_exchange *exchange,
                                      struct coil_stream **tunnel)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
