/* SPDX-License-Identifier: MIT */
/*
 * coil/http_client.h - fetch over HTTP
 *
 *     struct coil_http_client *client;
 *     struct coil_http_response *response;
 *
 *     rc = coil_http_client_new(&client, NULL);
 *     if (rc < 0)
 *         return rc;
 *     rc = coil_http_get(client, "http://localhost:8080/get", &response);
 *     if (rc == 0) {
 *         printf("%d, %zu bytes: %s\n", response->status, response->body_size,
 *                response->body);
 *         coil_http_response_free(response);
 *     }
 *     coil_http_client_free(client);
 *
 * A client keeps connections open and uses them again, the one used last first.
 * Any number of tasks share one client; each request has a connection to itself
 * while it lasts.
 *
 * Time     There is no limit of time unless one is set.  A request can have a
 *          limit, and the client one for all of them: request_limit.  That time
 *          begins when the request has its place among the connections to its
 *          host.  Waiting for the place is not part of it, so that a queue of
 *          requests to a healthy server does not time out, and has a limit of
 *          its own: place_limit.  A scope of coil/timeout.h around a request
 *          counts both.  A request that is cancelled or times out closes its
 *          connection; the server may or may not have acted on it.
 * Not here Redirects are not followed: 301 is a response like any other.  No
 *          TLS, proxies, cookies or decompression yet.
 * Threads  A client belongs to the loop in which it is used, and must be freed
 *          before that is closed.
 * asyncio  aiohttp's ClientSession.  Its ClientTimeout(total=…) counts the wait
 *          for a connection too; request_limit does not.
 */
#ifndef COIL_HTTP_CLIENT_H
#define COIL_HTTP_CLIENT_H

#include <coil/base.h>
#include <coil/http.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;

/* ---- the client ------------------------------------------------------- */

/* How to make a client.  Zeroed is the default of everything. */
struct coil_http_client_options {
    /*
     * Connections kept open while idle, to one host and port and in all; 0: 100
     * and 512.
     */
    size_t max_idle_per_origin;
    size_t max_idle;
    /*
     * Connections to one host and port, idle ones and those of open responses
     * included; 0: no limit.  Tasks beyond the limit wait, first come, first
     * served.
     */
    size_t max_connections_per_origin;
    /*
     * How long a request may wait until the limit above lets it have a
     * connection; 0: as long as it takes.
     */
    coil_time place_limit;
    /*
     * How long a request may take from then on, see struct coil_http_request;
     * 0: as long as it takes.
     */
    coil_time request_limit;
    /* How long a connection may be idle; 0: 30 s; COIL_NEVER: for ever. */
    coil_time idle_limit;
    /* Limits on a response; 0: those of coil/http.h. */
    size_t max_header_size;
    size_t max_header_lines;
    size_t max_body_size;
    /* Copied; NULL: "coil/" and the version; "": the header is not sent. */
    const char *user_agent;
};

/*
 * Make a client.  `options` may be NULL.  `*out` is returned: release it with
 * coil_http_client_free().
 *
 * Returns 0; -ENOMEM; COIL_EHTTP_BAD_HEADER for a bad user agent.
 */
COIL_API int
coil_http_client_new(struct coil_http_client **out,
                     const struct coil_http_client_options *options)
    COIL_MUST_CHECK;

/*
 * Close the idle connections and free the client; NULL is allowed.  Requests in
 * progress and open responses live on, and close their connections at the end.
 */
COIL_API void coil_http_client_free(struct coil_http_client *client);

/* Close the idle connections only. */
COIL_API void coil_http_client_close_idle(struct coil_http_client *client);

/* How many connections are open, those in use included, and how many idle. */
COIL_API size_t
coil_http_client_connections(const struct coil_http_client *client);
COIL_API size_t coil_http_client_idle(const struct coil_http_client *client);

/* ---- requests --------------------------------------------------------- */

/* What to ask for.  Zeroed but for the URL, it is a GET. */
struct coil_http_request {
    /*
     * NULL: "GET".  Sent as it stands; CONNECT cannot be sent.  A request with
     * a method that RFC 9110 calls idempotent may be sent twice, see
     * coil_http_request().
     */
    const char *method;
    /*
     * "http://host:port/path?query"; a fragment is left out.  It must be ASCII
     * and encoded already: nothing in it is changed.
     */
    const char *url;
    /*
     * Host, User-Agent, Accept and Content-Length are sent unless given here.
     * Content-Length and Transfer-Encoding cannot be given, and Connection only
     * as "close".
     */
    const struct coil_http_header *headers;
    size_t header_count;
    const void *body;
    size_t body_size;
    size_t max_body_size; /* of the response; 0: the client's */
    /*
     * How long it may take to connect, send the request and read the response:
     * all of it with coil_http_request(), its head with coil_http_open().  0: the
     * client's request_limit; COIL_NEVER: no limit.
     */
    coil_time limit;
};

/*
 * A response.  Names and values of headers are NUL-terminated, trailers are
 * left out.
 */
struct coil_http_response {
    int status;
    const char *reason; /* as the server put it; may be "" */
    const struct coil_http_header *headers;
    size_t header_count;
    /*
     * The body with a NUL behind it, which is not counted; "" if there is none,
     * or if it is still to be read with coil_http_read().
     */
    const char *body;
    size_t body_size;
    /* The length of the body as the server announced it; -1: it did not. */
    int64_t content_length;
};

/*
 * Send `request` and read the whole response.  `*response` is returned: release
 * it with coil_http_response_free().
 *
 * Returns 0 for any response the server gave, whatever its status, else, with
 * `*response` set to NULL,
 *   -ECANCELED  cancelled
 *   -ETIMEDOUT  the time was up
 *   -EBUSY      no connection was to be had within the client's place_limit;
 *               nothing was sent
 *   COIL_EHTTP_BAD_URL, COIL_EHTTP_BAD_SCHEME, COIL_EHTTP_BAD_HEADER
 *               the request cannot be sent: its URL, or a header or the method;
 *               nothing was opened
 *   what coil_tcp_connect() returns
 *   -EPIPE, -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the response is broken
 *   COIL_EHTTP_HEADERS_TOO_LARGE, COIL_EHTTP_BODY_TOO_LARGE
 *   -ENOMEM
 * A server may close a connection at the moment it is used again.  A request
 * that meets that before a byte of the response is sent once more, on a new
 * connection, if its method is GET, HEAD, PUT, DELETE, OPTIONS or TRACE.  It
 * keeps its place and its limit of time meanwhile.
 *
 * A connection is not used again if what came over it leaves a doubt about where
 * the response ends: if a response with the status 1xx, 204 or 304 announced a
 * body, or if more bytes have come than the response has.
 */
COIL_API int coil_http_request(struct coil_http_client *client,
                               const struct coil_http_request *request,
                               struct coil_http_response **response)
    COIL_SUSPENDS;

/* A GET of `url`; as coil_http_request(). */
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

/* ---- responses -------------------------------------------------------- */

/*
 * Read what there is of the body, at least one byte and at most `size`.
 *
 * Returns how many bytes were read; 0 at the end of the body, and if `size` is
 * 0; else
 *   -ECANCELED  nothing was consumed: reading may go on
 *   -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the response is broken
 *   -EBADF      the response was closed before its end
 * An error is final, but for -ECANCELED.  There is no limit on the size.
 */
COIL_API ptrdiff_t coil_http_read(struct coil_http_response *response,
                                  void *buffer, size_t size) COIL_SUSPENDS;

/*
 * Let go of the connection: it is kept for later requests if the body was read
 * to its end, else closed.  What the response holds in memory stays readable.
 */
COIL_API void coil_http_response_close(struct coil_http_response *response);

/* Close and free the response; NULL is allowed. */
COIL_API void coil_http_response_free(struct coil_http_response *response);

/* The value of the first header called `name`, in any case, or NULL. */
COIL_API const char *
coil_http_response_header(const struct coil_http_response *response,
                          const char *name);

#ifdef __cplusplus
}
#endif

#endif
