/* SPDX-License-Identifier: MIT */
/*
 * tls/sessions.h - the sessions that a client can resume, by host
 *
 * A session of TLS 1.3 is used once, so that nobody can see that two connections
 * come from the same client (RFC 8446 appendix C.4).  So there must be as many
 * as connections begin at a time.  When there are too many, of one host or of
 * all, the oldest one is forgotten.  Whoever uses a cache holds the lock of its
 * context.
 */
#ifndef COIL_TLS_SESSIONS_H
#define COIL_TLS_SESSIONS_H

#include <stddef.h>

#include <openssl/ssl.h>

#include <coil/list.h>

enum {
    COIL__TLS_SESSIONS = 1024, /* one takes two kilobytes, some take more */
    COIL__TLS_SESSIONS_OF_HOST = 256,
};

/* Zeroed, it is empty. */
struct coil__tls_sessions {
    struct coil_list all;       /* the newest first */
    struct coil_list hosts[64]; /* by a hash of their names */
    size_t count;
};

/* Keep `session`, and own it, if there is memory.  Whether it was kept. */
int coil__tls_sessions_put(struct coil__tls_sessions *sessions,
                           const char *host, SSL_SESSION *session);

/*
 * The newest session of `host`, which the caller owns, or NULL.  A session of
 * TLS 1.3 is not kept any longer.
 */
SSL_SESSION *coil__tls_sessions_take(struct coil__tls_sessions *sessions,
                                     const char *host);

void coil__tls_sessions_fini(struct coil__tls_sessions *sessions);

#endif
