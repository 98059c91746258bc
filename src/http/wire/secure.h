/* SPDX-License-Identifier: MIT */
/*
 * http/wire/secure.h - TLS for connections, where the library was built with it
 */
#ifndef COIL_HTTP_WIRE_SECURE_H
#define COIL_HTTP_WIRE_SECURE_H

#include <stdint.h>

#include <coil/base.h>
#include <coil/time.h>

struct coil_stream;
struct coil_tls_client_options;
struct coil_tls_context;

/* Whether https is built in. */
bool coil__http_can_secure(void);

/*
 * Begin TLS on a connection to `host` and `port`, in place.  `context` may be
 * NULL.  HTTP/2 is offered if `with_http2`, and HTTP/1.1.  Returns 0, or an error of
 * coil_tls_start_client(), or COIL_ETLS_NO_LIBRARY, and then the stream must be
 * closed.
 */
int coil__http_secure_client(struct coil_stream *stream, const char *host,
                             uint16_t port, struct coil_tls_context *context,
                             bool with_http2) COIL_SUSPENDS;

/* Begin TLS as a server, within `limit`; as coil_tls_start_server(). */
int coil__http_secure_server(struct coil_stream *stream,
                             struct coil_tls_context *context, coil_time limit,
                             bool with_http2) COIL_SUSPENDS;

/* Whether both sides have agreed on HTTP/2 (ALPN, RFC 7301). */
bool coil__http_secure_is_http2(struct coil_stream *stream);

/* One user of the context more, and one fewer; NULL is allowed. */
struct coil_tls_context *
coil__http_hold_context(struct coil_tls_context *context);
void coil__http_release_context(struct coil_tls_context *context);

/*
 * Make a client's context.  Returns as coil_tls_context_new_client(), or
 * COIL_ETLS_NO_LIBRARY, or COIL_EHTTP_BAD_SCHEME: https is not built in.
 */
int coil__http_make_context(struct coil_tls_context **out,
                            const struct coil_tls_client_options *options);

/* The name and version of the library; NULL: there is none. */
const char *coil__http_secure_version(void);

/* As coil_http_missing_tls(). */
const char *coil__http_secure_missing(void);

#endif
