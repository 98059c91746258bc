/* SPDX-License-Identifier: MIT */
/*
 * TLS under a stream: the handshake, data both ways, the end, cancellation.
 */
#include <coil/tls.h>

#include <coil/sleep.h>

#include "stream_test.h"
#include "tls_test.h"

/* ---- data ----------------------------------------------------------------- */

TLS_TEST(tls_carries_what_is_written)
{
    struct pair p = tls_connected(world.client_context);
    char line[16];
    size_t length;

    send_text(p.a, "hello\n");
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, line, sizeof line, &length),
              0);
    ASSERT_EQ(length, 6);
    ASSERT_MEM_EQ(line, "hello\n", 6);
    send_text(p.b, "well\n");
    ASSERT_EQ(coil_stream_read_until(p.a, "\n", 1, line, sizeof line, &length),
              0);
    ASSERT_MEM_EQ(line, "well\n", 5);
    hang_up(&p);
}

enum { MUCH = 300000 };

static int send_much(void *arg)
{
    struct coil_stream *s = arg;
    unsigned char *bytes = make_bytes(MUCH);
    size_t sent = 0;

    while (sent < MUCH) {
        size_t size = MUCH - sent < 70000 ? MUCH - sent : 70000;

        ASSERT_EQ(coil_stream_write(s, bytes + sent, size), 0);
        sent += size;
        ASSERT_EQ(coil_stream_drain(s), 0);
    }
    free(bytes);
    return coil_stream_shutdown(s);
}

static int receive_much(void *arg)
{
    struct coil_stream *s = arg;
    unsigned char bytes[5000];
    size_t got = 0;

    for (;;) {
        ptrdiff_t n = coil_stream_read(s, bytes, sizeof bytes);

        ASSERT(n >= 0);
        if (n == 0)
            break;
        check_bytes(bytes, got, (size_t)n);
        got += (size_t)n;
    }
    ASSERT_EQ(got, MUCH);
    return 0;
}

TLS_TEST(tls_carries_much_both_ways_at_once)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_task *tasks[] = { start(send_much, p.a),
                                  start(receive_much, p.a),
                                  start(send_much, p.b),
                                  start(receive_much, p.b) };

    for (size_t i = 0; i < 4; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_stream_close(p.b), 0);
}

TLS_TEST(tls_holds_writers_back_when_nobody_reads)
{
    struct pair p = tls_connected(world.client_context);
    unsigned char *bytes = make_bytes(8000000);
    struct coil_task *drainer;

    ASSERT_EQ(coil_stream_write(p.a, bytes, 8000000), 0);
    ASSERT(coil_stream_unsent(p.a) > 64 * 1024);
    drainer = start((coil_fn)coil_stream_drain, p.a);
    settle();
    ASSERT(!coil_task_is_done(drainer));
    end_cancelled(drainer);
    free(bytes);
    hang_up(&p);
}

TLS_TEST(tls_wait_readable_waits_for_plain_text)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_task *waiter = start((coil_fn)coil_stream_wait_readable, p.a);
    char byte;

    /* Tickets for later sessions come, and are no data. */
    settle();
    ASSERT(!coil_task_is_done(waiter));
    send_text(p.b, "x");
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(coil_stream_wait_readable(p.a), 0);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT_EQ(byte, 'x');
    hang_up(&p);
}

/* ---- the end -------------------------------------------------------------- */

TLS_TEST(tls_end_that_was_told_is_the_end)
{
    struct pair p = tls_connected(world.client_context);
    char bytes[8];

    send_text(p.a, "bye");
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 3, NULL), 0);
    ASSERT_EQ(coil_stream_read(p.b, bytes, sizeof bytes), 0);
    ASSERT_EQ(coil_stream_read(p.b, bytes, sizeof bytes), 0);
    coil_stream_abort(p.b);
}

/* Rather than one end of a pair in memory. */
static bool is_connection(struct coil_stream *s)
{
    struct coil_address address;

    coil_stream_peer_address(s, &address);
    return address.length > 0;
}

TLS_TEST(tls_end_is_told_whatever_has_not_been_read)
{
    struct pair p = tls_connected(world.client_context);
    char byte;

    /* Tickets have come. */
    settle();
    send_text(p.a, "z");
    ASSERT_EQ(coil_stream_close(p.a), 0);
    settle();
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 0);
    /* The connection was not reset. */
    if (is_connection(p.b))
        ASSERT_EQ(coil_stream_write(p.b, "x", 1), 0);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_end_that_nobody_told_is_a_truncation)
{
    struct pair p = tls_connected(world.client_context);
    char bytes[8];

    /* Who leaves something unread resets the connection. */
    send_text(p.b, "x");
    ASSERT_EQ(coil_stream_read(p.a, bytes, sizeof bytes), 1);
    send_text(p.a, "by");
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    settle();
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 2, NULL), 0);
    coil_stream_abort(p.a);
    ASSERT_EQ(coil_stream_read(p.b, bytes, sizeof bytes), COIL_ETLS_TRUNCATED);
    ASSERT_EQ(coil_stream_read(p.b, bytes, sizeof bytes), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_shutdown_lets_the_other_side_answer)
{
    struct pair p = tls_connected(world.client_context);
    char bytes[8];

    send_text(p.a, "question");
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 8, NULL), 0);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 8), 0);
    send_text(p.b, "answer");
    ASSERT_EQ(coil_stream_close(p.b), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.a, bytes, 6, NULL), 0);
    ASSERT_MEM_EQ(bytes, "answer", 6);
    ASSERT_EQ(coil_stream_read(p.a, bytes, 8), 0);
    ASSERT_EQ(coil_stream_write(p.a, "more", 4), -EPIPE);
    coil_stream_abort(p.a);
}

TLS_TEST(tls_stream_is_stale_when_data_or_the_end_came)
{
    struct pair p = tls_connected(world.client_context);
    char byte;

    settle();
    ASSERT(!coil_stream_is_stale(p.a));
    send_text(p.b, "x");
    settle();
    ASSERT(coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT(!coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_close(p.b), 0);
    settle();
    ASSERT(coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 0);
    coil_stream_abort(p.a);
}

/* ---- what breaks ----------------------------------------------------------- */

TLS_TEST(tls_client_of_a_server_without_tls_is_told)
{
    struct pair p = connected();
    struct coil_tls_start client = { .context = world.client_context };

    send_text(p.b, "220 mail.example ready\r\n");
    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &client),
              COIL_ETLS_NOT_TLS);
    hang_up(&p);
}

TLS_TEST(tls_server_of_a_client_without_tls_is_told)
{
    struct pair p = connected();
    struct coil_tls_start server = { .context = world.server_context };

    send_text(p.a, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(coil_tls_start_server(p.b, &server), COIL_ETLS_NOT_TLS);
    /* What was refused stays refused. */
    ASSERT_EQ(coil_stream_write(p.b, "x", 1), COIL_ETLS_NOT_TLS);
    hang_up(&p);
}

TLS_TEST(tls_handshake_that_is_cut_is_a_truncation)
{
    struct pair p = connected();
    struct coil_tls_start server = { .context = world.server_context };

    ASSERT_EQ(coil_stream_write(p.a, "\x16\x03\x01", 3), 0);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_tls_start_server(p.b, &server), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_handshake_has_a_limit)
{
    struct pair p = connected();
    struct coil_tls_start server = {
        .context = world.server_context,
        .handshake_limit = COIL_MILLISECOND,
    };

    ASSERT_EQ(coil_tls_start_server(p.b, &server), -ETIMEDOUT);
    ASSERT_EQ(coil_stream_close(p.b), 0);
    coil_stream_abort(p.a);
}

static int shake_as_client(void *arg)
{
    struct coil_tls_start client = { .context = world.client_context };

    return coil_tls_start_client(arg, "a.example", &client);
}

TLS_TEST(tls_handshake_can_be_cancelled)
{
    struct pair p = connected();
    struct coil_task *task = start(shake_as_client, p.a);
    char byte;

    settle();
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), -ECONNABORTED);
    hang_up(&p);
}

static int read_one_byte(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

TLS_TEST(tls_read_that_is_cancelled_loses_nothing)
{
    struct pair p = tls_connected(world.client_context);

    for (int i = 0; i < 3; i++) {
        struct coil_task *reader = start(read_one_byte, p.b);

        settle();
        end_cancelled(reader);
    }
    send_text(p.a, "y");
    ASSERT_EQ(read_one_byte(p.b), 1);
    hang_up(&p);
}

TLS_TEST(tls_close_ends_a_read_under_way)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_task *reader = start(read_one_byte, p.b);

    settle();
    ASSERT_EQ(coil_stream_close(p.b), 0);
    ASSERT_EQ(end_of(reader), -EBADF);
    coil_stream_abort(p.a);
}

/* ---- in place -------------------------------------------------------------- */

TLS_TEST(tls_begins_in_place_after_plain_text)
{
    struct pair p = connected();
    struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_start server = { .context = world.server_context };
    struct tls_handshake done;
    char line[32];
    size_t n;

    send_text(p.a, "STARTTLS\n");
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, line, sizeof line, &n), 0);
    send_text(p.b, "ready\n");
    ASSERT_EQ(coil_stream_read_until(p.a, "\n", 1, line, sizeof line, &n), 0);
    done = tls_shake(p.a, &client, "a.example", p.b, &server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    send_text(p.a, "z");
    ASSERT_EQ(read_one_byte(p.b), 1);
    hang_up(&p);
}

/*
 * RFC 3207 §6, CVE-2011-0411: somebody puts a command in front of the TLS that
 * the client begins.
 */
TLS_TEST(tls_takes_no_plain_text_for_its_own)
{
    struct pair p = connected();
    struct coil_tls_start server = { .context = world.server_context };
    struct coil_task *client;
    char line[32];
    size_t n;

    send_text(p.a, "STARTTLS\nDELETE everything\n");
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, line, sizeof line, &n), 0);
    client = start(shake_as_client, p.a);
    ASSERT_EQ(coil_tls_start_server(p.b, &server), COIL_ETLS_NOT_TLS);
    ASSERT_EQ(coil_stream_read(p.b, line, sizeof line), COIL_ETLS_NOT_TLS);
    coil_stream_abort(p.b);
    ASSERT(end_of(client) < 0);
    coil_stream_abort(p.a);
}

static int shake_as_server(void *arg)
{
    struct coil_tls_start server = { .context = world.server_context };

    return coil_tls_start_server(arg, &server);
}

/* The same from the server's side: CVE-2021-23222 of PostgreSQL. */
TLS_TEST(tls_client_takes_no_plain_text_for_its_own)
{
    struct pair p = connected();
    struct coil_task *server;
    char line[64];
    size_t n;

    send_text(p.b, "ready\nthe answer, says somebody\n");
    ASSERT_EQ(coil_stream_read_until(p.a, "\n", 1, line, sizeof line, &n), 0);
    server = start(shake_as_server, p.b);
    ASSERT_EQ(shake_as_client(p.a), COIL_ETLS_NOT_TLS);
    ASSERT_EQ(coil_stream_read(p.a, line, sizeof line), COIL_ETLS_NOT_TLS);
    coil_stream_abort(p.a);
    ASSERT(end_of(server) < 0);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_begins_once)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_tls_start client = { .context = world.client_context };

    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &client), -EALREADY);
    send_text(p.a, "z");
    ASSERT_EQ(read_one_byte(p.b), 1);
    hang_up(&p);
}

TLS_TEST(tls_begins_only_when_nobody_reads)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_one_byte, p.a);
    struct coil_tls_start client = { .context = world.client_context };

    settle();
    ASSERT_EQ(coil_tls_start_client(p.a, "a.example", &client), -EBUSY);
    send_text(p.b, "z");
    ASSERT_EQ(end_of(reader), 1);
    hang_up(&p);
}

/* ---- what was agreed on ----------------------------------------------------- */

TLS_TEST(tls_info_says_what_was_agreed_on)
{
    struct pair p = connected();
    const char *const both[] = { "h2", "http/1.1", NULL };
    const char *const old[] = { "http/1.1", NULL };
    struct coil_tls_start client = { .context = world.client_context,
                                     .protocols = both };
    struct coil_tls_start server = { .context = world.server_context,
                                     .protocols = old };
    struct coil_tls_info info;
    struct tls_handshake done;

    ASSERT_EQ(coil_tls_stream_info(p.a, &info), -ENOTCONN);
    done = tls_shake(p.a, &client, "a.example", p.b, &server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(coil_tls_stream_info(p.a, &info), 0);
    ASSERT_EQ(info.version, COIL_TLS_1_3);
    ASSERT_STR_EQ(info.version_name, "TLSv1.3");
    ASSERT_STR_EQ(info.protocol, "http/1.1");
    ASSERT(strncmp(info.cipher, "TLS_", 4) == 0);
    ASSERT(!info.is_resumed);
    ASSERT_NOT_NULL(info.certificate);
    ASSERT(info.certificate_size > 100);
    ASSERT_EQ(coil_tls_stream_info(p.b, &info), 0);
    ASSERT_STR_EQ(info.server_name, "a.example");
    ASSERT_NULL(info.certificate);
    hang_up(&p);
}

TLS_TEST(tls_without_a_common_protocol_is_refused)
{
    struct pair p = connected();
    const char *const ours[] = { "h2", NULL };
    const char *const theirs[] = { "smtp", NULL };
    struct coil_tls_start client = { .context = world.client_context,
                                     .protocols = ours };
    struct coil_tls_start server = { .context = world.server_context,
                                     .protocols = theirs };
    struct tls_handshake done =
        tls_shake(p.a, &client, "a.example", p.b, &server);

    ASSERT_EQ(done.client, COIL_ETLS_NO_COMMON_PROTOCOL);
    ASSERT_EQ(done.server, COIL_ETLS_NO_COMMON_PROTOCOL);
}

/* ---- hearing of input -------------------------------------------------------- */

static void count_up(void *arg)
{
    ++*(int *)arg;
}

TLS_TEST(tls_stream_is_watched_for_plain_text)
{
    struct pair p = tls_connected(world.client_context);
    struct coil_stream_watch watch;
    int calls = 0;
    char byte;

    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 0);
    ASSERT(coil_stream_unwatch(&watch));
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    send_text(p.b, "x");
    settle();
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    ASSERT_EQ(coil_stream_close(p.b), 0);
    settle();
    settle();
    ASSERT_EQ(calls, 2);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 0);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    coil_stream_abort(p.a);
}

/* What came before is told at once: unread below, or decrypted in part. */
TLS_TEST(tls_stream_is_watched_for_what_is_there_already)
{
    enum { SIZE = 8192 };
    struct pair p = tls_connected(world.client_context);
    struct coil_stream_watch watch;
    char bytes[SIZE] = "";
    int calls = 0;

    ASSERT_EQ(coil_stream_write(p.b, bytes, SIZE), 0);
    settle();
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(coil_stream_read(p.a, bytes, SIZE / 2), SIZE / 2);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 2);
    ASSERT_EQ(coil_stream_read_exactly(p.a, bytes, SIZE / 2, NULL), 0);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 2);
    hang_up(&p);
}
