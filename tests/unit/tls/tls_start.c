/* SPDX-License-Identifier: MIT */
/*
 * Beginning TLS: calls that are refused, at odd moments, and what the stream is
 * good for afterwards.
 */
#include <coil/tls.h>

#include <errno.h>

#include "simulated.h"
#include "stream_test.h"
#include "tls_test.h"

static int read_a_byte(void *arg)
{
    char byte;
    int n = (int)coil_stream_read(arg, &byte, 1);

    return n == 1 ? byte : n;
}

static int shake_as_client(void *arg)
{
    struct coil_tls_start client = { .context = world.client_context };

    return coil_tls_start_client(arg, "a.example", &client);
}

static int shake_as_server(void *arg)
{
    struct coil_tls_start server = { .context = world.server_context };

    return coil_tls_start_server(arg, &server);
}

/* Both ends still carry plain text. */
static void check_is_plain(const struct pair *p)
{
    send_text(p->a, "x");
    ASSERT_EQ(read_a_byte(p->b), 'x');
    send_text(p->b, "y");
    ASSERT_EQ(read_a_byte(p->a), 'y');
}

/* ---- what is asked for cannot be -------------------------------------------- */

TLS_TEST(tls_start_needs_a_context_of_its_kind)
{
    const struct coil_tls_start none = { .context = NULL };
    const struct coil_tls_start client = { .context = world.client_context };
    const struct coil_tls_start server = { .context = world.server_context };
    struct pair p = connected();

    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &server), -EINVAL);
    ASSERT_EQ(coil_tls_start_server(p.a, &client), -EINVAL);
    ASSERT_EQ(coil_tls_start_server(p.a, &none), -EINVAL);
    check_is_plain(&p);
    hang_up(&p);
}

TLS_TEST(tls_start_refuses_protocols_that_cannot_be)
{
    const char *const empty[] = { "h2", "", NULL };
    const struct coil_tls_start client = { .context = world.client_context,
                                           .protocols = empty };
    const struct coil_tls_start server = { .context = world.server_context,
                                           .protocols = empty };
    struct pair p = connected();

    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &client), -EINVAL);
    ASSERT_EQ(coil_tls_start_server(p.b, &server), -EINVAL);
    check_is_plain(&p);
    hang_up(&p);
}

static int start_without_clock(void *arg)
{
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT(shake_as_client(pair[0]) < 0);
    ASSERT(shake_as_server(pair[1]) < 0);
    check_is_plain(&(struct pair){ pair[0], pair[1] });
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    (void)arg;
    return 7;
}

/* The handshake has a limit of time, so there must be a clock. */
TEST(tls_start_needs_a_loop)
{
    tls_world_open();
    ASSERT_EQ(run_without_clock(start_without_clock, NULL), 7);
    tls_world_close();
}

/* ---- the stream is not free, or has ended -------------------------------------- */

enum { MUCH = 8000000 };

static int write_after_flush(void *arg)
{
    unsigned char *bytes = make_bytes(MUCH);
    int rc = coil_stream_flush(arg);

    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_stream_write(arg, bytes, MUCH), 0);
    free(bytes);
    return 0;
}

static int read_all(void *arg)
{
    char bytes[4096];
    ptrdiff_t n;

    do
        n = coil_stream_read(arg, bytes, sizeof bytes);
    while (n > 0);
    return (int)n;
}

/* Another task writes when all was sent that TLS waited for. */
KERNEL_TEST(tls_start_is_refused_while_somebody_writes)
{
    struct pair p = connected();
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_task *writer;
    struct coil_task *reader;

    tls_world_open();
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    free(bytes);
    writer = start_waiting(write_after_flush, p.a);
    reader = start(read_all, p.b);
    ASSERT_EQ(shake_as_client(p.a), -EBUSY);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(end_of(reader), 0);
    coil_stream_abort(p.b);
    tls_world_close();
}

TLS_TEST(tls_start_fails_when_what_was_written_cannot_be_sent)
{
    struct pair p = connected();
    unsigned char *bytes = make_bytes(MUCH);

    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    free(bytes);
    ASSERT_GT(coil_stream_unsent(p.a), 0);
    coil_stream_abort(p.b);
    ASSERT(shake_as_client(p.a) < 0);
    coil_stream_abort(p.a);
}

TLS_TEST(tls_start_after_the_end_is_a_truncation)
{
    struct pair p = connected();

    ASSERT_EQ(coil_stream_shutdown(p.b), 0);
    ASSERT_EQ(read_a_byte(p.a), 0);
    ASSERT_EQ(shake_as_client(p.a), COIL_ETLS_TRUNCATED);
    hang_up(&p);
}

static void do_no_more(void *arg)
{
    (void)arg;
}

/* ---- during the handshake, and after half of one -------------------------------- */

TLS_TEST(tls_start_lets_nobody_write_before_its_end)
{
    struct pair p = connected();
    struct coil_task *client = start(shake_as_client, p.a);
    struct coil_tls_info info;

    settle();
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), -ENOTCONN);
    ASSERT(!coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_write(p.a, "secret", 6), -ENOTCONN);
    /* Nothing of that has gone out. */
    ASSERT_EQ(shake_as_server(p.b), 0);
    ASSERT_EQ(end_of(client), 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    send_text(p.b, "y");
    ASSERT_EQ(read_a_byte(p.a), 'y');
    hang_up(&p);
}

TLS_TEST(tls_start_that_was_cancelled_leaves_nothing_to_use)
{
    struct pair p = connected();
    struct coil_task *client = start(shake_as_client, p.a);
    struct coil_stream_watch watch;
    struct coil_tls_info info;

    settle();
    ASSERT_EQ(end_by_cancelling(client), -ECANCELED);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), -ENOTCONN);
    ASSERT(coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_watch(p.a, &watch, do_no_more, NULL), 0);
    ASSERT(coil_stream_unwatch(&watch));
    ASSERT(!coil_stream_has_ended(p.a));
    ASSERT_EQ(coil_stream_wait_readable(p.a), -ECONNABORTED);
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), -ECONNABORTED);
    hang_up(&p);
}

/* ---- what was agreed on ----------------------------------------------------------- */

TLS_TEST(tls_start_without_protocols_of_the_server_agrees_on_none)
{
    const char *const ours[] = { "h2", NULL };
    struct coil_tls_start client = { .context = world.client_context,
                                     .protocols = ours };
    struct coil_tls_start server = { .context = world.server_context };
    struct pair p = connected();
    struct tls_handshake done =
        tls_shake(p.a, &client, "a.example", p.b, &server);
    struct coil_tls_info info;

    ASSERT_EQ(done.client, 0);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
        ASSERT_NULL(info.protocol);
        ASSERT_NOT_NULL(info.certificate);
        ASSERT_EQ(coil_tls_stream_info(p.b, &info), 0);
        ASSERT_NULL(info.certificate);
    }
    hang_up(&p);
}

TEST(tls_start_says_which_library_there_is)
{
    ASSERT(strncmp(coil_tls_library(), "OpenSSL 3", 9) == 0);
}

/* ---- connecting --------------------------------------------------------------------- */

static int serve_once(void *arg)
{
    struct coil_stream *s;

    if (coil_listener_accept(arg, &s) == 0) {
        (void)!shake_as_server(s);
        coil_stream_abort(s);
    }
    return 0;
}

static int connect_to(const struct coil_address *address,
                      const struct coil_tls_start *start_options,
                      struct coil_stream **out)
{
    return coil_tls_connect(out, "127.0.0.1", coil_address_port(address),
                            start_options);
}

SOCKET_TEST(tls_start_by_connecting)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_address local;
    struct coil_address peer;
    struct coil_stream *s;
    struct coil_task *server;

    tls_world_open();
    listener = listening(&address);
    const struct coil_tls_start known = { .context = world.client_context,
                                          .port = 443 };

    server = start(serve_once, listener);
    ASSERT_EQ(connect_to(&address, &known, &s), 0);
    coil_stream_local_address(s, &local);
    coil_stream_peer_address(s, &peer);
    ASSERT_EQ(coil_address_port(&peer), coil_address_port(&address));
    ASSERT_NE(coil_address_port(&local), 0);
    coil_stream_abort(s);
    ASSERT_EQ(end_of(server), 0);

    /* The system does not trust a CA of the tests. */
    server = start(serve_once, listener);
    ASSERT_EQ(connect_to(&address, NULL, &s),
              COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER);
    ASSERT_NULL(s);
    ASSERT_EQ(end_of(server), 0);
    coil_listener_close(listener);
    tls_world_close();
}

/* ---- the end ------------------------------------------------------------------------ */

TLS_TEST(tls_start_and_an_end_that_was_told_is_seen)
{
    struct pair p = tls_connected(world.client_context);

    ASSERT(!coil_stream_has_ended(p.b));
    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    settle();
    ASSERT(coil_stream_has_ended(p.b));
    ASSERT_EQ(read_a_byte(p.b), 'x');
    ASSERT_EQ(read_a_byte(p.b), 0);
    hang_up(&p);
}

/* The connection is cut; nothing was unread, so it is not reset. */
static struct pair cut(void)
{
    struct pair p = tls_connected(world.client_context);

    send_text(p.b, "x");
    ASSERT_EQ(read_a_byte(p.a), 'x');
    coil_stream_abort(p.a);
    settle();
    return p;
}

TLS_TEST(tls_start_and_an_end_that_nobody_told_is_seen)
{
    struct pair p = cut();

    ASSERT(coil_stream_is_stale(p.b));
    ASSERT(coil_stream_has_ended(p.b));
    ASSERT_EQ(read_a_byte(p.b), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);

    p = cut();
    ASSERT_EQ(coil_stream_wait_readable(p.b), 0);
    ASSERT_EQ(read_a_byte(p.b), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_start_and_whoever_reads_is_not_stale)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_task *reader = start(read_a_byte, p.b);

    settle();
    ASSERT(!coil_stream_is_stale(p.b));
    end_cancelled(reader);
    hang_up(&p);
}
