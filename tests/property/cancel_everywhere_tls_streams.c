/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of a stream, over TLS, cancelled in each state of its
 * wait: nothing that was sent is lost, doubled or changed.
 */
/* TIMEOUT: 60 */
#include <coil/stream.h>
#include <coil/tls.h>

#include "cancel_everywhere.h"
#include "tls_test.h"

static struct pair p;

static void connect_pair(void)
{
    tls_world_open();
    p = tls_connected(world.client_context);
}

static void disconnect_pair(void)
{
    coil_stream_abort(p.a);
    coil_stream_abort(p.b);
    tls_world_close();
}

/* ---- reading -------------------------------------------------------------- */

static void send_line(const char *text)
{
    send_text(p.b, text);
    settle();
}

static void send_hello(void)
{
    send_line("hello\n");
}

static void connect_and_send_half(void)
{
    connect_pair();
    send_line("hel");
}

static void send_the_other_half(void)
{
    send_line("lo\n");
}

/* A record comes whole, however the network cuts it. */
static int read_some(void)
{
    char text[7];
    ptrdiff_t n = coil_stream_read(p.a, text, sizeof text);

    if (n < 0)
        return (int)n;
    ASSERT_EQ(n, 6);
    ASSERT_MEM_EQ(text, "hello\n", 6);
    return 0;
}

static int read_exactly(void)
{
    char text[6];
    size_t got = 99;
    int rc = coil_stream_read_exactly(p.a, text, 6, &got);

    if (rc == 0)
        ASSERT_MEM_EQ(text, "hello\n", 6);
    return rc;
}

static int read_until(void)
{
    char text[64];
    size_t length = 0;
    int rc = coil_stream_read_until(p.a, "\n", 1, text, sizeof text, &length);

    if (rc == 0)
        ASSERT_MEM_EQ(text, "hello\n", 6);
    return rc;
}

static int peek(void)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek(p.a, &data);

    if (n < 0)
        return (int)n;
    ASSERT_MEM_EQ(data, "hello\n", (size_t)n);
    return 0;
}

static int peek_more(void)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek_more(p.a, 3, &data);

    if (n < 0)
        return (int)n;
    ASSERT_GT(n, 3);
    ASSERT_MEM_EQ(data, "hello\n", (size_t)n);
    return 0;
}

static int wait_for_input(void)
{
    return coil_stream_wait_readable(p.a);
}

/* ---- writing -------------------------------------------------------------- */

static unsigned char much[16 << 20];
static size_t written;
static size_t arrived;

/* More than anybody has room for. */
static void connect_and_write_much(void)
{
    written = simulated ? sizeof much / 64 : sizeof much;
    arrived = 0;
    if (!much[1])
        fill_bytes(much, 0, sizeof much);
    connect_pair();
    ASSERT_EQ(coil_stream_write(p.a, much, written), 0);
    ASSERT_GT(coil_stream_unsent(p.a), 64 * 1024);
}

static void read_much(void)
{
    static unsigned char bytes[65536];

    while (arrived < written) {
        ptrdiff_t n = coil_stream_read(p.b, bytes, sizeof bytes);

        ASSERT_GT(n, 0);
        ASSERT_MEM_EQ(bytes, much + arrived, (size_t)n);
        arrived += (size_t)n;
    }
}

static void read_all_and_disconnect(void)
{
    read_much();
    disconnect_pair();
}

static int drain(void)
{
    return coil_stream_drain(p.a);
}

static int flush(void)
{
    return coil_stream_flush(p.a);
}

static int shut_down(void)
{
    return coil_stream_shutdown(p.a);
}

static int close_stream(void)
{
    int rc = coil_stream_close(p.a);

    p.a = NULL;
    return rc;
}

static const struct everywhere table[] = {
    CASE(coil_stream_read, .prepare = connect_pair, .call = read_some,
         .ready = send_hello, .finish = disconnect_pair),
    CASE(coil_stream_read_exactly, .prepare = connect_and_send_half,
         .call = read_exactly, .ready = send_the_other_half,
         .finish = disconnect_pair),
    CASE(coil_stream_read_until, .prepare = connect_and_send_half,
         .call = read_until, .ready = send_the_other_half,
         .finish = disconnect_pair),
    CASE(coil_stream_peek, .prepare = connect_pair, .call = peek,
         .ready = send_hello, .finish = disconnect_pair),
    CASE(coil_stream_peek_more, .prepare = connect_and_send_half,
         .call = peek_more, .ready = send_the_other_half,
         .finish = disconnect_pair),
    CASE(coil_stream_wait_readable, .prepare = connect_pair,
         .call = wait_for_input, .ready = send_hello,
         .finish = disconnect_pair),
    CASE(coil_stream_drain, .prepare = connect_and_write_much, .call = drain,
         .ready = read_much, .finish = read_all_and_disconnect),
    CASE(coil_stream_flush, .prepare = connect_and_write_much, .call = flush,
         .ready = read_much, .finish = read_all_and_disconnect),
    CASE(coil_stream_shutdown, .prepare = connect_and_write_much,
         .call = shut_down, .ready = read_much,
         .finish = read_all_and_disconnect),
    CASE(coil_stream_close, .prepare = connect_and_write_much,
         .call = close_stream, .finish = disconnect_pair, .flags = ENDS),
};

EVERYWHERE_TEST(cancel_everywhere_tls_streams_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_tls_streams_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_tls_streams_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_tls_streams_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
