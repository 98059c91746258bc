/* SPDX-License-Identifier: MIT */
/* WRAPS: RAND_bytes EVP_DigestInit_ex EVP_DigestUpdate EVP_DigestFinal_ex */
/*
 * Answers to challenges when OpenSSL refuses a sum or has no random numbers, or
 * there is no memory for one of their parts.
 */
#include <coil/http_auth.h>
#include <coil/http_client.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/testing.h>

#include "test.h"

int __real_RAND_bytes(unsigned char *bytes, int size);
int __wrap_RAND_bytes(unsigned char *bytes, int size);
int __real_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type,
                             ENGINE *engine);
int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type,
                             ENGINE *engine);
int __real_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes,
                            size_t size);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes,
                            size_t size);
int __real_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *sum,
                              unsigned *size);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *sum,
                              unsigned *size);

static int calls; /* of OpenSSL, of which one fails */
static int failing;

static bool fails(void)
{
    return ++calls == failing;
}

int __wrap_RAND_bytes(unsigned char *bytes, int size)
{
    return fails() ? 0 : __real_RAND_bytes(bytes, size);
}

int __wrap_EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *type,
                             ENGINE *engine)
{
    return fails() ? 0 : __real_EVP_DigestInit_ex(context, type, engine);
}

int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t size)
{
    return fails() ? 0 : __real_EVP_DigestUpdate(context, bytes, size);
}

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *sum,
                              unsigned *size)
{
    return fails() ? 0 : __real_EVP_DigestFinal_ex(context, sum, size);
}

/* The answer to a challenge of `realm`; it is made once more at last. */
static int answer(const char *realm, char **value)
{
    char text[2000];
    const struct coil_http_header header = { "WWW-Authenticate", text };
    struct coil_http_auth *auth;
    int rc = coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST);

    *value = NULL;
    if (rc < 0)
        return rc;
    snprintf(text, sizeof text, "Digest realm=\"%s\", nonce=n, userhash=true",
             realm);
    rc = coil_http_auth_challenge(auth, NULL, &header, 1, false);
    if (rc == 1)
        rc = coil_http_auth_header(auth, "GET", "/", value);
    if (rc < 0) {
        ASSERT_NULL(*value);
        failing = 0;
        coil_test_fail_allocation(0, false);
        if (coil_http_auth_challenge(auth, NULL, &header, 1, false) == 1)
            ASSERT_EQ(coil_http_auth_header(auth, "GET", "/", value), 0);
    }
    coil_http_auth_free(auth);
    return rc;
}

static bool has_digest(void)
{
    struct coil_http_auth *auth;
    int rc = coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST);

    coil_http_auth_free(auth);
    return rc == 0;
}

TEST(http_auth_faults_of_the_library_of_sums)
{
    char *value;
    int n = 0;
    int rc;

    if (!has_digest())
        SKIP("without OpenSSL");
    do {
        calls = 0;
        failing = ++n;
        rc = answer("r", &value);
        ASSERT(rc == 0 || rc == -ENOTSUP || rc == -EIO);
        ASSERT_STR_CONTAINS(value, "Digest username=");
        coil_http_auth_free_text(value);
    } while (rc < 0);
    ASSERT_GT(n, 10);
}

/* The text grows at each of its bytes, in one of these. */
TEST(http_auth_faults_of_memory_leave_an_object_to_go_on_with)
{
    char realm[700];
    char *value;

    if (!has_digest())
        SKIP("without OpenSSL");
    failing = 0;
    for (size_t plain = 0; plain < 4; plain++) {
        size_t n = 0;
        int rc;

        memset(realm, 'a', plain);
        realm[plain] = '\0';
        for (int i = 0; i < 200; i++)
            strcat(realm, "\\\"");
        do {
            coil_test_fail_allocation(++n, false);
            rc = answer(realm, &value);
            coil_test_fail_allocation(0, false);
            ASSERT(rc == 0 || rc == -ENOMEM);
            coil_http_auth_free_text(value);
        } while (rc < 0);
        ASSERT_EQ(coil_test_live_allocations(), 0);
        ASSERT_GT(n, 8);
    }
}
