/* SPDX-License-Identifier: MIT */
/*
 * coil/http_request.h - what a client asks for
 *
 * coil/http_client.h includes this header, and says how time is limited.
 */
#ifndef COIL_HTTP_REQUEST_H
#define COIL_HTTP_REQUEST_H

#include <coil/base.h>
#include <coil/http.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;
struct coil_http_response;

/* What to ask for.  Zeroed but for the URL, it is a GET. */
struct coil_http_request {
    /*
     * NULL: "GET".  Sent as it stands; CONNECT cannot be sent.  A request with
     * a method that RFC 9110 calls idempotent may be sent twice, see
     * coil_http_request().
     */
    const char *method;
    /*
     * "http://host:port/path?query"; a fragment is left out.  The URL must be
     * ASCII and encoded already; it is sent unchanged.
     */
    const char *url;
    /*
     * Host, User-Agent and Accept are sent unless given here.  Content-Length
     * follows from `body_size`.  Content-Length and Transfer-Encoding cannot be
     * given here, and Connection only as "close".
     */
    const struct coil_http_header *headers;
    size_t header_count;
    const void *body;
    size_t body_size;
    size_t max_body_size; /* of the response; 0: the client's */
    /*
     * How long it may take to connect, send the request and read the response:
     * the whole response with coil_http_request(), its head with
     * coil_http_open().  0: the client's request_limit; COIL_NEVER: no limit.
     */
    coil_time limit;
};

/*
 * Send `request` and read the whole response.  `*response` is returned: release
 * it with coil_http_response_free().
 *
 * Returns 0 for any response the server gave, whatever its status, else, with
 * `*response` set to NULL,
 *   -ECANCELED  cancelled
 *   -ETIMEDOUT  the time was up
 *   -EBUSY      no connection became free within the client's place_limit;
 *               nothing was sent
 *   COIL_EHTTP_BAD_URL, COIL_EHTTP_BAD_SCHEME, COIL_EHTTP_BAD_HEADER
 *               the request cannot be sent: its URL, or a header or the method;
 *               nothing was opened
 *   what coil_tcp_connect() returns
 *   -EPIPE, -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the response is broken
 *   COIL_EHTTP_HEADERS_TOO_LARGE, COIL_EHTTP_BODY_TOO_LARGE
 *   -ENOMEM
 * A server may close an idle connection just when the client uses it again.  If
 * that is noticed before a byte of the response has come, the request is sent
 * once more, on a new connection, provided that its method is GET, HEAD, PUT,
 * DELETE, OPTIONS or TRACE.  The request keeps its place and its time limit
 * meanwhile.
 *
 * A connection is closed after a response whose end is in doubt: a response
 * with the status 1xx, 204 or 304 that announced a body, or a response that
 * more bytes have followed.
 */
COIL_API int coil_http_request(struct coil_http_client *client,
                               const struct coil_http_request *request,
                               struct coil_http_response **response)
    COIL_SUSPENDS;

/* Get `url`.  Returns as coil_http_request(). */
COIL_API int coil_http_get(struct coil_http_client *client, const char *url,
                           struct coil_http_response **response) COIL_SUSPENDS;

/*
 * Send `request` and read the head of the response only; coil_http_read() reads
 * the body, however long it is.  The connection belongs to the response until
 * the body has been read or the response is closed or freed.  Returns as
 * coil_http_request().
 */
COIL_API int coil_http_open(struct coil_http_client *client,
                            const struct coil_http_request *request,
                            struct coil_http_response **response) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
