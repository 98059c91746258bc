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
#include <coil/http_retry.h>
#include <coil/http_source.h>
#include <coil/http_watch.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;
struct coil_http_response;

/* What to ask for.  Zeroed except for the URL, it is a GET. */
struct coil_http_request {
    /*
     * NULL: "GET".  Sent as it stands; CONNECT cannot be sent.  A request with
     * a method that RFC 9110 calls idempotent may be sent twice, see
     * coil_http_request().
     */
    const char *method;
    /*
     * "http://host:port/path?query"; a fragment is left out.  A URL is sent
     * unchanged.  Text that is no URL, with spaces or UTF-8, is made one as
     * coil_url_encode() does it, and the response's `url` is what was sent.
     * coil_url_add_query() adds names and values.
     */
    const char *url;
    /*
     * Host, User-Agent and Accept are sent unless given here.  Content-Length
     * and Transfer-Encoding follow from the body and cannot be given here, and
     * Connection only as "close".
     */
    const struct coil_http_header *headers;
    size_t header_count;
    /*
     * The body: bytes in memory, which are not copied, or a source.  While it
     * is sent, the response is waited for already: if the server answers early,
     * the rest of the body is not sent, and the connection, or the stream of
     * HTTP/2, is closed.
     */
    const void *body;
    size_t body_size;
    const struct coil_http_source *source;
    /*
     * Fields to send behind a body of unknown length, so that their values may be known
     * only when the source has ended: they are read then.  -EINVAL without such a
     * source; COIL_EHTTP_BAD_HEADER for a name that may not stand there (RFC 9110,
     * 6.5.1).  Many servers ignore them.
     */
    const struct coil_http_header *trailers;
    size_t trailer_count;
    /*
     * Send "Expect: 100-continue", and the body when the server has answered
     * 100, or nothing for a second.  After 417 the request is sent again
     * without it.
     */
    bool expect_continue;
    /*
     * The request may be sent twice, whatever its method.  A header
     * Idempotency-Key says the same.
     */
    bool idempotent;
    /*
     * Do not repeat it at once, even if its connection was dead: for callers that
     * decide themselves when something is asked for again.  What `retry` says
     * holds all the same.
     */
    bool once;
    bool lenient;         /* as the client's option; either is enough */
    size_t max_body_size; /* of the response; 0: the client's */
    /* The body is read as it comes; see the client's keep_encoded. */
    bool keep_encoded;
    /*
     * Limits of time; 0: the client's; COIL_NEVER: none.
     *   connect_limit     to look the name up, connect, and begin TLS
     *   first_byte_limit  from the end of the request to the first byte of a
     *                     response, an interim one included
     *   idle_limit        without a byte of the response, or of the body that
     *                     is sent; the time that a source takes does not count
     *   limit             for all of it: the whole response with
     *                     coil_http_request(), its head with coil_http_open()
     */
    coil_time connect_limit;
    coil_time first_byte_limit;
    coil_time idle_limit;
    coil_time limit;
    /* How many redirects are followed; 0: the client's max_redirects. */
    int max_redirects;
    /* When it is made again; NULL: as the client's options say. */
    const struct coil_http_retry *retry;
    /* See coil/http_watch.h; NULL: the client's, and none. */
    coil_http_watch_fn watch;
    void *watch_arg;
    struct coil_http_report *report; /* is written before the call returns */
};

/*
 * Send `request` and read the whole response.  `*response` is returned: release
 * it with coil_http_response_free().
 *
 * Returns 0 for any response the server gave, whatever its status, else, with
 * `*response` set to NULL,
 *   -ECANCELED  cancelled
 *   -ETIMEDOUT  the time was up; or the kernel gave the connection up
 *   COIL_EHTTP_CONNECT_TIMEOUT, COIL_EHTTP_FIRST_BYTE_TIMEOUT,
 *   COIL_EHTTP_IDLE_TIMEOUT
 *               one of the other limits was reached
 *   -EBUSY      no connection became free within the client's place_limit;
 *               nothing was sent
 *   COIL_EHTTP_BAD_URL, COIL_EHTTP_NO_IDN, COIL_EHTTP_BAD_SCHEME,
 *   COIL_EHTTP_BAD_HEADER
 *               the request cannot be sent: its URL, or a header or the method;
 *               nothing was opened
 *   COIL_EHTTP_TOO_MANY_REDIRECTS
 *   COIL_EHTTP_BAD_REDIRECT  to what is no URL, is not http or https, or has
 *               user information
 *   COIL_EHTTP_DOWNGRADE  from https to http
 *   what coil_tcp_connect() returns
 *   COIL_EHTTP_PROXY_REFUSED, COIL_EHTTP_PROXY_AUTH
 *               the proxy does not connect, or wants a password
 *   COIL_EHTTP_NOT_PUBLIC  the client may not connect there (public_only)
 *   -EPIPE, -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the response is broken
 *   COIL_EHTTP_HEADERS_TOO_LARGE, COIL_EHTTP_BODY_TOO_LARGE
 *   COIL_EHTTP_SHORT_SOURCE, or what the source of the body returned
 *   -EINVAL     there is a body in memory and a source, too
 *   COIL_EHTTP_BAD_CODING, COIL_EHTTP_BOMB
 *               the body is compressed, and that is broken, or becomes too large
 *   -ENOMEM
 * request->report, if there is one, says whether the server can have acted on a
 * request that failed.
 *
 * Redirects  301, 302, 303, 307 and 308 are followed (RFC 9110, 15.4).  After
 *   303 the request is a GET, or stays a HEAD; after 301 and 302 a POST becomes
 *   a GET; all others are sent again as they were, unless the source of the body
 *   cannot be rewound: then the redirect is the response.  A request that has
 *   left its first origin has no Authorization, Cookie, Proxy-Authorization or
 *   Host of the user's any more, also when it comes back.  A redirect without a
 *   Location is a response like any other.
 * Repeats  A server may close an idle connection just when the client uses it
 *   again.  If that is noticed before a byte of the response has come, the
 *   request is sent once more, on a new connection, provided that its method is
 *   GET, HEAD, PUT, DELETE, OPTIONS or TRACE, or that it is marked as idempotent,
 *   and that its body can be sent again.  The request keeps its place and its
 *   time limit meanwhile.  In HTTP/2 a server says that it has done nothing with a
 *   request (REFUSED_STREAM, GOAWAY): then the request is sent once more whatever
 *   its method, three times at most.  With request->once nothing is repeated so.
 *   coil/http_retry.h has a policy for all else.
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
