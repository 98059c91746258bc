/* SPDX-License-Identifier: MIT */
/*
 * The keys of tickets: shared by servers, rotated, and changed day by day.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <coil/tls.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <coil/sleep.h>

#include "tls/tickets.h"
#include "tls/tls_transport.h"

#include "openssl_memory.h"
#include "stream_test.h"
#include "tls_test.h"

#define DAY (24 * 60 * COIL_MINUTE)

static const struct coil_tls_ticket_key first = { "the first of all keys" };
static const struct coil_tls_ticket_key second = { "the second of all keys" };

/* How a server knows the key of the last ticket that a client got. */
static unsigned char last_name[16];

static void note_ticket(SSL *ssl)
{
    const unsigned char *ticket;
    size_t size;

    SSL_SESSION_get0_ticket(SSL_get0_session(ssl), &ticket, &size);
    ASSERT(size > sizeof last_name);
    memcpy(last_name, ticket, sizeof last_name);
}

/* Whether a connection with `server` resumes a session. */
static bool resumes(struct coil_tls_context *server)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, "a.example", world.client_context, server);
    struct coil_tls_info info;
    char byte;

    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    send_text(p.b, "x");
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    note_ticket(coil__tls_of(p.a)->ssl);
    hang_up(&p);
    return info.is_resumed;
}

static void set_keys(struct coil_tls_context *server,
                     const struct coil_tls_ticket_key *key,
                     const struct coil_tls_ticket_key *other)
{
    struct coil_tls_ticket_key keys[2] = { *key };

    if (other)
        keys[1] = *other;
    ASSERT_EQ(coil_tls_context_set_ticket_keys(server, keys, other ? 2 : 1), 0);
}

/* Each connection has a ticket of its own: no old one is tried. */
static void forget_sessions(void)
{
    coil_tls_context_free(world.client_context);
    world.client_context = tls_client_context();
}

static void check_sharing(void)
{
    struct coil_tls_context *other = tls_server_context("server");

    ASSERT(!resumes(world.server_context));
    ASSERT(!resumes(other));
    forget_sessions();
    set_keys(world.server_context, &first, NULL);
    set_keys(other, &first, NULL);
    ASSERT(!resumes(world.server_context));
    ASSERT(resumes(other));
    ASSERT(resumes(world.server_context));
    coil_tls_context_free(other);
}

TLS_TEST(tickets_are_good_at_all_servers_with_their_key)
{
    check_sharing();
    SSL_CTX_set_max_proto_version(
        coil_tls_context_openssl(world.server_context), COIL_TLS_1_2);
    forget_sessions();
    set_keys(world.server_context, &second, NULL);
    ASSERT(!resumes(world.server_context));
    ASSERT(resumes(world.server_context));
}

static void check_rotation(void)
{
    unsigned char old[16];

    set_keys(world.server_context, &first, NULL);
    ASSERT(!resumes(world.server_context));
    memcpy(old, last_name, sizeof old);
    ASSERT(resumes(world.server_context));
    ASSERT_MEM_EQ(last_name, old, sizeof old);
    /* A new key encrypts, and the old one still decrypts. */
    set_keys(world.server_context, &second, &first);
    ASSERT(resumes(world.server_context));
    ASSERT(memcmp(last_name, old, sizeof old) != 0);
    forget_sessions();
    set_keys(world.server_context, &first, NULL);
    ASSERT(!resumes(world.server_context));
    /* The old key is gone. */
    set_keys(world.server_context, &second, NULL);
    ASSERT(!resumes(world.server_context));
}

TLS_TEST(tickets_survive_a_rotation_of_keys)
{
    check_rotation();
    forget_sessions();
    SSL_CTX_set_max_proto_version(
        coil_tls_context_openssl(world.server_context), COIL_TLS_1_2);
    check_rotation();
}

/* On the simulator: a week takes no time. */
static int rotate_daily(void *arg)
{
    unsigned char names[9][16];

    (void)arg;
    tls_world_open();
    ASSERT(!resumes(world.server_context));
    memcpy(names[0], last_name, 16);
    ASSERT_EQ(coil_sleep(DAY - COIL_MINUTE), 0);
    ASSERT(resumes(world.server_context));
    ASSERT_MEM_EQ(last_name, names[0], 16);
    for (int day = 1; day < 9; day++) {
        ASSERT_EQ(coil_sleep(DAY), 0);
        ASSERT(resumes(world.server_context));
        memcpy(names[day], last_name, 16);
        for (int i = 0; i < day; i++)
            ASSERT(memcmp(names[day], names[i], 16) != 0);
    }
    /* A ticket of more than a week ago is good no more. */
    ASSERT_EQ(coil_sleep(7 * DAY), 0);
    ASSERT(!resumes(world.server_context));
    tls_world_close();
    return 0;
}

TEST(tickets_have_a_new_key_each_day)
{
    ASSERT_EQ(coil_test_run(rotate_daily, NULL, 0), 0);
}

/* CVE-2025-23419 of nginx: one server asks for certificates, its neighbour not. */
TLS_TEST(tickets_are_not_good_where_more_is_asked_for)
{
    struct coil_tls_context *strict;
    struct tls_handshake done;
    struct pair p;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
        .client_certificates = COIL_TLS_CLIENT_CERTIFICATES_REQUIRED,
        .client_ca_file = tls_path("ca.pem"),
    };

    ASSERT_EQ(coil_tls_context_new_server(&strict, &options), 0);
    set_keys(world.server_context, &first, NULL);
    set_keys(strict, &first, NULL);
    ASSERT(!resumes(world.server_context));
    done = tls_meet(&p, "a.example", world.client_context, strict);
    ASSERT_EQ(done.server, COIL_ETLS_CERTIFICATE_MISSING);
    coil_stream_abort(done.client == 0 ? p.a : NULL);
    coil_tls_context_free(strict);
}

TLS_TEST(tickets_need_a_server_and_a_few_keys)
{
    struct coil_tls_ticket_key keys[COIL_TLS_MAX_TICKET_KEYS + 1] = { first };

    ASSERT_EQ(coil_tls_context_set_ticket_keys(world.client_context, keys, 1),
              -EINVAL);
    ASSERT_EQ(coil_tls_context_set_ticket_keys(world.server_context, keys, 0),
              -EINVAL);
    ASSERT_EQ(coil_tls_context_set_ticket_keys(world.server_context, keys,
                                               COIL_TLS_MAX_TICKET_KEYS + 1),
              -EINVAL);
    ASSERT_EQ(coil_tls_context_set_ticket_keys(world.server_context, keys,
                                               COIL_TLS_MAX_TICKET_KEYS),
              0);
    ASSERT(!resumes(world.server_context));
    ASSERT(resumes(world.server_context));
}

/* ---- what OpenSSL may refuse ------------------------------------------------ */

static size_t asked; /* allocations and questions of the last call */

static struct coil__tls_tickets tickets;

static int give_bytes(unsigned char *bytes, int size)
{
    if (openssl_has_to_fail())
        return 0;
    memset(bytes, 'r', (size_t)size);
    return 1;
}

/* What OpenSSL hears that wants to encrypt a ticket. */
static int encrypt_one(size_t refuses)
{
    EVP_MAC *method = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(method);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    unsigned char name[16];
    unsigned char iv[16];
    int rc;

    openssl_fail_allocation(refuses, false);
    rc = coil__tls_tickets_use(&tickets, NULL, name, iv, cipher, mac, true);
    asked = openssl_fail_allocation(0, false);
    EVP_CIPHER_CTX_free(cipher);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(method);
    ERR_clear_error();
    return rc;
}

/* A ticket that cannot be made is an error, and no ticket with a bad key. */
TEST(tickets_without_random_numbers_or_memory_are_not_made)
{
    static RAND_METHOD method = { .bytes = give_bytes };
    bool is_last = false;
    size_t failures = 0;

    ASSERT_EQ(RAND_set_rand_method(&method), 1);
    for (size_t n = 1; !is_last; n++) {
        int rc;

        coil__tls_tickets_init(&tickets);
        rc = encrypt_one(n);
        ASSERT(rc == 1 || rc == -1);
        failures += rc < 0;
        is_last = asked < n;
        ASSERT_EQ(encrypt_one(0), 1);
        coil__tls_tickets_fini(&tickets);
    }
    ASSERT_GE(failures, 5);
    ASSERT_EQ(RAND_set_rand_method(NULL), 1);
}

static int bind_one(size_t refuses)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int rc;

    openssl_fail_allocation(refuses, false);
    rc =
        coil__tls_tickets_bind(ctx, COIL_TLS_CLIENT_CERTIFICATES_IGNORED, NULL);
    asked = openssl_fail_allocation(0, false);
    SSL_CTX_free(ctx);
    return rc;
}

TEST(tickets_are_bound_or_memory_is_lacking)
{
    size_t failures = 0;

    for (size_t n = 1;; n++) {
        int rc = bind_one(n);

        ASSERT(rc == 0 || rc == -ENOMEM);
        failures += rc < 0;
        if (asked < n)
            break;
    }
    ASSERT(failures > 0);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(bind_one(0), -ENOMEM);
    coil_test_fail_allocation(0, false);
}

static int set_two(size_t refuses)
{
    const struct coil_tls_ticket_key keys[] = { first, second };
    int rc;

    openssl_fail_allocation(refuses, false);
    rc = coil__tls_tickets_set(&tickets, keys, 2);
    asked = openssl_fail_allocation(0, false);
    ASSERT_EQ(ERR_peek_error(), 0);
    return rc;
}

TEST(tickets_keep_their_keys_when_memory_is_lacking)
{
    size_t failures = 0;

    coil__tls_tickets_init(&tickets);
    ASSERT_EQ(set_two(0), 0);
    for (size_t n = 1;; n++) {
        struct coil__tls_ticket_key before = tickets.keys[0];
        int rc = set_two(n);

        ASSERT(rc == 0 || rc == -ENOMEM);
        failures += rc < 0;
        ASSERT_MEM_EQ(&tickets.keys[0], &before, sizeof before);
        ASSERT_EQ(tickets.count, 2);
        if (asked < n)
            break;
    }
    ASSERT(failures > 0);
    coil__tls_tickets_fini(&tickets);
}
