/* SPDX-License-Identifier: MIT */
/*
 * tls/trust.h - which issuers of certificates are trusted
 */
#ifndef COIL_TLS_TRUST_H
#define COIL_TLS_TRUST_H

#include <openssl/ssl.h>

/*
 * Trust what is in the file and in the folder; if both are NULL, what the system
 * trusts.  `crl_file` may be NULL.  0 or an error of
 * coil_tls_context_new_client().
 */
int coil__tls_trust(SSL_CTX *ctx, const char *ca_file, const char *ca_path,
                    const char *crl_file);

/* Trust these issuers, and tell clients that their certificates are accepted. */
int coil__tls_ask_for(SSL_CTX *ctx, const char *ca_file, const char *crl_file);

#endif
