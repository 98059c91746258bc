/* SPDX-License-Identifier: MIT */
/*
 * Names of application protocols, in the form that ALPN has for them.
 */
#include <coil/tls.h>

#include <errno.h>
#include <string.h>

#include <coil/testing.h>

#include "tls/protocols.h"

#include "test.h"

TEST(protocols_have_their_lengths_before_them)
{
    const char *const names[] = { "h2", "http/1.1", NULL };
    struct coil__tls_protocols protocols;

    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), 0);
    ASSERT_EQ(protocols.size, 12);
    ASSERT_MEM_EQ(protocols.bytes, "\x02h2\x08http/1.1", 12);
    coil__tls_protocols_fini(&protocols);
    ASSERT_NULL(protocols.bytes);
}

TEST(protocols_can_be_none)
{
    const char *const none[] = { NULL };
    struct coil__tls_protocols protocols;

    ASSERT_EQ(coil__tls_protocols_init(&protocols, NULL), 0);
    ASSERT_NULL(protocols.bytes);
    ASSERT_EQ(coil__tls_protocols_init(&protocols, none), 0);
    ASSERT_NULL(protocols.bytes);
}

/* RFC 7301 §3.1: a name has 1 to 255 bytes, a list 65535. */
TEST(protocols_have_the_limits_of_the_rfc)
{
    enum { MANY = 256 };
    static char longest[257];
    const char *names[MANY + 1] = { "h2", "", NULL };
    struct coil__tls_protocols protocols;

    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), -EINVAL);
    ASSERT_NULL(protocols.bytes);
    memset(longest, 'p', 256);
    names[1] = longest;
    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), -EINVAL);
    longest[255] = '\0';
    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), 0);
    ASSERT_EQ(protocols.size, 3 + 256);
    coil__tls_protocols_fini(&protocols);

    for (size_t i = 0; i < MANY; i++)
        names[i] = longest;
    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), -EINVAL);
    names[MANY - 1] = NULL;
    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), 0);
    ASSERT_EQ(protocols.size, 255 * 256);
    coil__tls_protocols_fini(&protocols);
}

TEST(protocols_need_memory)
{
    const char *const names[] = { "h2", NULL };
    struct coil__tls_protocols protocols;

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil__tls_protocols_init(&protocols, names), -ENOMEM);
    ASSERT_NULL(protocols.bytes);
    coil__tls_protocols_fini(&protocols);
}
