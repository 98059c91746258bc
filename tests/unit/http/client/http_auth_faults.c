/* SPDX-License-Identifier: MIT */
/* WRAPS: getrandom */
/*
 * Answers to challenges when the system has no random bytes, or there is no memory
 * for one of their parts.
 */
#include <coil/http_auth.h>
#include <coil/http_client.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <coil/testing.h>

#include "test.h"

static bool has_no_chance;

ssize_t __real_getrandom(void *bytes, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
    return has_no_chance ? -1 : __real_getrandom(bytes, size, flags);
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
        has_no_chance = false;
        coil_test_fail_allocation(0, false);
        if (coil_http_auth_challenge(auth, NULL, &header, 1, false) == 1)
            ASSERT_EQ(coil_http_auth_header(auth, "GET", "/", value), 0);
    }
    coil_http_auth_free(auth);
    return rc;
}

TEST(http_auth_faults_of_random_bytes)
{
    char *value;

    has_no_chance = true;
    ASSERT_EQ(answer("r", &value), -EIO);
    ASSERT_STR_CONTAINS(value, "Digest username=");
    coil_http_auth_free_text(value);
}

/* The text grows at each of its bytes, in one of these. */
TEST(http_auth_faults_of_memory_leave_an_object_to_go_on_with)
{
    char realm[700];
    char *value;

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
