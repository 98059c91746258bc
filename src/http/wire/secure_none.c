/* SPDX-License-Identifier: MIT */
/*
 * secure_none.c - there is no TLS: https is a scheme that is not supported
 */
#include "http/wire/secure.h"

#include <coil/error.h>
#include <coil/sleep.h>

bool coil__http_can_secure(void)
{
    return false;
}

static int refuse(void)
{
    int rc = coil_checkpoint();

    return rc < 0 ? rc : COIL_EHTTP_BAD_SCHEME;
}

int coil__http_secure_client(struct coil_stream *stream, const char *host,
                             uint16_t port, struct coil_tls_context *context,
                             bool with_http2)
{
    (void)stream;
    (void)host;
    (void)port;
    (void)context;
    (void)with_http2;
    return refuse();
}

int coil__http_secure_server(struct coil_stream *stream,
                             struct coil_tls_context *context, coil_time limit,
                             bool with_http2)
{
    (void)stream;
    (void)context;
    (void)limit;
    (void)with_http2;
    return refuse();
}

bool coil__http_secure_is_http2(struct coil_stream *stream)
{
    (void)stream;
    return false;
}

struct coil_tls_context *
coil__http_hold_context(struct coil_tls_context *context)
{
    return context;
}

void coil__http_release_context(struct coil_tls_context *context)
{
    (void)context;
}

int coil__http_make_context(struct coil_tls_context **out,
                            const struct coil_tls_client_options *options)
{
    (void)out;
    (void)options;
    return COIL_EHTTP_BAD_SCHEME;
}

const char *coil__http_secure_version(void)
{
    return NULL;
}

const char *coil__http_secure_missing(void)
{
    return NULL;
}
