/* SPDX-License-Identifier: MIT */
/*
 * http/client/secure.h - TLS for the connections of a client
 */
#ifndef COIL_HTTP_CLIENT_SECURE_H
#define COIL_HTTP_CLIENT_SECURE_H

#include <coil/base.h>

struct coil_stream;
struct coil__http_dialer;

/* Whether https can be spoken. */
bool coil__http_can_secure(void);

/*
 * Begin TLS on a connection to `host`, in place.  Returns 0, or an error, and
 * then the stream must be closed.
 */
int coil__http_secure(struct coil_stream *stream, const char *host,
                      const struct coil__http_dialer *dialer) COIL_SUSPENDS;

#endif
