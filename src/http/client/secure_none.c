/* SPDX-License-Identifier: MIT */
/*
 * secure_none.c - there is no TLS: https is a scheme that is not supported
 */
#include "http/client/secure.h"

#include <coil/error.h>
#include <coil/sleep.h>

bool coil__http_can_secure(void)
{
    return false;
}

int coil__http_secure(struct coil_stream *stream, const char *host,
                      const struct coil__http_dialer *dialer)
{
    int rc = coil_checkpoint();

    (void)stream;
    (void)host;
    (void)dialer;
    return rc < 0 ? rc : COIL_EHTTP_BAD_SCHEME;
}
