/* SPDX-License-Identifier: MIT */
/*
 * tls/tls_context.h - what the connections of a context share
 *
 * `lock` guards what may change: the credentials, which a reload replaces, and
 * the sessions.  The rest is as it was made.
 */
#ifndef COIL_TLS_TLS_CONTEXT_H
#define COIL_TLS_TLS_CONTEXT_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include <coil/tls_context.h>

#include "tls/credentials.h"
#include "tls/protocols.h"

/* Whether it is for servers. */
bool coil__tls_context_is_server(const struct coil_tls_context *context);

/* A connection; NULL: no memory. */
SSL *coil__tls_context_connection(struct coil_tls_context *context);

/* Let `ssl` resume a session with `host` if there is one. */
void coil__tls_context_resume(struct coil_tls_context *context, SSL *ssl,
                              const char *host);

/*
 * What OpenSSL finds with a connection, as its app data.  All of it belongs to
 * the connection and lives as long as it.
 */
struct coil__tls_peer {
    struct coil_tls_context *context;
    struct coil__tls_credentials *credentials; /* that it uses, or NULL */
    bool has_status; /* the server has shown that its certificate is good */
    int refusal;     /* why we do not accept what it has shown, or 0 */
    struct coil__tls_protocols protocols; /* instead of the context's */
    char *session_key;                    /* of a client: host and port */
};

#endif
