/* SPDX-License-Identifier: MIT */
/*
 * tls/sessions.h - the sessions that a client can resume, by host
 *
 * The host used last is first.  When there are too many, the last one is
 * forgotten.  Whoever uses a cache holds the lock of its context.
 */
#ifndef COIL_TLS_SESSIONS_H
#define COIL_TLS_SESSIONS_H

#include <stddef.h>

#include <openssl/ssl.h>

#include <coil/list.h>

struct coil__tls_sessions {
    struct coil_list hosts;
    size_t count;
};

/* Keep `session`, and own it, if there is memory.  Whether it was kept. */
int coil__tls_sessions_put(struct coil__tls_sessions *sessions,
                           const char *host, SSL_SESSION *session);

/*
 * A session of `host`, which the caller owns, or NULL.  A session of TLS 1.3 is
 * given once only, so that nobody can see that two connections come from the
 * same client (RFC 8446 appendix C.4).
 */
SSL_SESSION *coil__tls_sessions_take(struct coil__tls_sessions *sessions,
                                     const char *host);

void coil__tls_sessions_fini(struct coil__tls_sessions *sessions);

#endif
