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
 * request has a connection to itself while it lasts; over HTTP/2 the requests to
 * an origin share one.
 *
 * Time     A request has 10 s to connect, the server 30 s to begin its answer
 *          once the request has been sent, and afterwards no 30 s may pass
 *          without a byte.  There is no limit in all unless you set one.  Each
 *          limit can be set for the client and for a request, and each has an
 *          error of its own.  The time in which a request waits for its place
 *          among the connections counts in none of them: it has its own limit,
 *          place_limit, so that a long queue of requests to a healthy server
 *          does not time out.  A scope of coil/timeout.h around a request counts
 *          everything.  A request that is cancelled or times out closes its
 *          connection, or its stream of HTTP/2; the server may or may not have
 *          acted on the request.  In
 *          a coroutine that no task drives there are no limits of time, and one
 *          in all that is asked for is refused (-ENOTSUP).
 * Places   A client has 100 connections at a time, and 6 to one origin (scheme,
 *          host and port).  Requests beyond that wait, first come, first served;
 *          those to an origin that is full hold up no others.  A request that
 *          finds no descriptor (-EMFILE, -ENFILE) waits as well, in its old
 *          place of the queue, until other requests of the client have ended.
 *          If there are none, it fails after its connect_limit.  A connection of
 *          HTTP/2 has one place, and its requests need none.
 * HTTP/2   is spoken by https with servers that know it.  docs/http-client.md
 *          has what is different then.
 * Names    are asked by c-ares where the library was built with it
 *          (coil_http_versions()) and the program has not chosen a source by
 *          coil_resolver_configure(): a request that is cancelled then leaves no
 *          thread behind, and dead names are no burden to others.  The first
 *          client that is made sets this for the whole process, and for good;
 *          names that other parts of the program ask for are asked so as well.
 *          For getaddrinfo() in threads instead, set the source
 *          coil_resolver_system().  What /etc says counts for both;
 *          coil/cares.h has which names the system is asked for all the same.
 * Redirects  are followed, 20 at most; see coil_http_request().
 * TLS      https is spoken if the library was built with it (coil/tls.h).  The
 *          shared library loads libcoil-tls, and with it OpenSSL, when it is
 *          first needed, unless the program is linked with it.  If it cannot be
 *          loaded, requests by https return COIL_ETLS_NO_LIBRARY.
 * Threads  A client belongs to the loop in which it is used, and must be freed
 *          before that is closed.
 * asyncio  aiohttp's ClientSession.  Its ClientTimeout(total=…) is 5 min and
 *          counts the wait for a connection too; request_limit does not.
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
struct coil_http_cookies;
struct coil_tls_client_options;
struct coil_tls_context;

/* The defaults. */
#define COIL_HTTP_CLIENT_CONNECTIONS ((size_t)100)
#define COIL_HTTP_CLIENT_PER_ORIGIN ((size_t)6)
#define COIL_HTTP_CLIENT_HEADER_LINES ((size_t)256)
#define COIL_HTTP_CONNECT_LIMIT (10 * COIL_SECOND)
#define COIL_HTTP_FIRST_BYTE_LIMIT (30 * COIL_SECOND)
#define COIL_HTTP_IDLE_LIMIT (30 * COIL_SECOND)
#define COIL_HTTP_KEEP_LIMIT (30 * COIL_SECOND)
#define COIL_HTTP_MAX_REDIRECTS 20
#define COIL_HTTP_MAX_RATIO ((size_t)200)

/* As max_redirects: none is followed. */
#define COIL_HTTP_NO_REDIRECTS (-1)

/* How to make a client.  Zeroed is the default of everything. */
struct coil_http_client_options {
    /*
     * How many connections there may be, idle ones and those of open responses
     * included: in all (0: 100), and to one origin (0: 6).  COIL_HTTP_UNLIMITED:
     * any number.
     */
    size_t max_connections;
    size_t max_connections_per_origin;
    /* How many of them are kept idle; 0: all. */
    size_t max_idle_per_origin;
    size_t max_idle;
    /* How long an idle connection is kept; 0: 30 s; COIL_NEVER: for ever. */
    coil_time keep_limit;
    /*
     * How long a request may wait for its place under the limits above; 0: as
     * long as it takes.
     */
    coil_time place_limit;
    /*
     * Limits of time for all requests, see struct coil_http_request.  0: 10 s,
     * 30 s, 30 s, and no limit in all; COIL_NEVER: no limit.
     */
    coil_time connect_limit;
    coil_time first_byte_limit;
    coil_time idle_limit;
    coil_time request_limit;
    /* How many redirects a request follows; 0: 20; COIL_HTTP_NO_REDIRECTS. */
    int max_redirects;
    /* May a redirect lead from https to http? */
    bool allow_downgrade;
    /*
     * Connect to public addresses only, whatever a URL or a redirect names and
     * whatever a name resolves to: to none that is private, loopback,
     * link-local or of another special purpose (RFC 6890), be it written as
     * IPv4 or in IPv6 (mapped, NAT64).  For programs that fetch what strangers
     * ask for.  Others: COIL_EHTTP_NOT_PUBLIC.
     */
    bool public_only;
    /*
     * Reach origins through a proxy; copied; NULL: none.
     *   "http://host:port", "http://user:password@host:port"
     *       http is asked of the proxy, https goes through it by CONNECT; the
     *       user is told by Basic, or by Digest if the proxy asks for that
     *   "socks5://host:port", with a user perhaps
     *       the proxy looks names up and connects
     * `no_proxy` lists hosts that are reached directly, "localhost,
     * .example.org, 10.0.0.0/8, [::1]:8080": names, which stand for all below
     * them too, addresses, blocks of them, "*" for all.
     */
    const char *proxy;
    const char *no_proxy;
    /* CONNECT for http as well. */
    bool proxy_tunnel;
    /*
     * Take them from http_proxy, https_proxy, all_proxy and no_proxy (those in
     * capitals too, except for HTTP_PROXY, which a CGI program gets from its
     * client).  Otherwise the environment is ignored, which is said once if
     * there is a proxy in it and the loop is in debug mode.
     */
    bool proxy_from_environment;
    /*
     * Reach all origins through this Unix socket, of a daemon for example, as
     * coil_unix_connect() names it; copied; NULL: none.  No name is looked up: the
     * URL's host is only sent.  Not together with a proxy or `public_only`:
     * -EINVAL.  aiohttp: UnixConnector; curl: --unix-socket.
     */
    const char *unix_path;
    /*
     * Take responses that are not quite HTTP, as browsers and curl do, too.
     * docs/http-client.md has all that is taken, and the risk of each.  After
     * such a response the connection is closed.
     */
    bool lenient;
    /*
     * HTTP/2 is spoken by https with servers that do, where the library was built
     * with it (coil_http_versions()).  Not with http1_only.
     *
     * With http2_prior_knowledge it is spoken by http, too, with all servers,
     * which must know it (RFC 9113, 3.3): it is not tried out.  A proxy that is
     * asked for http itself is asked over HTTP/1.1.  curl:
     * --http2-prior-knowledge.
     */
    bool http1_only;
    bool http2_prior_knowledge;
    /* Limits on a response; 0: those of coil/http.h, and 256 header lines. */
    size_t max_header_size;
    size_t max_header_lines;
    size_t max_body_size;
    /* For all requests that have no `retry` of their own; copied. */
    const struct coil_http_retry *retry;
    /* Is told of all requests that have no `watch` of their own. */
    coil_http_watch_fn watch;
    void *watch_arg;
    /*
     * Whom connections by https trust; kept until the client is freed and its
     * last response is; NULL: coil_tls_context_default().
     */
    struct coil_tls_context *tls;
    /*
     * Instead of `tls`: the client makes a context of these (coil/tls_context.h)
     * for itself; copied.  Its protocols do not count.
     */
    const struct coil_tls_client_options *tls_options;
    /*
     * Bodies that come compressed are decompressed as they are read: gzip,
     * deflate, br and zstd, as far as they are built in, and several of them.
     * Accept-Encoding says so, unless the request has that header or Range.  A
     * body in another coding is read as it comes, and so is a part of a body
     * (206).  With keep_encoded, nothing is asked for and nothing decompressed.
     */
    bool keep_encoded;
    /*
     * How many times larger a body may become, beyond 1 MiB; 0: 200; SIZE_MAX:
     * any number.
     */
    size_t max_ratio;
    /*
     * Sent and set with each request, those after a redirect included; NULL:
     * none.  Kept until the client is freed and its requests have ended.  A
     * request that has a header Cookie is sent with that alone.
     */
    struct coil_http_cookies *cookies;
    /* Copied; NULL: "coil/" and the version; "": the header is not sent. */
    const char *user_agent;
};

/*
 * Make a client.  `options` may be NULL.  `*out` is returned: release it with
 * coil_http_client_free().
 *
 * Returns 0; -ENOMEM; COIL_EHTTP_BAD_HEADER for a bad user agent; -ENOTSUP:
 * http2_prior_knowledge, and HTTP/2 is not built in; -EINVAL: that with http1_only;
 * COIL_EHTTP_BAD_URL, COIL_EHTTP_BAD_SCHEME for a bad proxy; -EINVAL:
 * public_only with a proxy, which would connect in the client's stead, or
 * unix_path with one of these, or tls with tls_options.  With tls_options also an
 * error of coil_tls_context_new_client(); COIL_ETLS_NO_LIBRARY; and
 * COIL_EHTTP_BAD_SCHEME: TLS is not built in.
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
