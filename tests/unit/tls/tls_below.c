/* SPDX-License-Identifier: MIT */
/*
 * TLS over a transport that keeps what is written, fails, or lacks functions;
 * and what becomes of the stream afterwards.
 */
#include <coil/tls.h>

#include <errno.h>

#include "odd_transport.h"
#include "stream_test.h"
#include "tls_raw.h"
#include "tls_test.h"

static struct odd_transport odd;

/* Connected, with `odd` below the client's TLS. */
static struct pair connected_oddly(void)
{
    struct pair p = connected();
    struct coil_tls_start client = { .context = world.client_context };
    struct coil_tls_start server = { .context = world.server_context };
    struct tls_handshake done;

    odd_put(&odd, p.a);
    done = tls_shake(p.a, &client, "a.example", p.b, &server);
    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    return p;
}

static int read_a_byte(void *arg)
{
    char byte;
    int n = (int)coil_stream_read(arg, &byte, 1);

    return n == 1 ? byte : n;
}

/* ---- functions that it lacks ------------------------------------------------ */

static void count_up(void *arg)
{
    ++*(int *)arg;
}

TLS_TEST(tls_below_need_not_say_what_it_has)
{
    struct pair p = connected_oddly();
    struct coil_stream_watch watch;
    int calls = 0;

    send_text(p.b, "x");
    ASSERT_EQ(read_a_byte(p.a), 'x');
    odd.ops.read_nowait = NULL;
    odd.ops.watch = NULL;
    odd.ops.cancel_watch = NULL;

    ASSERT(!coil_stream_is_stale(p.a));
    ASSERT(!coil_stream_has_ended(p.a));
    send_text(p.b, "y");
    settle();
    ASSERT(coil_stream_is_stale(p.a));
    ASSERT(!coil_stream_has_ended(p.a));
    /* Nothing can be heard, so it is time to read. */
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(read_a_byte(p.a), 'y');
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT(odd.was_released);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_below_need_not_be_released)
{
    struct pair p = connected_oddly();

    odd.ops.release = NULL;
    send_text(p.b, "x");
    ASSERT_EQ(read_a_byte(p.a), 'x');
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT(!odd.was_released);
    coil_stream_abort(p.b);
    settle();
    odd.below->ops->release(odd.below); /* so the owner of the layer does it */
}

TLS_TEST(tls_below_may_say_that_there_is_something_and_be_wrong)
{
    struct pair p = connected_oddly();
    struct coil_stream_watch watch;
    int calls = 0;

    settle();
    odd.rings = true;
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT(!odd.rings);
    ASSERT_EQ(calls, 0);
    send_text(p.b, "x");
    settle();
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(read_a_byte(p.a), 'x');
    hang_up(&p);
}

TLS_TEST(tls_stream_that_has_something_is_not_watched_in_vain)
{
    struct pair p = connected_oddly();
    struct coil_stream_watch watch;
    int calls = 0;

    send_text(p.b, "x");
    settle();
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(read_a_byte(p.a), 'x');
    hang_up(&p);
}

/* What comes while the transport below begins to watch. */
static struct coil_stream *other_side;
static struct coil_transport_watch *first_watch;

static bool watch_late(struct coil_transport *transport,
                       struct coil_transport_watch *watch)
{
    (void)transport;
    if (!first_watch) {
        first_watch = watch;
        return false;
    }
    send_text(other_side, "x");
    settle();
    return true;
}

TLS_TEST(tls_below_may_have_something_when_it_is_watched_again)
{
    struct pair p = connected_oddly();
    struct coil_stream_watch watch;
    int calls = 0;

    settle();
    other_side = p.b;
    first_watch = NULL;
    odd.ops.watch = watch_late;
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    first_watch->over(first_watch);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(read_a_byte(p.a), 'x');
    hang_up(&p);
}

TLS_TEST(tls_stream_with_half_a_record_read_is_not_watched_in_vain)
{
    enum { SIZE = 8192, PART = 4096 };
    struct pair p = connected_oddly();
    unsigned char *bytes = make_bytes(SIZE);
    struct coil_stream_watch watch;
    int calls = 0;

    ASSERT_EQ(coil_stream_write(p.b, bytes, SIZE), 0);
    ASSERT_EQ(coil_stream_read(p.a, bytes, PART), PART);
    ASSERT_EQ(coil_stream_watch(p.a, &watch, count_up, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(coil_stream_read_exactly(p.a, bytes + PART, PART, NULL), 0);
    check_bytes(bytes, 0, SIZE);
    free(bytes);
    hang_up(&p);
}

/* ---- writes that fail -------------------------------------------------------- */

static void check_write_error(ptrdiff_t result, int expected)
{
    struct pair p = connected_oddly();

    odd.fails_writes = true;
    odd.write_result = result;
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), expected);
    odd.fails_writes = false;
    /* What was encrypted is lost, so nothing can follow. */
    ASSERT_EQ(coil_stream_write(p.a, "y", 1), expected);
    ASSERT_EQ(coil_stream_flush(p.a), expected);
    send_text(p.b, "z");
    ASSERT_EQ(read_a_byte(p.a), 'z');
    ASSERT_EQ(coil_stream_close(p.a), expected);
    ASSERT(odd.was_released);
    ASSERT_EQ(read_a_byte(p.b), COIL_ETLS_TRUNCATED);
    coil_stream_abort(p.b);
}

TLS_TEST(tls_write_that_fails_is_the_last_one)
{
    if (!simulated)
        return;
    check_write_error(-ECONNRESET, -ECONNRESET);
    check_write_error(-EPIPE, -EPIPE);
    /* To try again would not help. */
    check_write_error(-ENOMEM, -EPIPE);
    check_write_error(-ENOBUFS, -EPIPE);
    check_write_error(-ENOSPC, -EPIPE);
    check_write_error(0, -EPIPE);
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

TLS_TEST(tls_handshake_that_cannot_be_sent_waits_for_no_answer)
{
    struct pair p = connected();

    odd_put(&odd, p.a);
    odd.fails_writes = true;
    odd.write_result = -ENETDOWN;
    ASSERT_EQ(shake_as_client(p.a), -ENETDOWN);
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), -ECONNABORTED);
    hang_up(&p);
    ASSERT(odd.was_released);

    p = connected();
    odd_put(&odd, p.a);
    odd.ops.read_nowait = NULL;
    odd.fails_writes = true;
    odd.write_result = -ENETDOWN;
    ASSERT_EQ(shake_as_client(p.a), -ENETDOWN);
    hang_up(&p);
}

/* The other side says why it refuses us, and is gone. */
TLS_TEST(tls_handshake_that_cannot_be_sent_hears_why)
{
    static const char alert[] = { 0x15, 3, 3, 0, 2, 2, 112 };
    struct pair p = connected();

    ASSERT_EQ(coil_stream_write(p.b, alert, sizeof alert), 0);
    ASSERT_EQ(coil_stream_flush(p.b), 0);
    settle();
    odd_put(&odd, p.a);
    odd.fails_writes = true;
    odd.write_result = -EPIPE;
    ASSERT_EQ(shake_as_client(p.a), COIL_ETLS_UNKNOWN_NAME);
    hang_up(&p);
}

TLS_TEST(tls_handshake_with_somebody_who_has_gone)
{
    struct pair p = connected();
    int rc;

    coil_stream_abort(p.b);
    settle();
    rc = shake_as_client(p.a);
    ASSERT(rc == COIL_ETLS_TRUNCATED || rc == -EPIPE || rc == -ECONNRESET);
    coil_stream_abort(p.a);
}

/* ---- writes that take their time ----------------------------------------------- */

/* The client has finished; the last of its handshake is still on its way. */
static struct pair connected_slowly(struct coil_task **server)
{
    struct pair p = connected();

    odd_put(&odd, p.a);
    odd.will_hold_writes = true;
    *server = start(shake_as_server, p.b);
    ASSERT_EQ(shake_as_client(p.a), 0);
    ASSERT_NOT_NULL(odd.held);
    return p;
}

TLS_TEST(tls_write_comes_after_the_handshake)
{
    struct coil_task *server;
    struct pair p = connected_slowly(&server);
    struct coil_task *flusher;

    send_text(p.a, "x");
    flusher = start((coil_fn)coil_stream_flush, p.a);
    settle();
    ASSERT(!coil_task_is_done(flusher));
    ASSERT(!coil_task_is_done(server));
    odd_let_go(&odd);
    ASSERT_EQ(end_of(flusher), 0);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(read_a_byte(p.b), 'x');
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT(odd.was_released);
    coil_stream_abort(p.b);
}

/* It is encrypted at once, whatever else is on its way. */
TLS_TEST(tls_takes_what_is_passed_to_it)
{
    enum { SIZE = 300000 };
    struct coil_task *server;
    struct pair p = connected_slowly(&server);
    unsigned char *bytes = make_bytes(SIZE);
    struct coil_task *reader;
    size_t sent = 0;

    sent += (size_t)coil_stream_pass(p.a, bytes, SIZE);
    ASSERT_GT(sent, 0);
    ASSERT_LT(sent, SIZE);
    memset(bytes, 0, sent);
    ASSERT_EQ(coil_stream_unsent(p.a), sent);
    ASSERT_EQ(coil_stream_pass(p.a, bytes + sent, SIZE - sent), 0);
    odd_let_go(&odd);
    ASSERT_EQ(end_of(server), 0);
    reader = start(read_to_end, p.b);
    while (sent < SIZE) {
        ptrdiff_t n = coil_stream_drain(p.a);

        ASSERT_EQ(n, 0);
        n = coil_stream_pass(p.a, bytes + sent, SIZE - sent);
        ASSERT_GE(n, 0);
        memset(bytes + sent, 0, (size_t)n);
        sent += (size_t)n;
    }
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(end_of(reader), SIZE);
    coil_stream_abort(p.b);
    free(bytes);
}

/* What is written later fails; what was on its way is told in its order. */
TLS_TEST(tls_write_fails_after_what_broke_the_connection_meanwhile)
{
    /* The beginning of a record of no kind. */
    static const unsigned char record[] = { 0x63, 3, 3, 0, 1 };
    struct coil_task *server;
    struct pair p = connected_slowly(&server);
    struct coil_task *flusher;

    send_text(p.a, "x");
    flusher = start((coil_fn)coil_stream_flush, p.a);
    settle();
    tls_send_raw(p.b, record, sizeof record);
    ASSERT_EQ(read_a_byte(p.a), COIL_ETLS_PROTOCOL);
    odd_let_go(&odd);
    ASSERT_EQ(end_of(flusher), 0);
    ASSERT_EQ(coil_stream_write(p.a, "y", 1), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(read_a_byte(p.b), 'x');
    ASSERT_EQ(read_a_byte(p.b), COIL_ETLS_REFUSED);
    hang_up(&p);
    ASSERT(odd.was_released);
}

TLS_TEST(tls_write_fails_when_the_handshake_is_not_sent_after_all)
{
    struct coil_task *server;
    struct pair p = connected_slowly(&server);
    struct coil_task *flusher;

    send_text(p.a, "x");
    flusher = start((coil_fn)coil_stream_flush, p.a);
    settle();
    odd_refuse(&odd, -ECONNRESET);
    ASSERT_EQ(end_of(flusher), -ECONNRESET);
    ASSERT_EQ(coil_stream_write(p.a, "y", 1), -ECONNRESET);
    coil_stream_abort(p.a);
    ASSERT(odd.was_released);
    coil_stream_abort(p.b);
    ASSERT(end_of(server) < 0);
}

/* The transport ends its write after everything else. */
TLS_TEST(tls_is_freed_when_the_last_write_has_ended)
{
    struct coil_task *server;
    struct pair p = connected_slowly(&server);

    coil_stream_abort(p.a);
    ASSERT(!odd.was_released);
    odd_refuse(&odd, -EBADF);
    ASSERT(odd.was_released);
    coil_stream_abort(p.b);
    ASSERT(end_of(server) < 0);

    p = connected_slowly(&server);
    send_text(p.a, "x");
    coil_stream_abort(p.a);
    ASSERT(!odd.was_released);
    odd_refuse(&odd, -EBADF);
    ASSERT(odd.was_released);
    coil_stream_abort(p.b);
    ASSERT(end_of(server) < 0);
}

/* ---- closed meanwhile ------------------------------------------------------------ */

/* As a socket may, which had something just before it was closed. */
static int say_readable(struct coil_transport *transport,
                        const struct coil_stream *stream)
{
    (void)!odd.below->ops->wait_readable(odd.below, stream);
    (void)transport;
    return 0;
}

static ptrdiff_t say_end(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    ptrdiff_t n = odd.below->ops->read(odd.below, data, size, stream);

    (void)transport;
    return n < 0 ? 0 : n;
}

TLS_TEST(tls_close_wins_against_what_has_come)
{
    struct pair p = connected_oddly();
    struct coil_task *reader;

    settle();
    odd.ops.wait_readable = say_readable;
    odd.ops.read = say_end;
    reader = start(read_a_byte, p.a);
    settle();
    ASSERT(!coil_task_is_done(reader));
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(reader), -EBADF);
    coil_stream_abort(p.b);
}

/*
 * Two records that are together as large as what is read at a time.  After
 * these, the reader waits in the transport for the rest of what may be a lot.
 */
TLS_TEST(tls_close_wins_against_a_read_of_much)
{
    enum { FIRST = 16 * 1024, SECOND = 512 - 2 * 22 };
    struct pair p = connected_oddly();
    unsigned char *bytes = make_bytes(FIRST + SECOND);
    struct coil_task *reader;

    settle();
    odd.ops.read = say_end;
    ASSERT_EQ(coil_stream_write(p.b, bytes, FIRST + SECOND), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.a, bytes, FIRST + SECOND, NULL), 0);
    check_bytes(bytes, 0, FIRST + SECOND);
    free(bytes);
    reader = start(read_a_byte, p.a);
    settle();
    ASSERT(!coil_task_is_done(reader));
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(reader), -EBADF);
    coil_stream_abort(p.b);
}
