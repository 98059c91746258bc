/* SPDX-License-Identifier: MIT */
/*
 * redis/secure.h - TLS for connections, where the library was built with it
 */
#ifndef COIL_REDIS_SECURE_H
#define COIL_REDIS_SECURE_H

#include <coil/base.h>

struct coil_stream;
struct coil_tls_context;

/*
 * 0; COIL_EREDIS_NO_TLS: TLS is not built in; COIL_ETLS_NO_LIBRARY: it cannot be
 * loaded.
 */
int coil__redis_secure_check(void);

/*
 * Begin TLS in place.  `context` may be NULL.  Returns an error of
 * coil__redis_secure_check() or of coil_tls_start_client().
 */
int coil__redis_secure(struct coil_stream *stream, const char *host,
                       uint16_t port, struct coil_tls_context *context)
    COIL_SUSPENDS;

#endif
