/* SPDX-License-Identifier: MIT */
/*
 * secure_tls.c - https by libcoil-tls
 */
#include "http/wire/secure.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "http/wire/tls_library.h"

/* What is spoken over TLS; others must not take a server for another one. */
static const char *const with_2[] = { "h2", "http/1.1", NULL };
static const char *const without_2[] = { "http/1.1", NULL };

bool coil__http_can_secure(void)
{
    return true;
}

static int refuse(void)
{
    int rc = coil_checkpoint();

    return rc < 0 ? rc : COIL_ETLS_NO_LIBRARY;
}

int coil__http_secure_client(struct coil_stream *stream, const char *host,
                             uint16_t port, struct coil_tls_context *context,
                             bool with_http2)
{
    const struct coil__http_tls *tls = coil__http_tls();
    const struct coil_tls_start start = {
        .context = context,
        .protocols = with_http2 ? with_2 : without_2,
        .port = port,
        .handshake_limit = COIL_NEVER, /* the connect limit counts */
    };

    return tls ? tls->start_client(stream, host, &start) : refuse();
}

int coil__http_secure_server(struct coil_stream *stream,
                             struct coil_tls_context *context, coil_time limit,
                             bool with_http2)
{
    const struct coil__http_tls *tls = coil__http_tls();
    const struct coil_tls_start start = {
        .context = context,
        .protocols = with_http2 ? with_2 : without_2,
        .handshake_limit = limit,
    };

    return tls ? tls->start_server(stream, &start) : refuse();
}

/* Without the library no stream has TLS. */
bool coil__http_secure_is_http2(struct coil_stream *stream)
{
    const struct coil__http_tls *tls = coil__http_tls_if_loaded();
    struct coil_tls_info info;

    return tls && tls->stream_info(stream, &info) == 0 && info.protocol &&
           strcmp(info.protocol, "h2") == 0;
}

int coil__http_make_context(struct coil_tls_context **out,
                            const struct coil_tls_client_options *options)
{
    const struct coil__http_tls *tls = coil__http_tls();

    return tls ? tls->context_new_client(out, options) : COIL_ETLS_NO_LIBRARY;
}

/* Who has a context has the library; it may still have to be found. */
struct coil_tls_context *
coil__http_hold_context(struct coil_tls_context *context)
{
    const struct coil__http_tls *tls = context ? coil__http_tls() : NULL;

    return tls ? tls->context_hold(context) : NULL;
}

void coil__http_release_context(struct coil_tls_context *context)
{
    const struct coil__http_tls *tls = coil__http_tls_if_loaded();

    if (tls)
        tls->context_free(context);
}

const char *coil__http_secure_version(void)
{
    const struct coil__http_tls *tls = coil__http_tls();

    return tls ? tls->library() : NULL;
}

const char *coil__http_secure_missing(void)
{
    return coil__http_tls_missing();
}
