/* SPDX-License-Identifier: MIT */
/*
 * ciphers.c - what TLS 1.2 and 1.3 may use, the best first
 *
 * AES with keys of 128 bits comes before 256 bits, as in browsers and in Go.
 * Nobody can break either, and SHA-256, which belongs to the first in TLS 1.3,
 * takes half the time of SHA-384 in a handshake.
 */
#include "tls/ciphers.h"

#include <stdio.h>
#include <string.h>

#include <coil/error.h>

#include "tls/tls_error.h"

/* Of TLS 1.2. */
#define CLIENT_CIPHERS "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!RC4:!aDSS:!SRP:!PSK"
#define SERVER_CIPHERS "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20"

/* Of TLS 1.3. */
#define BEST_SUITE "TLS_AES_128_GCM_SHA256"

struct list {
    char text[512];
    size_t length;
};

static void add(struct list *list, const char *name)
{
    size_t length = strlen(name);

    if (list->length + length + 2 > sizeof list->text)
        return;
    if (list->length > 0)
        list->text[list->length++] = ':';
    memcpy(list->text + list->length, name, length + 1);
    list->length += length;
}

/* Put the best suite in front of those that the system's settings allow. */
static int set_suites(SSL_CTX *ctx)
{
    STACK_OF(SSL_CIPHER) *allowed = SSL_CTX_get_ciphers(ctx);
    struct list list = { .length = 0 };
    bool has_best = false;

    for (int i = 0; i < sk_SSL_CIPHER_num(allowed); i++)
        has_best |= strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(allowed, i)),
                           BEST_SUITE) == 0;
    if (!has_best)
        return 0;
    add(&list, BEST_SUITE);
    for (int i = 0; i < sk_SSL_CIPHER_num(allowed); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(allowed, i);
        const char *name = SSL_CIPHER_get_name(cipher);

        if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") == 0 &&
            strcmp(name, BEST_SUITE) != 0)
            add(&list, name);
    }
    return SSL_CTX_set_ciphersuites(ctx, list.text)
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
