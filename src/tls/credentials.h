/* SPDX-License-Identifier: MIT */
/*
 * tls/credentials.h - certificates of ours with their keys, read from files
 *
 * What was read never changes.  Whoever uses it counts, so a context can replace
 * it while handshakes use the old one.
 */
#ifndef COIL_TLS_CREDENTIALS_H
#define COIL_TLS_CREDENTIALS_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "tls/files.h"

struct coil__tls_credentials;

/*
 * Read the first `count` of `files`, which connections of `ctx` must be allowed
 * to use, and what is said about them.  0 or an error of
 * coil_tls_context_new_server().
 */
int coil__tls_credentials_read(struct coil__tls_credentials **out, SSL_CTX *ctx,
                               const struct coil__tls_file_names *files,
                               size_t count);

struct coil__tls_credentials *
coil__tls_credentials_hold(struct coil__tls_credentials *credentials);
void coil__tls_credentials_free(struct coil__tls_credentials *credentials);

/*
 * Give `ssl` those that are for `name`, or the first if none is or if `name` is
 * NULL.  1, or 0: OpenSSL failed.
 */
int coil__tls_credentials_use(const struct coil__tls_credentials *credentials,
                              SSL *ssl, const char *name);

/*
 * Give `ssl`, which uses one of these, what is said about that.  Returns what a
 * status callback of OpenSSL returns.
 */
int coil__tls_credentials_staple(
    const struct coil__tls_credentials *credentials, SSL *ssl);

#endif
