/* SPDX-License-Identifier: MIT */
/* secure_linked.c - libcoil-tls is linked with */
#include "redis/secure.h"

#include <coil/tls.h>

int coil__redis_secure_check(void)
{
    return 0;
}

int coil__redis_secure(struct coil_stream *stream, const char *host,
                       uint16_t port, struct coil_tls_context *context)
{
    const struct coil_tls_start start = {
        .context = context,
        .port = port,
        .handshake_limit = COIL_NEVER, /* the connect limit counts */
    };

    return coil_tls_start_client(stream, host, &start);
}
