/* SPDX-License-Identifier: MIT */
#include "http/wire/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/memory.h"

static void write_hex(char *out, const unsigned char *sum, unsigned size)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < size; i++) {
        *out++ = digits[sum[i] >> 4];
        *out++ = digits[sum[i] & 15];
    }
    *out = '\0';
}

int coil__http_hash(char out[COIL__HTTP_HASH_SIZE], enum coil__http_hash kind,
                    const struct coil__http_slice *pieces, size_t count)
{
    const EVP_MD *md = kind == COIL__HTTP_MD5 ? EVP_md5() : EVP_sha256();
    EVP_MD_CTX *context = coil__alloc_fails() ? NULL : EVP_MD_CTX_new();
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool is_good;

    if (!context)
        return -ENOMEM;
    is_good = EVP_DigestInit_ex(context, md, NULL) == 1;
    for (size_t i = 0; i < count && is_good; i++)
        is_good = EVP_DigestUpdate(context, pieces[i].at, pieces[i].size) == 1;
    is_good = is_good && EVP_DigestFinal_ex(context, sum, &size) == 1;
    EVP_MD_CTX_free(context);
    if (!is_good)
        return -ENOTSUP;
    write_hex(out, sum, size);
    return 0;
}

int coil__http_random(unsigned char *out, size_t size)
{
    return RAND_bytes(out, (int)size) == 1 ? 0 : -EIO;
}

const char *coil__http_hash_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
