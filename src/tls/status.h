/* SPDX-License-Identifier: MIT */
/*
 * tls/status.h - what the issuer of a certificate says about it now (OCSP)
 *
 * RFC 6960 has the answer, RFC 6066 §8 its way through the handshake, and RFC
 * 7633 the certificate that is good for nothing without one.
 */
#ifndef COIL_TLS_STATUS_H
#define COIL_TLS_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include <coil/tls_context.h>

/*
 * Parse an answer in DER.  `*out` is the caller's: OCSP_BASICRESP_free().
 * Returns 0; COIL_ETLS_CERTIFICATE_STATUS_INVALID: it is none, or one that tells
 * nothing; -ENOMEM.
 */
int coil__tls_status_parse(OCSP_BASICRESP **out, const unsigned char *bytes,
                           size_t size);

/*
 * Whether what is said in `single` holds now, on a clock that may be wrong by
 * `leeway` seconds.  0, or COIL_ETLS_CERTIFICATE_STATUS_EXPIRED, _NOT_YET_VALID
 * or _INVALID.
 */
int coil__tls_status_is_current(OCSP_SINGLERESP *single, long leeway);

/*
 * Let the clients of `ctx` ask for an answer, unless `status` is IGNORED, and
 * call judge(ssl, whether there must be one) in the handshake.
 */
void coil__tls_status_ask(SSL_CTX *ctx, enum coil_tls_status status,
                          int (*judge)(SSL *ssl, void *is_required));

/*
 * Judge what the server of `ssl`, whose certificate was verified, has stapled.
 * Returns 1: the certificate is good; 0: nothing was stapled and nothing needs
 * to be, or the session is resumed and was judged when it began; or
 * COIL_ETLS_CERTIFICATE_REVOKED, _STATUS_…, or COIL_ETLS_FAILED.
 */
int coil__tls_status_check(SSL *ssl, bool is_required);

#endif
