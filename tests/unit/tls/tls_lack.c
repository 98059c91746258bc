/* SPDX-License-Identifier: MIT */
/*
 * Memory is lacking: OpenSSL's, or coil's, once at each allocation.  Whatever
 * fails says so, and works afterwards.
 */
/* TIMEOUT: 60 */
#include <coil/tls.h>

#include <errno.h>

#include <openssl/pem.h>

#include "base/platform.h"

#include "openssl_memory.h"
#include "stream_test.h"
#include "tls_test.h"

/* With a sanitizer, OpenSSL takes ten times as long: every seventh will do. */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
enum { STEP = 7 };
#else
enum { STEP = 1 };
#endif

/* What a file that was not read for want of memory is taken for, and that. */
static bool is_lack(int rc)
{
    return rc == -ENOMEM || rc == COIL_ETLS_BAD_CERTIFICATE_FILE ||
           rc == COIL_ETLS_BAD_KEY_FILE || rc == COIL_ETLS_BAD_STATUS_FILE ||
           rc == COIL_ETLS_CERTIFICATE_WEAK_KEY;
}

/*
 * Call `act` with each allocation of OpenSSL failing in its turn, and then with
 * each of coil's, until it makes no more.  It may do without what it lacked, and
 * OpenSSL does not always say that it was memory.
 */
static void lack_everywhere(int (*act)(void))
{
    size_t failed = 0;
    size_t told = 0;
    size_t before;
    size_t made;
    size_t n = 0;
    int rc;

    ASSERT_EQ(act(), 0);
    do {
        n += STEP;
        openssl_fail_allocation(n, false);
        rc = act();
        made = openssl_fail_allocation(0, false);
        ASSERT(rc == 0 || is_lack(rc));
        failed += rc < 0;
        told += rc == -ENOMEM;
    } while (made >= n);
    ASSERT_GT(told, failed / 2);
    n = 0;
    do {
        n++;
        before = coil_test_allocations();
        coil_test_fail_allocation(n, false);
        rc = act();
        made = coil_test_allocations() - before;
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
    } while (made >= n);
    ASSERT_EQ(act(), 0);
}

/* ---- contexts ---------------------------------------------------------------- */

static const char *const protocols[] = { "h2", "http/1.1", NULL };

static int make_client(void)
{
    struct coil_tls_context *context = NULL;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"),
        .crl_file = tls_path("ca.crl"),
        .certificate = { tls_path("chain.pem"), tls_path("chain.key") },
        .protocols = protocols,
    };
    int rc = coil_tls_context_new_client(&context, &options);

    ASSERT_EQ(rc == 0, context != NULL);
    coil_tls_context_free(context);
    return rc;
}

static int make_server(void)
{
    struct coil_tls_context *context = NULL;
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") },
                          { tls_path("both.pem"), NULL } },
        .status_files = { tls_path("server.der"), NULL },
        .client_certificates = COIL_TLS_CLIENT_CERTIFICATES_OPTIONAL,
        .client_ca_file = tls_path("ca.pem"),
        .protocols = protocols,
    };
    int rc = coil_tls_context_new_server(&context, &options);

    ASSERT_EQ(rc == 0, context != NULL);
    coil_tls_context_free(context);
    return rc;
}

static int reload(void)
{
    return coil_tls_context_reload(world.server_context);
}

static void open_world(void)
{
    const struct tls_made *chain[] = { &world.server, &world.ca };
    FILE *file;

    tls_world_open();
    tls_write_revoked("ca.crl", &world.ca, NULL);
    tls_write_pair("chain", &world.server, &world.ca);
    tls_write_answer("server.der", &(struct tls_answer){ .about = &world.server,
                                                         .issuer = &world.ca });
    tls_write_chain("both.pem", chain, 1);
    file = fopen(tls_path("both.pem"), "a");
    ASSERT_EQ(
        PEM_write_PrivateKey(file, world.server.key, NULL, NULL, 0, NULL, NULL),
        1);
    fclose(file);
}

TEST(tls_lack_for_a_context_of_clients)
{
    open_world();
    lack_everywhere(make_client);
    tls_world_close();
}

TEST(tls_lack_for_a_context_of_servers)
{
    open_world();
    lack_everywhere(make_server);
    lack_everywhere(reload);
    tls_world_close();
}

/* The context of the process is made when there is memory. */
static int use_the_default(void *arg)
{
    struct coil_tls_context *context;
    struct coil_stream *pair[2];

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_tls_start_client(pair[0], "a.example", NULL), -ENOMEM);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_tls_context_default(&context), -ENOMEM);
    ASSERT_NULL(context);
    ASSERT_EQ(coil_tls_context_default(&context), 0);
    ASSERT_NOT_NULL(context);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return 0;
}

TEST(tls_lack_for_the_context_of_the_process)
{
    ASSERT_EQ(coil_test_run(use_the_default, NULL, 0), 0);
}

/* ---- connections ---------------------------------------------------------------- */

static int talk(void)
{
    struct coil_tls_start client = { .context = world.client_context,
                                     .protocols = protocols };
    struct coil_tls_start server = { .context = world.server_context };
    struct coil_stream *pair[2];
    struct tls_handshake done;
    char byte = 0;
    int rc;

    rc = coil_stream_pair(pair);
    ASSERT_EQ(rc, 0);
    done = tls_shake(pair[0], &client, "a.example", pair[1], &server);
    if (done.client < 0 || done.server < 0) {
        if (done.client == 0)
            coil_stream_abort(pair[0]);
        if (done.server == 0)
            coil_stream_abort(pair[1]);
        return done.client < 0 ? done.client : done.server;
    }
    rc = coil_stream_write(pair[1], "x", 1);
    if (rc == 0)
        rc = (int)coil_stream_read(pair[0], &byte, 1);
    if (rc >= 0)
        ASSERT_EQ(byte, 'x');
    hang_up(&(struct pair){ pair[0], pair[1] });
    return rc < 0 ? rc : 0;
}

/* A client of somebody who has gone. */
static int be_alone(void)
{
    struct coil_tls_start client = { .context = world.client_context,
                                     .protocols = protocols };
    struct coil_stream *pair[2];
    int rc;

    ASSERT_EQ(coil_stream_pair(pair), 0);
    coil_stream_abort(pair[1]);
    rc = coil_tls_start_client(pair[0], "a.example", &client);
    coil_stream_abort(pair[0]);
    return rc;
}

/* The first connection of a process makes what all need. */
static int talk_first(void *arg)
{
    size_t made;
    size_t n = 0;

    (void)arg;
    tls_world_open();
    do {
        n++;
        openssl_fail_allocation(n, true);
        ASSERT(be_alone() < 0);
        made = openssl_fail_allocation(0, false);
    } while (made >= n);
    ASSERT_EQ(talk(), 0);
    tls_world_close();
    return 0;
}

/*
 * The same, when coil has no memory.  A transport that has none has lost what
 * it was to send.
 */
static int start_without(void *arg)
{
    size_t before;
    size_t n = 0;

    (void)arg;
    tls_world_open();
    do {
        struct coil_stream *pair[2];
        int rc;

        n++;
        ASSERT_EQ(coil_stream_pair(pair), 0);
        before = coil_test_allocations();
        coil_test_fail_allocation(n, false);
        rc = coil_tls_start_client(
            pair[0], "a.example",
            &(struct coil_tls_start){ .context = world.client_context,
                                      .protocols = protocols,
                                      .handshake_limit = COIL_MILLISECOND });
        before = coil_test_allocations() - before;
        coil_test_fail_allocation(0, false);
        if (before < n)
            ASSERT_EQ(rc, -ETIMEDOUT);
        else
            ASSERT(rc == -ENOMEM || rc == -ETIMEDOUT ||
                   rc == COIL_ETLS_FAILED || rc == -EPIPE);
        coil_stream_abort(pair[0]);
        coil_stream_abort(pair[1]);
    } while (before >= n);
    ASSERT_GT(n, 5);
    ASSERT_EQ(talk(), 0);
    tls_world_close();
    return 0;
}

TEST(tls_lack_for_a_connection)
{
    ASSERT_EQ(coil_test_run(start_without, NULL, 0), 0);
}

TEST(tls_lack_for_the_first_connection_of_a_process)
{
    ASSERT_EQ(coil_test_run(talk_first, NULL, 0), 0);
}

/* ---- what was agreed on ----------------------------------------------------------- */

static struct pair p;

static int ask_once(void)
{
    struct coil_tls_info info = { .version = 0 };
    int rc;
    rc = coil_tls_stream_info(p.a, &info);
    if (rc == 0) {
        ASSERT_STR_EQ(info.protocol, "h2");
        ASSERT_NOT_NULL(info.certificate);
        ASSERT_GT(info.certificate_size, 100);
    }
    return rc;
}

/* Each time of a connection that has not been asked. */
static int ask_without_memory(void *arg)
{
    struct coil_tls_start client;
    struct coil_tls_start server;

    (void)arg;
    tls_world_open();
    client = (struct coil_tls_start){ .context = world.client_context,
                                      .protocols = protocols };
    server = (struct coil_tls_start){ .context = world.server_context,
                                      .protocols = protocols };
    for (int i = 0; i < 3; i++) {
        struct coil_stream *pair[2];
        struct tls_handshake done;

        ASSERT_EQ(coil_stream_pair(pair), 0);
        p = (struct pair){ pair[0], pair[1] };
        done = tls_shake(p.a, &client, "a.example", p.b, &server);
        ASSERT_EQ(done.client, 0);
        ASSERT_EQ(done.server, 0);
        if (i == 0)
            openssl_fail_allocation(1, false);
        else if (i == 1)
            coil_test_fail_allocation(1, false);
        ASSERT_EQ(ask_once(), i == 2 ? 0 : -ENOMEM);
        openssl_fail_allocation(0, false);
        ASSERT_EQ(ask_once(), 0);
        ASSERT_EQ(ask_once(), 0);
        hang_up(&p);
    }
    tls_world_close();
    return 0;
}

TEST(tls_lack_for_what_was_agreed_on)
{
    ASSERT_EQ(coil_test_run(ask_without_memory, NULL, 0), 0);
}

/* ---- data ----------------------------------------------------------------------- */

TLS_TEST(tls_lack_for_a_write)
{
    struct pair q = tls_connected(world.client_context);
    char byte;

    settle();
    /* The stream keeps a copy first; then there is none to encrypt. */
    send_text(q.a, "w");
    ASSERT_EQ(coil_stream_read(q.b, &byte, 1), 1);
    coil_test_fail_allocation(2, false);
    ASSERT_EQ(coil_stream_write(q.a, "x", 1), -ENOMEM);
    coil_test_fail_allocation(0, false);
    /* Nothing of that was taken, and the next one is whole. */
    send_text(q.a, "y");
    ASSERT_EQ(coil_stream_read(q.b, &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    hang_up(&q);
}

TLS_TEST(tls_lack_for_a_read)
{
    struct pair q = tls_connected(world.client_context);
    char bytes[4096];

    send_text(q.b, "x");
    ASSERT_EQ(coil_stream_read(q.a, bytes, sizeof bytes), 1);
    ASSERT(!coil_stream_is_stale(q.a));
    send_text(q.b, "y");
    settle();
    /* Whether something came is not known, so there may be something. */
    coil_test_fail_allocation(1, false);
    ASSERT(coil_stream_is_stale(q.a));
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_read(q.a, bytes, sizeof bytes), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_stream_read(q.a, bytes, sizeof bytes), 1);
    ASSERT_EQ(bytes[0], 'y');
    hang_up(&q);
}

/* OpenSSL cannot encrypt: nothing works any more, and everybody is told. */
TLS_TEST(tls_lack_for_encryption)
{
    struct pair q = tls_connected(world.client_context);
    char byte;

    settle();
    openssl_fail_allocation(1, true);
    ASSERT_EQ(coil_stream_write(q.a, "x", 1), COIL_ETLS_FAILED);
    openssl_fail_allocation(0, false);
    ASSERT_EQ(coil_stream_write(q.a, "y", 1), COIL_ETLS_FAILED);
    ASSERT(coil_stream_is_stale(q.a));
    ASSERT_EQ(coil_stream_wait_readable(q.a), 0);
    ASSERT(coil_stream_has_ended(q.a));
    ASSERT_EQ(coil_stream_read(q.a, &byte, 1), COIL_ETLS_FAILED);
    coil_stream_abort(q.a);
    ASSERT(coil_stream_read(q.b, &byte, 1) < 0);
    coil_stream_abort(q.b);
}
