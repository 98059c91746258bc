/* SPDX-License-Identifier: MIT */
/*
 * What connections share and what they must keep apart: sessions of other hosts,
 * contexts and broken connections, and OpenSSL's queue of errors.
 */
#include <coil/tls.h>

#include <openssl/err.h>

#include "tls/tls_transport.h"

#include "stream_test.h"
#include "tls_test.h"

/* ---- sessions -------------------------------------------------------------- */

/* A byte from the server, so that the client has its tickets. */
static bool was_resumed(struct pair *p)
{
    struct coil_tls_info info;
    char byte;

    send_text(p->b, "x");
    ASSERT_EQ(coil_stream_read(p->a, &byte, 1), 1);
    ASSERT_EQ(coil_tls_stream_info(p->a, &info), 0);
    return info.is_resumed;
}

static struct coil_tls_context *make_client(const char *ca, bool verifies)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path(ca),
        .without_verification = !verifies,
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

/* One client accepts everything.  That is nothing to another one. */
TLS_TEST(tls_context_sharing_does_not_extend_to_who_does_not_verify)
{
    struct tls_made other =
        tls_make(&(struct tls_recipe){ .name = "other", .is_ca = true });
    const struct tls_made *chain[] = { &other };
    struct coil_tls_context *careless = make_client("ca.pem", false);
    struct coil_tls_context *strict;
    struct tls_handshake done;
    struct pair p;

    tls_write_chain("other.pem", chain, 1);
    strict = make_client("other.pem", true);
    for (int i = 0; i < 2; i++) {
        p = tls_connected(careless);
        ASSERT_EQ(was_resumed(&p), i > 0);
        hang_up(&p);
    }
    done = tls_meet(&p, "a.example", strict, world.server_context);
    ASSERT_EQ(done.client, COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER);
    coil_stream_abort(done.server == 0 ? p.b : NULL);
    coil_tls_context_free(careless);
    coil_tls_context_free(strict);
    tls_free_made(&other);
}

/* A name that the certificate has not, after one that it has. */
TLS_TEST(tls_context_sharing_does_not_extend_to_other_hosts)
{
    struct pair p = tls_connected(world.client_context);
    struct tls_handshake done;

    ASSERT(!was_resumed(&p));
    hang_up(&p);
    done =
        tls_meet(&p, "b.example", world.client_context, world.server_context);
    ASSERT_EQ(done.client, COIL_ETLS_CERTIFICATE_WRONG_HOST);
    coil_stream_abort(done.server == 0 ? p.b : NULL);
}

static bool has_resumed;

static int shake_and_look(void *arg)
{
    const struct coil_tls_start start = { .context = world.client_context };
    struct coil_tls_info info;
    int rc = coil_tls_start_client(arg, "a.example", &start);

    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_tls_stream_info(arg, &info), 0);
    if (info.is_resumed) {
        ASSERT(!has_resumed);
        has_resumed = true;
    }
    return 0;
}

/* RFC 8446 appendix C.4: also of those that begin before the other is done. */
TLS_TEST(tls_context_sharing_gives_a_ticket_to_one)
{
    const struct coil_tls_start server = { .context = world.server_context };
    SSL_CTX *ctx = coil_tls_context_openssl(world.server_context);
    struct pair pairs[3];
    struct coil_task *clients[3];

    SSL_CTX_set_num_tickets(ctx, 1);
    pairs[0] = tls_connected(world.client_context);
    ASSERT(!was_resumed(&pairs[0]));
    hang_up(&pairs[0]);
    SSL_CTX_set_num_tickets(ctx, 0);
    has_resumed = false;
    for (int i = 0; i < 3; i++) {
        pairs[i] = connected();
        clients[i] = start(shake_and_look, pairs[i].a);
        turn();
    }
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_tls_start_server(pairs[i].b, &server), 0);
        ASSERT_EQ(end_of(clients[i]), 0);
        hang_up(&pairs[i]);
    }
    ASSERT(has_resumed);
}

static struct coil_tls_context *client_of_1_2(void)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"), .max_version = COIL_TLS_1_2
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

/* RFC 5246 §7.2.2: what a fatal alert ended is not resumed. */
TLS_TEST(tls_context_sharing_ends_with_a_broken_connection)
{
    static const unsigned char record[37] = { 0x17, 3, 3, 0, 32 };
    struct coil_tls_context *client = client_of_1_2();
    struct pair p = tls_connected(client);
    struct coil__tls *t = coil__tls_of(p.a);
    char byte;

    ASSERT(!was_resumed(&p));
    ASSERT_EQ(coil__buffer_append(&t->wire.in, record, sizeof record), 0);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), COIL_ETLS_PROTOCOL);
    hang_up(&p);
    p = tls_connected(client);
    ASSERT(!was_resumed(&p));
    hang_up(&p);
    p = tls_connected(client);
    ASSERT(was_resumed(&p));
    hang_up(&p);
    coil_tls_context_free(client);
}

/* ---- OpenSSL's queue of errors ---------------------------------------------- */

/* Somebody else in this thread has failed, and has left that there. */
static void leave_an_error(void)
{
    ERR_raise(ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT);
}

static int read_one_byte(void *arg)
{
    char byte;

    leave_an_error();
    return (int)coil_stream_read(arg, &byte, 1);
}

static int wait_for_text(void *arg)
{
    leave_an_error();
    return coil_stream_wait_readable(arg);
}

static void count_up(void *arg)
{
    ++*(int *)arg;
}

/* What has nothing to read waits for it, whatever is in the queue. */
static void check_waits(struct coil_stream *s, struct coil_stream *other)
{
    struct coil_task *waiter = start(wait_for_text, s);
    struct coil_stream_watch watch;
    struct coil_task *reader;
    int calls = 0;

    settle();
    ASSERT(!coil_task_is_done(waiter));
    end_cancelled(waiter);
    leave_an_error();
    ASSERT(!coil_stream_is_stale(s));
    leave_an_error();
    ASSERT_EQ(coil_stream_watch(s, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 0);
    ASSERT(coil_stream_unwatch(&watch));
    reader = start(read_one_byte, s);
    settle();
    ASSERT(!coil_task_is_done(reader));
    leave_an_error();
    send_text(other, "x");
    ASSERT_EQ(end_of(reader), 1);
}

TLS_TEST(tls_context_sharing_takes_no_errors_of_others)
{
    struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_start server = { .context = world.server_context };
    struct pair p = connected();
    struct tls_handshake done;

    leave_an_error();
    done = tls_shake(p.a, &client, "a.example", p.b, &server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    for (int i = 0; i < 2; i++) {
        check_waits(p.a, p.b);
        check_waits(p.b, p.a);
    }
    leave_an_error();
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(read_one_byte(p.b), 0);
    hang_up(&p);
    ERR_clear_error();
}

/* What failed here is nothing to whoever uses OpenSSL next. */
TLS_TEST(tls_context_sharing_leaves_no_errors)
{
    const struct coil_tls_client_options missing = { .ca_file = "/missing" };
    const struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_context *context;
    struct pair p;

    ERR_clear_error();
    p = connected();
    send_text(p.b, "220 mail.example ready\r\n");
    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &client),
              COIL_ETLS_NOT_TLS);
    ASSERT_EQ(ERR_peek_error(), 0);
    hang_up(&p);
    ASSERT_EQ(coil_tls_context_new_client(&context, &missing), -ENOENT);
    ASSERT_EQ(ERR_peek_error(), 0);
    p = tls_connected(world.client_context);
    ASSERT(!was_resumed(&p));
    hang_up(&p);
    ASSERT_EQ(ERR_peek_error(), 0);
}
