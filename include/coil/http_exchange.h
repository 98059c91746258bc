/* SPDX-License-Identifier: MIT */
/*
 * coil/http_exchange.h - what a handler reads of a request
 *
 * All text is NUL-terminated and lives until the handler returns.
 * coil/http_server.h includes this header.
 */
#ifndef COIL_HTTP_EXCHANGE_H
#define COIL_HTTP_EXCHANGE_H

#include <coil/base.h>
#include <coil/http.h>
#include <coil/resolve.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_stream;

/*
 * The method, "GET".  A request of HTTP/2 for a WebSocket is a GET, too, though it is
 * sent as an extended CONNECT (RFC 8441).
 */
COIL_API const char *
coil_http_exchange_method(const struct coil_http_exchange *exchange);

/*
 * The path as it was sent, encoded, without the query; begins with "/".  That of a
 * CONNECT is "/" and its target, "/example.org:443".
 */
COIL_API const char *
coil_http_exchange_path(const struct coil_http_exchange *exchange);

/* The query, which follows the "?", as it was sent; "" if there is none. */
COIL_API const char *
coil_http_exchange_query(const struct coil_http_exchange *exchange);

/*
 * The part of the path that matched the i-th parameter of the pattern, decoded;
 * NULL if the pattern has no more of them.  Those of the prefixes at which
 * routers are mounted come first.
 */
COIL_API const char *
coil_http_exchange_segment(const struct coil_http_exchange *exchange, size_t i);

/* What matched {name} or *name, decoded; NULL if the pattern has no such. */
COIL_API const char *
coil_http_exchange_parameter(const struct coil_http_exchange *exchange,
                             const char *name);

/*
 * The same as a number, into `*value`.  Returns 0; -ENOENT: there is no such
 * parameter; -EINVAL: it is no number of at most 18 digits, which {name:int}
 * rules out.
 */
COIL_API int
coil_http_exchange_parameter_int(const struct coil_http_exchange *exchange,
                                 const char *name, int64_t *value)
    COIL_MUST_CHECK;

/*
 * The value of the query's first argument called `name`, decoded: %41 and + are
 * "A" and " ".  "" if the argument has no value, NULL if there is none.
 */
COIL_API const char *
coil_http_exchange_argument(struct coil_http_exchange *exchange,
                            const char *name);

/*
 * The name of the i-th argument of the query, decoded, with its value in
 * `*value`; NULL after the last one.
 */
COIL_API const char *
coil_http_exchange_argument_at(struct coil_http_exchange *exchange, size_t i,
                               const char **value);

/*
 * The headers, and the value of the first header called `name`, or NULL.  If
 * the target was a whole URL, as a client sends it to a proxy, then Host has
 * the host and the port of that URL, whatever the client put there (RFC 9112,
 * 3.2.2).
 */
COIL_API const struct coil_http_header *
coil_http_exchange_headers(const struct coil_http_exchange *exchange,
                           size_t *count);
COIL_API const char *
coil_http_exchange_header(const struct coil_http_exchange *exchange,
                          const char *name);

/* The address of the client. */
COIL_API void coil_http_exchange_peer(const struct coil_http_exchange *exchange,
                                      struct coil_address *address);

/*
 * Read the whole body; a second call returns the same.  The body has a NUL
 * behind it, which is not counted, and lives until the handler returns.
 *
 * Returns 0, else as coil_http_exchange_read() and
 *   COIL_EHTTP_BODY_TOO_LARGE  larger than the server's limit
 *   -ENOBUFS  all requests together keep as much as they may (max_buffered)
 *   -EBUSY   coil_http_exchange_read() has been called
 *   -ENOMEM
 */
COIL_API int coil_http_exchange_body(struct coil_http_exchange *exchange,
                                     const char **body, size_t *size)
    COIL_SUSPENDS;

/*
 * Read what there is of the body, at least one byte and at most `size`.  If the
 * client waits for "100 Continue" before it sends the body, that is sent first.
 *
 * Returns how many bytes were read, 0 at the end of the body, else
 *   -ECANCELED  nothing was consumed
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_TRUNCATED  the request is broken
 *   -ECONNRESET …  the connection broke
 *   -ETIMEDOUT  the client was too slow
 */
COIL_API ptrdiff_t coil_http_exchange_read(struct coil_http_exchange *exchange,
                                           void *buffer, size_t size)
    COIL_SUSPENDS;

/* The length of the body as the client announced it; -1: chunked. */
COIL_API int64_t
coil_http_exchange_content_length(const struct coil_http_exchange *exchange);

/*
 * Whether the client has gone: it has closed the connection, or its side of it,
 * or the connection is broken, as far as is known now.
 */
COIL_API bool coil_http_exchange_is_gone(struct coil_http_exchange *exchange);

/*
 * Cancel the handler's task when the client goes.  A handler that returns
 * -ECANCELED then is not reported.  What the client sends meanwhile, such as its
 * next requests, is read ahead, up to 64 KiB; while there is more, it is not
 * noticed that the client has gone.
 *
 * Returns 0; -EBUSY: the body has not been read to its end; -ENOTSUP: the
 * connection has a transport that cannot say.
 * aiohttp: handler_cancellation.
 */
COIL_API int
coil_http_exchange_cancel_when_gone(struct coil_http_exchange *exchange)
    COIL_MUST_CHECK;

/*
 * The connection, to ask it things, as coil_tls_info() does.  The server reads
 * and writes it.
 */
COIL_API struct coil_stream *
coil_http_exchange_stream(const struct coil_http_exchange *exchange);

/*
 * Take over the connection to speak another protocol: the server itself sends
 * nothing more.  The stream is borrowed until the handler returns, and then
 * closed.  Bytes that came after the request's head can be read from the
 * stream.  Over HTTP/2 nothing can be written to the stream before the head of a
 * response: see coil_http_respond_tunnel().
 */
COIL_API struct coil_stream *
coil_http_exchange_hijack(struct coil_http_exchange *exchange);

#ifdef __cplusplus
}
#endif

#endif
