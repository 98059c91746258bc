/* SPDX-License-Identifier: MIT */
/*
 * coil/http_server.h - answer HTTP requests
 *
 *     static int hello(struct coil_http_exchange *x, void *arg)
 *     {
 *         return coil_http_respond(x, 200, "text/plain", "hello\n", 6);
 *     }
 *
 *     static int serve(void *arg)
 *     {
 *         struct coil_http_server *server;
 *         int rc = coil_http_server_new(&server, NULL);
 *
 *         if (rc < 0)
 *             return rc;
 *         rc = coil_http_server_route(server, "GET", "/hello", hello, NULL);
 *         if (rc == 0)
 *             rc = coil_http_server_listen(server, "127.0.0.1", 8080);
 *         if (rc == 0)
 *             rc = coil_http_server_serve(server);
 *         coil_http_server_free(server);
 *         return rc;
 *     }
 *
 * Each connection has a task, in which the handlers of its requests run one
 * after the other.  A handler may call every function that suspends.  After a
 * second without a request the task ends and the connection needs some 4 KiB,
 * until its client sends again.
 *
 * The server itself answers requests that reach no handler: 400 to what is not
 * HTTP, 404, 405, 408, 413, 431, 501 to an unknown method or transfer coding,
 * 503 while max_buffered is used up, and 505.  It answers 500 for a handler
 * that fails.
 *
 * Threads  A server belongs to the loop in which it is used.  To serve a port on all
 *          processors, make one on each loop (coil/loops.h), over a listener of a
 *          group (coil/listener.h):
 *
 *     static struct coil_listener_group group;
 *
 *     static int serve(void *arg)       // the main task of each loop
 *     {
 *         const struct coil_tcp_listen_options options = { .group = &group };
 *         struct coil_http_server *server;
 *         struct coil_listener *listener;
 *         int rc = coil_http_server_new(&server, NULL);
 *
 *         if (rc < 0)
 *             return rc;
 *         rc = coil_http_server_route(server, "GET", "/hello", hello, NULL);
 *         if (rc == 0)
 *             rc = coil_tcp_listen_with(&listener, NULL, 8080, &options);
 *         if (rc == 0)
 *             rc = coil_http_server_listen_on(server, listener);
 *         if (rc == 0)
 *             rc = coil_http_server_serve(server);
 *         coil_http_server_free(server);
 *         return rc;
 *     }
 *
 *     rc = coil_loops_run(0, serve, NULL);
 *
 *          A handler then runs in several threads at the same time: what its `arg`
 *          points to is atomic, or behind a shared lock.  Options, such as
 *          max_connections, are those of one loop, and so is
 *          coil_http_server_stop(): a handler of a signal on each loop calls it.  A
 *          TLS context may be that of all.  apps/coil-httpbin is such a server.
 */
#ifndef COIL_HTTP_SERVER_H
#define COIL_HTTP_SERVER_H

#include <coil/base.h>
#include <coil/http.h>
#include <coil/http_exchange.h>
#include <coil/http_respond.h>
#include <coil/http_router.h>
#include <coil/resolve.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_server;
struct coil_listener;
struct coil_tls_context;
struct coil_http_exchange;
struct coil_stream;

/* Default limits of a server, beside those of coil/http.h. */
#define COIL_HTTP_MAX_CONNECTIONS ((size_t)10000)
#define COIL_HTTP_MAX_BUFFERED ((size_t)64 * 1024 * 1024)

/* How to make a server.  Zeroed is the default of everything. */
struct coil_http_server_options {
    /* Limits on a request; 0: those of coil/http.h. */
    size_t max_header_size;
    size_t max_header_lines;
    size_t max_body_size; /* of coil_http_exchange_body() */
    /*
     * How long a client may take to send a head; 0: 30 s.  The time begins with
     * the first byte of the head, and for the first head with the connection.
     */
    coil_time header_timeout;
    /* How long a connection may be idle between requests; 0: 60 s. */
    coil_time idle_timeout;
    /*
     * How long a handler waits for its client at most: for the next piece of a
     * body, or for room to write while the client does not read; 0: 60 s.
     */
    coil_time transfer_timeout;
    /*
     * The least rate, in bytes a second, at which a client must send a body and
     * read a response; 0: 240; COIL_HTTP_UNLIMITED: no rate is demanded.  A
     * client has `rate_grace` (0: 5 s) at the beginning, and one second more
     * for each `min_rate` bytes that have moved, but never more than
     * transfer_timeout at a time.  Only the time counts in which the server
     * waits for the client.
     */
    size_t min_rate;
    coil_time rate_grace;
    /*
     * Connections at a time; 0: 10,000.  Others wait in the queue of the kernel
     * to be accepted.
     */
    size_t max_connections;
    /*
     * Speak https, with the certificates of this context of coil/tls.h, which
     * is kept until the server is freed; NULL: http.  The handshake may take
     * header_timeout.
     */
    struct coil_tls_context *tls;
    /*
     * Bytes of heads and bodies which all requests together may keep in memory;
     * 0: 64 MiB.  A body that is larger is refused by 413, and what does not
     * fit beside the others by 503.  coil_http_exchange_read() keeps nothing.
     */
    size_t max_buffered;
    /*
     * Called in the task of each connection before anything is read from it, and
     * before TLS begins; NULL: nothing is called.  It may read what comes in front
     * of the rest, and suspend, for header_timeout at most.  If it returns an
     * error, the connection is closed.
     */
    int (*prepare)(struct coil_stream *stream, void *prepare_arg);
    void *prepare_arg; /* kept until the server is freed */
    /*
     * Speak HTTP/1.1 only.  Else clients that ask for HTTP/2 get it: over TLS by
     * ALPN, and without TLS by the first bytes (prior knowledge, RFC 9113, 3.3).
     * Handlers are the same; those of a connection then run at the same time,
     * at most 100.
     */
    bool http1_only;
};

/*
 * Make a server.  `options` may be NULL.  `*out` is returned: release it with
 * coil_http_server_free().  Returns 0; -ENOMEM.
 */
COIL_API int
coil_http_server_new(struct coil_http_server **out,
                     const struct coil_http_server_options *options)
    COIL_MUST_CHECK;

/* The router that all requests come to; it belongs to the server. */
COIL_API struct coil_http_router *
coil_http_server_router(struct coil_http_server *server);

/* As coil_http_router_route(), of the server's router. */
COIL_API int coil_http_server_route(struct coil_http_server *server,
                                    const char *method, const char *pattern,
                                    coil_http_handler_fn handler, void *arg)
    COIL_MUST_CHECK;

/*
 * Listen on `host` and `port`, as coil_tcp_listen().  Clients may connect from
 * now on; they are served by coil_http_server_serve().
 *
 * Returns what coil_tcp_listen() returns; -EALREADY if the server listens.
 */
COIL_API int coil_http_server_listen(struct coil_http_server *server,
                                     const char *host, uint16_t port)
    COIL_SUSPENDS;

/*
 * Serve what this listener accepts, such as sockets of the service manager
 * (coil_listener_inherit()), a Unix socket (coil_unix_listen()), or one made with
 * options.  It is given: the server closes it when it stops, or is freed.
 *
 * Returns 0; -EALREADY if the server listens: the listener is still the caller's.
 */
COIL_API int coil_http_server_listen_on(struct coil_http_server *server,
                                        struct coil_listener *listener)
    COIL_MUST_CHECK;

/*
 * The address that the server listens on.  Returns 0; -EINVAL if there is none.
 */
COIL_API int coil_http_server_address(const struct coil_http_server *server,
                                      struct coil_address *address);

/*
 * Serve until coil_http_server_stop(): a task for each connection.
 *
 * Returns 0 when the server was stopped and the last connection is closed, else
 *   -ECANCELED  cancelled: all connections are closed, handlers cancelled;
 *               the clients of handlers that have sent nothing get 503, if
 *               that can be sent without a wait
 *   -EINVAL     the server does not listen
 *   -EALREADY   the server serves already
 *   -ENOTSUP    in a coroutine that no coil task drives
 */
COIL_API int coil_http_server_serve(struct coil_http_server *server)
    COIL_SUSPENDS;

/*
 * Stop the server: accept no more connections, close idle ones, let requests in
 * progress end within `grace` (COIL_NEVER: without a limit), and cancel those
 * that take longer: a client to which nothing was sent gets 503.
 * coil_http_server_serve() returns when the last connection is closed.
 *
 * This function does not wait and may be called from a callback or a handler.
 * A second call can only shorten the time.  After a call before
 * coil_http_server_serve(), that returns at once.
 */
COIL_API void coil_http_server_stop(struct coil_http_server *server,
                                    coil_time grace);

/* How many connections are open. */
COIL_API size_t
coil_http_server_connections(const struct coil_http_server *server);

/* How many bytes of requests are kept in memory, as max_buffered counts them. */
COIL_API size_t
coil_http_server_buffered(const struct coil_http_server *server);

/* Free a server that does not serve; NULL is allowed. */
COIL_API void coil_http_server_free(struct coil_http_server *server);

#ifdef __cplusplus
}
#endif

#endif
