/* SPDX-License-Identifier: MIT */
/*
 * tls/tls_error.h - OpenSSL's errors as codes of coil/error.h
 */
#ifndef COIL_TLS_TLS_ERROR_H
#define COIL_TLS_TLS_ERROR_H

#include <stdbool.h>

#include <openssl/ssl.h>

/*
 * Why the last call on `ssl` failed for good; `in_handshake`: before the
 * handshake was over, which OpenSSL does not say after an error.  To be asked at
 * once, in the thread of the call.  Empties OpenSSL's queue of errors.
 */
int coil__tls_error(SSL *ssl, bool in_handshake);

/* The same without a connection: -ENOMEM, or `otherwise`. */
int coil__tls_error_or(int otherwise);

#endif
