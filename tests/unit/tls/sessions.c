/* SPDX-License-Identifier: MIT */
#include "tls/sessions.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

#include <coil/testing.h>
#include <coil/tls.h>

#include "test.h"

static struct coil__tls_sessions sessions;

/* A session with a number. */
static SSL_SESSION *make(int version, uint32_t number)
{
    SSL_SESSION *session = SSL_SESSION_new();
    unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH] = { 0 };

    memcpy(id, &number, sizeof number);
    ASSERT_NOT_NULL(session);
    ASSERT(SSL_SESSION_set_protocol_version(session, version));
    ASSERT(SSL_SESSION_set1_id(session, id, sizeof id));
    return session;
}

static uint32_t number_of(const SSL_SESSION *session)
{
    unsigned length;
    uint32_t number;

    memcpy(&number, SSL_SESSION_get_id(session, &length), sizeof number);
    return number;
}

static void put(const char *host, int version, uint32_t number)
{
    ASSERT(coil__tls_sessions_put(&sessions, host, make(version, number)));
}

/* Take a session; its number, or -1. */
static long take(const char *host)
{
    SSL_SESSION *session = coil__tls_sessions_take(&sessions, host);
    long number = session ? (long)number_of(session) : -1;

    SSL_SESSION_free(session);
    return number;
}

TEST(sessions_of_tls_1_3_are_used_once_and_the_newest_first)
{
    put("a 443", TLS1_3_VERSION, 1);
    put("b 443", TLS1_3_VERSION, 2);
    put("a 443", TLS1_3_VERSION, 3);
    ASSERT_EQ(take("a 443"), 3);
    ASSERT_EQ(take("a 443"), 1);
    ASSERT_EQ(take("a 443"), -1);
    ASSERT_EQ(take("a 44"), -1);
    ASSERT_EQ(take("b 443"), 2);
    ASSERT_EQ(sessions.count, 0);
    ASSERT_NULL(sessions.all.head);
}

TEST(sessions_of_tls_1_2_are_used_again)
{
    put("a 443", TLS1_2_VERSION, 1);
    put("a 443", TLS1_2_VERSION, 2);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(take("a 443"), 2);
    ASSERT_EQ(sessions.count, 1);
    coil__tls_sessions_fini(&sessions);
    ASSERT_EQ(take("a 443"), -1);
}

TEST(sessions_of_a_host_are_as_many_as_connections_that_begin)
{
    for (uint32_t i = 0; i < COIL__TLS_SESSIONS_OF_HOST + 10; i++)
        put("a 443", TLS1_3_VERSION, i);
    ASSERT_EQ(sessions.count, COIL__TLS_SESSIONS_OF_HOST);
    for (long i = COIL__TLS_SESSIONS_OF_HOST + 9; i >= 10; i--)
        ASSERT_EQ(take("a 443"), i);
    ASSERT_EQ(take("a 443"), -1);
}

/* The session that a connection of TLS 1.2 has just used is not the oldest. */
TEST(sessions_beyond_the_limit_push_the_oldest_out)
{
    char host[32];

    put("old 443", TLS1_3_VERSION, 7);
    put("used 443", TLS1_2_VERSION, 8);
    for (uint32_t i = 0; i < COIL__TLS_SESSIONS - 2; i++) {
        snprintf(host, sizeof host, "host%u 443", i);
        put(host, TLS1_3_VERSION, i);
    }
    ASSERT_EQ(take("used 443"), 8);
    put("one 443", TLS1_3_VERSION, 9);
    put("two 443", TLS1_3_VERSION, 10);
    ASSERT_EQ(sessions.count, COIL__TLS_SESSIONS);
    ASSERT_EQ(take("old 443"), -1);
    ASSERT_EQ(take("used 443"), 8);
    ASSERT_EQ(take("host0 443"), -1);
    ASSERT_EQ(take("host1 443"), 1);
    ASSERT_EQ(take("two 443"), 10);
    coil__tls_sessions_fini(&sessions);
    ASSERT_EQ(sessions.count, 0);
}

/* The second is refused for want of a host, the first for want of a place. */
TEST(sessions_are_not_kept_without_memory)
{
    for (size_t n = 1; n <= 2; n++) {
        SSL_SESSION *session = make(TLS1_3_VERSION, 1);

        coil_test_fail_allocation(n, false);
        ASSERT(!coil__tls_sessions_put(&sessions, "a 443", session));
        coil_test_fail_allocation(0, false);
        SSL_SESSION_free(session);
        ASSERT_EQ(sessions.count, 0);
    }
    put("a 443", TLS1_3_VERSION, 2);
    ASSERT_EQ(take("a 443"), 2);
}
