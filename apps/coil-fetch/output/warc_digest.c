/* SPDX-License-Identifier: MIT */
#include "output/warc_digest.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

/*
 * Looking an algorithm up takes longer than a short digest, so that is done once.  NULL:
 * no memory.
 */
static const EVP_MD *sha1(void)
{
    static EVP_MD *algorithm;

    if (!algorithm)
        algorithm = EVP_MD_fetch(NULL, "SHA1", NULL);
    return algorithm;
}

/* An EVP_MD_CTX under its own name. */
static EVP_MD_CTX *context_of(struct warc_digest *digest)
{
    return (EVP_MD_CTX *)digest;
}

struct warc_digest *warc_digest_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context && (!sha1() || EVP_DigestInit_ex(context, sha1(), NULL) != 1)) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return (struct warc_digest *)context;
}

void warc_digest_free(struct warc_digest *digest)
{
    EVP_MD_CTX_free(context_of(digest));
}

int warc_digest_add(struct warc_digest *digest, const void *bytes, size_t size)
{
    return EVP_DigestUpdate(context_of(digest), bytes, size) == 1 ? 0 : -ENOMEM;
}

/* 20 bytes are 32 letters of 5 bits. */
static void write_text(char out[WARC_DIGEST_SIZE], const unsigned char hash[20])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0;
    unsigned held = 0;
    char *to = out + 5;

    memcpy(out, "sha1:", 5);
    for (int i = 0; i < 20; i++) {
        bits = bits << 8 | hash[i];
        for (held += 8; held >= 5; held -= 5)
            *to++ = letters[bits >> (held - 5) & 31];
    }
    *to = '\0';
}

int warc_digest_end(struct warc_digest *digest, char out[WARC_DIGEST_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (EVP_DigestFinal_ex(context_of(digest), hash, NULL) != 1)
        return -ENOMEM;
    write_text(out, hash);
    return 0;
}

int warc_digest_of(const void *bytes, size_t size, char out[WARC_DIGEST_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (!sha1() || EVP_Digest(bytes, size, hash, NULL, sha1(), NULL) != 1)
        return -ENOMEM;
    write_text(out, hash);
    return 0;
}
