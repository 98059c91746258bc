/* SPDX-License-Identifier: MIT */
#include "output/digest.h"

#include <errno.h>

#include "common/crypto.h"

static const struct algorithm {
    const char *name;
    size_t size;
} algorithms[] = {
    [CHECKSUM_MD5] = { "md5", 16 },       [CHECKSUM_SHA1] = { "sha1", 20 },
    [CHECKSUM_SHA224] = { "sha224", 28 }, [CHECKSUM_SHA256] = { "sha256", 32 },
    [CHECKSUM_SHA384] = { "sha384", 48 }, [CHECKSUM_SHA512] = { "sha512", 64 },
};

size_t digest_size(enum checksum_kind kind)
{
    return algorithms[kind].size;
}

const char *digest_name(enum checksum_kind kind)
{
    return algorithms[kind].name ? algorithms[kind].name : "none";
}

int digest_begin(struct digest *digest, enum checksum_kind kind)
{
    const struct crypto *crypto;
    bool is_new = digest->kind != kind;
    int rc;

    digest->kind = CHECKSUM_NONE;
    crypto = kind == CHECKSUM_NONE ? NULL : crypto_load();
    if (!crypto)
        return -ENOTSUP;
    if (!digest->context) {
        digest->context = crypto->EVP_MD_CTX_new();
        is_new = true;
    }
    if (!digest->context)
        return -ENOMEM;
    /* Without a name, the algorithm of the last time is not looked up again. */
    rc = crypto->EVP_DigestInit_ex(
        digest->context,
        is_new ? crypto->EVP_get_digestbyname(algorithms[kind].name) : NULL,
        NULL);
    if (rc != 1)
        return -ENOTSUP;
    digest->kind = kind;
    digest->has_failed = false;
    return 0;
}

void digest_add(struct digest *digest, const void *bytes, size_t size)
{
    if (digest->kind != CHECKSUM_NONE && size > 0 &&
        crypto_load()->EVP_DigestUpdate(digest->context, bytes, size) != 1)
        digest->has_failed = true;
}

size_t digest_end(struct digest *digest, unsigned char sum[DIGEST_MAX_SIZE])
{
    if (digest->kind == CHECKSUM_NONE || digest->has_failed ||
        crypto_load()->EVP_DigestFinal_ex(digest->context, sum, NULL) != 1)
        return 0;
    return digest_size(digest->kind);
}

void digest_fini(struct digest *digest)
{
    if (digest->context)
        crypto_load()->EVP_MD_CTX_free(digest->context);
    *digest = (struct digest){ 0 };
}

int digest_sha256(unsigned char sum[32], const void *bytes, size_t size)
{
    struct digest digest = { 0 };
    unsigned char out[DIGEST_MAX_SIZE];
    int rc = digest_begin(&digest, CHECKSUM_SHA256);

    if (rc == 0) {
        digest_add(&digest, bytes, size);
        if (digest_end(&digest, out) == 0)
            rc = -ENOTSUP;
    }
    digest_fini(&digest);
    for (int i = 0; rc == 0 && i < 32; i++)
        sum[i] = out[i];
    return rc;
}

void digest_hex(char *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}
