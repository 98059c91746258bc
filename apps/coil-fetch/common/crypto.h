/* SPDX-License-Identifier: MIT */
/*
 * crypto.h - OpenSSL's checksums, loaded when the first one is asked for
 *
 * To load libcrypto takes longer than all else that comes before the first
 * connection, and a run that asks for no checksum does without it.
 */
#ifndef COIL_FETCH_COMMON_CRYPTO_H
#define COIL_FETCH_COMMON_CRYPTO_H

#include <openssl/evp.h>

#define CRYPTO_FUNCTIONS(DO)                                                   \
    DO(EVP_get_digestbyname)                                                   \
    DO(EVP_MD_fetch)                                                           \
    DO(EVP_MD_CTX_new)                                                         \
    DO(EVP_MD_CTX_free)                                                        \
    DO(EVP_DigestInit_ex)                                                      \
    DO(EVP_DigestUpdate)                                                       \
    DO(EVP_DigestFinal_ex)                                                     \
    DO(EVP_Digest)                                                             \
    DO(EVP_EncodeBlock)

#define CRYPTO_POINTER(name) __typeof__(&name) name;
struct crypto {
    CRYPTO_FUNCTIONS(CRYPTO_POINTER)
};

/*
 * OpenSSL's functions by their names.  NULL: it cannot be loaded, which standard
 * error was told once.
 */
const struct crypto *crypto_load(void);

#endif
