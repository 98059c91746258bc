/* SPDX-License-Identifier: MIT */
/*
 * tls/ciphers.h - how connections are encrypted
 */
#ifndef COIL_TLS_CIPHERS_H
#define COIL_TLS_CIPHERS_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* What TLS 1.2 and 1.3 may use, the best first.  0, or an error. */
int coil__tls_set_ciphers(SSL_CTX *ctx, bool is_server);

#endif
