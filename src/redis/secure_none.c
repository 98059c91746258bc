/* SPDX-License-Identifier: MIT */
/* secure_none.c - a build without TLS */
#include "redis/secure.h"

#include <coil/error.h>
#include <coil/sleep.h>

int coil__redis_secure_check(void)
{
    return COIL_EREDIS_NO_TLS;
}

int coil__redis_secure(struct coil_stream *stream, const char *host,
                       uint16_t port, struct coil_tls_context *context)
{
    int rc = coil_checkpoint();

    (void)stream;
    (void)host;
    (void)port;
    (void)context;
    return rc < 0 ? rc : COIL_EREDIS_NO_TLS;
}
