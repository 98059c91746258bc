/* SPDX-License-Identifier: MIT */
#include "output/warc_digest.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/crypto.h"

/*
 * Looking an algorithm up takes longer than a short digest, so that is done once.  NULL:
 * no memory, or no OpenSSL; then it is tried again the next time.
 */
static const EVP_MD *sha1(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static EVP_MD *algorithm;
    const struct crypto *crypto;
    const EVP_MD *found;

    pthread_mutex_lock(&mutex);
    crypto = algorithm ? NULL : crypto_load();
    if (crypto)
        algorithm = crypto->EVP_MD_fetch(NULL, "SHA1", NULL);
    found = algorithm;
    pthread_mutex_unlock(&mutex);
    return found;
}

/* An EVP_MD_CTX under its own name. */
static EVP_MD_CTX *context_of(struct warc_digest *digest)
{
    return (EVP_MD_CTX *)digest;
}

struct warc_digest *warc_digest_new(void)
{
    const EVP_MD *algorithm = sha1();
    EVP_MD_CTX *context = algorithm ? crypto_load()->EVP_MD_CTX_new() : NULL;

    if (context &&
        crypto_load()->EVP_DigestInit_ex(context, algorithm, NULL) != 1) {
        crypto_load()->EVP_MD_CTX_free(context);
        context = NULL;
    }
    return (struct warc_digest *)context;
}

void warc_digest_free(struct warc_digest *digest)
{
    if (digest)
        crypto_load()->EVP_MD_CTX_free(context_of(digest));
}

int warc_digest_add(struct warc_digest *digest, const void *bytes, size_t size)
{
    int rc = crypto_load()->EVP_DigestUpdate(context_of(digest), bytes, size);

    return rc == 1 ? 0 : -ENOMEM;
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

    if (crypto_load()->EVP_DigestFinal_ex(context_of(digest), hash, NULL) != 1)
        return -ENOMEM;
    write_text(out, hash);
    return 0;
}

int warc_digest_of(const void *bytes, size_t size, char out[WARC_DIGEST_SIZE])
{
    const EVP_MD *algorithm = sha1();
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (!algorithm || crypto_load()->EVP_Digest(bytes, size, hash, NULL,
                                                algorithm, NULL) != 1)
        return -ENOMEM;
    write_text(out, hash);
    return 0;
}
