/* SPDX-License-Identifier: MIT */
/*
 * http/client/proxy_auth.h - tell a proxy who asks
 *
 * The user of a proxy's URL is told by Basic at once.  A proxy that asks for
 * Digest (407) is answered so, then and later.
 */
#ifndef COIL_HTTP_CLIENT_PROXY_AUTH_H
#define COIL_HTTP_CLIENT_PROXY_AUTH_H

#include <coil/http.h>

#include "http/client/proxy.h"
#include "http/wire/write.h"

/* A proxy may say twice that its nonce was too old. */
enum { COIL__HTTP_PROXY_TIMES = 3 };

/*
 * Write the header Proxy-Authorization, if the proxy has a user.  Returns whether
 * it is an answer by Digest, to a request with `method` for `target`.
 */
bool coil__http_put_proxy_user(struct coil__http_writer *w,
                               const struct coil__http_proxy *proxy,
                               const char *method, const char *target);

/*
 * Take the challenge of a 407.  `was_answered`: the request had an answer by
 * Digest.  Returns whether it is to be asked again.
 */
bool coil__http_proxy_challenge(const struct coil__http_proxy *proxy,
                                bool was_answered,
                                const struct coil_http_header *headers,
                                size_t count);

#endif
