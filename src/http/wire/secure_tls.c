/* SPDX-License-Identifier: MIT */
/*
 * secure_tls.c - https by libcoil-tls
 */
#include "http/wire/secure.h"

#include <string.h>

#include <coil/tls.h>

/* What is spoken over TLS; others must not take a server for another one. */
static const char *const with_2[] = { "h2", "http/1.1", NULL };
static const char *const without_2[] = { "http/1.1", NULL };

bool coil__http_can_secure(void)
{
    return true;
}

int coil__http_secure_client(struct coil_stream *stream, const char *host,
                             uint16_t port, struct coil_tls_context *context,
                             bool with_http2)
{
    const struct coil_tls_start start = {
        .context = context,
        .protocols = with_http2 ? with_2 : without_2,
        .port = port,
        .handshake_limit = COIL_NEVER, /* the connect limit counts */
    };

    return coil_tls_start_client(stream, host, &start);
}

int coil__http_secure_server(struct coil_stream *stream,
                             struct coil_tls_context *context, coil_time limit,
                             bool with_http2)
{
    const struct coil_tls_start start = {
        .context = context,
        .protocols = with_http2 ? with_2 : without_2,
        .handshake_limit = limit,
    };

    return coil_tls_start_server(stream, &start);
}

bool coil__http_secure_is_http2(struct coil_stream *stream)
{
    struct coil_tls_info info;

    return coil_tls_stream_info(stream, &info) == 0 && info.protocol &&
           strcmp(info.protocol, "h2") == 0;
}

struct coil_tls_context *
coil__http_hold_context(struct coil_tls_context *context)
{
    return context ? coil_tls_context_hold(context) : NULL;
}

void coil__http_release_context(struct coil_tls_context *context)
{
    coil_tls_context_free(context);
}

const char *coil__http_secure_version(void)
{
    return coil_tls_library();
}
