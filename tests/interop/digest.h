/* SPDX-License-Identifier: MIT */
/*
 * digest.h - the SHA-256 of bytes that come in pieces
 */
#ifndef COIL_TESTS_INTEROP_DIGEST_H
#define COIL_TESTS_INTEROP_DIGEST_H

#include <stddef.h>
#include <stdio.h>

#include <openssl/evp.h>

/* In hexadecimal, with its NUL. */
enum { DIGEST_TEXT = 65 };

static inline EVP_MD_CTX *digest_begin(void)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    return digest;
}

static inline void digest_end(EVP_MD_CTX *digest, char text[DIGEST_TEXT])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    EVP_DigestFinal_ex(digest, bytes, &size);
    EVP_MD_CTX_free(digest);
    for (unsigned i = 0; i < size; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

#endif
