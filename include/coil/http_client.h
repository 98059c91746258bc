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
 * A client keeps connections open and uses them again; the connection that was
 * used last is taken first.  Any number of tasks can share one client.  Each
 * request has a connection to itself while it lasts.
 *
 * Time     Nothing has a time limit unless you set one.  A request can have a
 *          limit of its own, and the client one for all its requests,
 *          request_limit.  This time begins when the request has its place
 *          among the connections to its host.  The wait for the place has its
 *          own limit, place_limit, so that a long queue of requests to a
 *          healthy server does not time out.  A scope of coil/timeout.h around
 *          a request counts both.  A request that is cancelled or times out
 *          closes its connection; the server may or may not have acted on the
 *          request.
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
#include <coil/http_request.h>
#include <coil/http_response.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_client;

/* How to make a client.  Zeroed is the default of everything. */
struct coil_http_client_options {
    /*
     * How many idle connections are kept open: to one host and port (0: 100),
     * and in all (0: 512).
     */
    size_t max_idle_per_origin;
    size_t max_idle;
    /*
     * How many connections to one host and port there may be, idle ones and
     * those of open responses included; 0: no limit.  Tasks beyond the limit
     * wait, first come, first served.
     */
    size_t max_connections_per_origin;
    /*
     * How long a request may wait for its place under the limit above; 0: as
     * long as it takes.
     */
    coil_time place_limit;
    /*
     * How long a request may take once it has its place, see `limit` of struct
     * coil_http_request; 0: as long as it takes.
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
 * progress and open responses go on, and close their connections at their end.
 */
COIL_API void coil_http_client_free(struct coil_http_client *client);

/* Close the idle connections only. */
COIL_API void coil_http_client_close_idle(struct coil_http_client *client);

/* How many connections are open, those in use included, and how many idle. */
COIL_API size_t
coil_http_client_connections(const struct coil_http_client *client);
COIL_API size_t coil_http_client_idle(const struct coil_http_client *client);

#ifdef __cplusplus
}
#endif

#endif
