/* SPDX-License-Identifier: MIT */
/*
 * ciphers.c - what TLS 1.2 and 1.3 may use, the best first
 *
 * AES with keys of 128 bits comes before 256 bits, as in browsers and in Go.
 * Nobody can break either, and SHA-256, which belongs to the first in TLS 1.3,
 * takes half the time of SHA-384 in a handshake.
 */
#include "tls/ciphers.h"

#include <string.h>

#include <coil/error.h>

#include "tls/tls_error.h"

/* Of TLS 1.2. */
#define CLIENT_CIPHERS "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!RC4:!aDSS:!SRP:!PSK"
#define SERVER_CIPHERS "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20"

/* Of TLS 1.3, as far as the system's settings allow them. */
static const char *const suites[] = { "TLS_AES_128_GCM_SHA256",
                                      "TLS_AES_256_GCM_SHA384",
                                      "TLS_CHACHA20_POLY1305_SHA256" };

enum { SUITES = sizeof suites / sizeof suites[0], SUITE_LENGTH = 32 };

static bool is_allowed(SSL_CTX *ctx, const char *name)
{
    STACK_OF(SSL_CIPHER) *allowed = SSL_CTX_get_ciphers(ctx);

    for (int i = 0; i < sk_SSL_CIPHER_num(allowed); i++)
        if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(allowed, i)),
                   name) == 0)
            return true;
    return false;
}

/* Where the system allows only others, these stay. */
static int set_suites(SSL_CTX *ctx)
{
    char list[SUITES * SUITE_LENGTH] = "";

    for (size_t i = 0; i < SUITES; i++) {
        if (!is_allowed(ctx, suites[i]))
            continue;
        strcat(list, list[0] ? ":" : "");
        strcat(list, suites[i]);
    }
    return !list[0] || SSL_CTX_set_ciphersuites(ctx, list)
               ? 0
               : coil__tls_error_or(COIL_ETLS_FAILED);
}

int coil__tls_set_ciphers(SSL_CTX *ctx, bool is_server)
{
    if (!SSL_CTX_set_cipher_list(ctx,
                                 is_server ? SERVER_CIPHERS : CLIENT_CIPHERS))
        return coil__tls_error_or(COIL_ETLS_FAILED);
    return set_suites(ctx);
}
