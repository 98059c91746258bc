/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Clients of HTTP/2 that are slow or silent, or want too much: none keeps a server
 * waiting for ever, or its memory.
 */
#include <coil/http_server.h>
#include <coil/testing.h>
#include <nghttp2/nghttp2.h>

#include "http2_raw.h"
#include "http_server_test.h"

static struct h2_raw p;

static void begin_with(const struct coil_http_server_options *options)
{
    serve_with(options);
    h2_meet(&p, dial());
    h2_begin(&p);
    ASSERT(h2_is_alive(&p));
}

static void begin(void)
{
    begin_with(NULL);
}

/* The next client is served, and nothing is kept of this one. */
static void end(void)
{
    h2_part(&p);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_EQ(coil_sleep(20 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- heads that are too large ----------------------------------------- */

/* A field with a value of `size` letters. */
static void put_large(struct h2_block *b, size_t size)
{
    static const char letters[] = "0123456789012345678901234567890123456789";

    h2_put(b, "\0\3x-a", 5);
    h2_put_integer(b, 0, 7, size);
    for (size_t left = size; left > 0;) {
        size_t n = left < 40 ? left : 40;

        h2_put(b, letters, n);
        left -= n;
    }
}

/* In one frame, and if it must be in several. */
static void ask_with(uint32_t stream, const struct h2_block *block)
{
    const unsigned char *at = block->bytes;
    size_t size = block->size;
    unsigned type = NGHTTP2_HEADERS;
    unsigned flags = NGHTTP2_FLAG_END_STREAM;

    while (size > 16384) {
        h2_send(&p, type, flags, stream, at, 16384);
        at += 16384;
        size -= 16384;
        type = NGHTTP2_CONTINUATION;
        flags = 0;
    }
    h2_send(&p, type, flags | NGHTTP2_FLAG_END_HEADERS, stream, at, size);
}

SOCKET_TEST(http2_limits_heads_in_words)
{
    struct h2_block block = { .size = 0 };

    begin_with(&(struct coil_http_server_options){ .max_header_size = 8192 });
    h2_put_request(&block, "GET", "/hello");
    put_large(&block, 8192);
    ask_with(1, &block);
    ASSERT_EQ(h2_answer(&p, 1), 431);
    block.size = 0;
    h2_put_request(&block, "GET", "/hello");
    for (int i = 0; i < 200; i++)
        h2_put_field(&block, "x", "");
    ask_with(3, &block);
    ASSERT_EQ(h2_answer(&p, 3), 431);

    /* The connection is as good as before. */
    h2_ask(&p, 5, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 5), 200);
    end();
}

SOCKET_TEST(http2_limits_heads_that_are_much_too_large)
{
    struct h2_block block = { .size = 0 };

    begin_with(&(struct coil_http_server_options){ .max_header_size = 4096 });
    h2_put_request(&block, "GET", "/hello");
    put_large(&block, 17000);
    ask_with(1, &block);
    h2_read_away(&p);
    ASSERT_EQ(p.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end();
}

/* One frame is too much already. */
SOCKET_TEST(http2_limits_heads_in_one_frame)
{
    struct h2_block block = { .size = 0 };

    begin_with(&(struct coil_http_server_options){ .max_header_size = 1000 });
    h2_put_request(&block, "GET", "/hello");
    put_large(&block, 5000);
    ask_with(1, &block);
    h2_read_away(&p);
    ASSERT_EQ(p.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end();
}

/* Nobody reads trailers, so they may be as large as they are. */
SOCKET_TEST(http2_limits_no_trailers)
{
    struct h2_block block = { .size = 0 };

    begin_with(&(struct coil_http_server_options){ .max_header_size = 1000 });
    h2_ask_with_body(&p, 1, "/look");
    h2_send(&p, NGHTTP2_DATA, 0, 1, "body", 4);
    put_large(&block, 2000);
    h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                  &block);
    ASSERT_EQ(h2_answer(&p, 1), 200);
    h2_ask(&p, 3, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 3), 200);
    end();
}

/* A client that takes nothing is at fault before it takes something again. */
SOCKET_TEST(http2_limits_what_is_said_while_nothing_is_taken)
{
    begin();
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24);
    h2_grant(&p, 0, 1 << 24);
    for (uint32_t id = 1; id < 40; id += 2)
        h2_ask(&p, id, "GET", "/large");
    settle();
    h2_send(&p, NGHTTP2_PING, 0, 0, "short", 5);
    settle();
    h2_read_away(&p);
    end();
}

/* A bomb: few bytes that stand for many. */
static void put_bomb(struct h2_block *b, size_t count)
{
    h2_put_request(b, "GET", "/hello");
    h2_put(b, "\x40\3x-a", 5);
    h2_put_integer(b, 0, 7, 3900);
    for (int i = 0; i < 3900; i++)
        h2_put(b, "a", 1);
    for (size_t i = 0; i < count; i++)
        h2_put(b, "\xbe", 1);
}

SOCKET_TEST(http2_limits_heads_that_inflate)
{
    struct h2_block block = { .size = 0 };

    begin();
    put_bomb(&block, 20);
    ask_with(1, &block);
    ASSERT_EQ(h2_answer(&p, 1), 431);
    block.size = 0;
    put_bomb(&block, 10000);
    ask_with(3, &block);
    h2_read_away(&p);
    ASSERT_EQ(p.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    end();
}

/* ---- bodies that are too large ---------------------------------------- */

/* Post to /look, and say how many bytes come if `length` is not NULL. */
static void post(uint32_t stream, const char *length, size_t size)
{
    static char bytes[10000];
    struct h2_block block = { .size = 0 };

    memset(bytes, 'b', sizeof bytes);
    h2_put_request(&block, "POST", "/look");
    if (length)
        h2_put_field(&block, "content-length", length);
    h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS, stream, &block);
    for (; size > sizeof bytes; size -= sizeof bytes)
        h2_send(&p, NGHTTP2_DATA, 0, stream, bytes, sizeof bytes);
    h2_send(&p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, bytes, size);
}

SOCKET_TEST(http2_limits_bodies)
{
    begin_with(&(struct coil_http_server_options){ .max_body_size = 1000 });
    post(1, NULL, 2000);
    ASSERT_EQ(h2_answer(&p, 1), 413);
    post(3, "2000", 2000);
    ASSERT_EQ(h2_answer(&p, 3), 413);
    h2_ask(&p, 5, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 5), 200);
    end();
}

SOCKET_TEST(http2_limits_what_all_bodies_keep)
{
    int status;

    begin_with(&(struct coil_http_server_options){ .max_buffered = 40000 });
    post(1, NULL, 50000);
    ASSERT_EQ(h2_answer(&p, 1), 503);
    post(3, "50000", 50000);
    status = h2_answer(&p, 3); /* it never fits, or does not now */
    ASSERT(status == 413 || status == 503);
    settle();
    post(5, NULL, 1000);
    ASSERT_EQ(h2_answer(&p, 5), 200);
    end();
}

/* All of it is dropped: that is no empty body. */
SOCKET_TEST(http2_limits_bodies_that_find_no_room)
{
    begin_with(&(struct coil_http_server_options){ .max_buffered = 4000 });
    post(1, NULL, 5000);
    ASSERT_EQ(h2_answer(&p, 1), 503);
    h2_ask(&p, 3, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 3), 200);
    end();
}

/* ---- clients that take their time ------------------------------------- */

/* The server closes after so long, give or take a second. */
static void expect_close_after(coil_time duration)
{
    coil_time before = coil_now();

    h2_read_away(&p);
    ASSERT_GE(coil_now() - before, duration - COIL_SECOND);
    ASSERT_LE(coil_now() - before, duration + COIL_SECOND);
}

#define TIMED_TEST(name)                                                       \
    static void timed_body_##name(void);                                       \
    TEST(name)                                                                 \
    {                                                                          \
        run_simulated(timed_body_##name);                                      \
    }                                                                          \
    static void timed_body_##name(void)

TIMED_TEST(http2_limits_the_time_of_the_beginning)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    serve_defaults();
    for (size_t size = 0; size < sizeof preface; size += 6) {
        h2_meet(&p, dial());
        p.is_quiet = true;
        h2_send_bytes(&p, preface, size);
        expect_close_after(30 * COIL_SECOND);
        h2_part(&p);
    }
    h2_meet(&p, dial());
    end();
}

TIMED_TEST(http2_limits_the_time_of_a_head)
{
    begin();
    h2_send(&p, NGHTTP2_HEADERS, 0, 1, NULL, 0);
    expect_close_after(30 * COIL_SECOND);
    end();
}

/* Another request ends meanwhile. */
TIMED_TEST(http2_limits_the_time_of_a_head_beside_others)
{
    begin();
    h2_ask(&p, 1, "GET", "/slow");
    h2_send(&p, NGHTTP2_HEADERS, 0, 3, NULL, 0);
    ASSERT_EQ(h2_answer(&p, 1), 200);
    expect_close_after(20 * COIL_SECOND);
    end();
}

static int continue_slowly(void *arg)
{
    (void)arg;
    while (p.send_error == 0) {
        h2_send_bytes(&p, "a", 1);
        if (coil_sleep(COIL_SECOND) < 0)
            break;
    }
    return 0;
}

TIMED_TEST(http2_limits_the_time_of_a_head_that_comes_byte_by_byte)
{
    struct coil_task *task;

    begin();
    h2_send_bytes(&p, "\0\0\x40\1\0\0\0\0\1", 9);
    task = start(continue_slowly, NULL);
    expect_close_after(30 * COIL_SECOND);
    end_by_cancelling(task);
    end();
}

/* A head that nobody wants does not count against a connection that is in use. */
TIMED_TEST(http2_limits_no_time_behind_a_head_that_is_dropped)
{
    begin();
    h2_ask_with_body(&p, 1, "/look");
    h2_reset(&p, 1, NGHTTP2_CANCEL);
    h2_ask(&p, 3, "GET", "/minute");
    h2_ask(&p, 1, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 3), 404);
    h2_part(&p);
    end_server();
}

TIMED_TEST(http2_limits_the_time_of_bodies)
{
    coil_time before = coil_now();

    begin();
    h2_ask_with_body(&p, 1, "/look");
    h2_send(&p, NGHTTP2_DATA, 0, 1, "a", 1);
    ASSERT_EQ(h2_answer(&p, 1), 408);
    ASSERT_GE(coil_now() - before, 5 * COIL_SECOND);
    ASSERT_LE(coil_now() - before, 9 * COIL_SECOND);
    ASSERT(h2_is_alive(&p));
    end();
}

/* Pings keep no connection alive on which nothing is asked. */
TIMED_TEST(http2_limits_the_time_without_a_request)
{
    coil_time before = coil_now();

    begin_with(
        &(struct coil_http_server_options){ .idle_timeout = 20 * COIL_SECOND });
    h2_ask(&p, 1, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 1), 200);
    while (h2_is_alive(&p)) {
        ASSERT_LE(coil_now() - before, 30 * COIL_SECOND);
        ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    }
    ASSERT_GE(coil_now() - before, 20 * COIL_SECOND);
    ASSERT_EQ(p.goaway, NGHTTP2_NO_ERROR);
    end();
}

/* ---- clients that do not read ----------------------------------------- */

enum { STREAMS = 100 };

static size_t begun;
static size_t ended;

/* Writes for ever, and keeps little of it. */
static int stream_on(struct coil_http_exchange *x, void *arg)
{
    static const char bytes[16384];
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    begun++;
    while (rc == 0) {
        rc = coil_http_write(x, bytes, sizeof bytes);
        ASSERT_LE(coil_stream_unsent(coil_http_exchange_stream(x)),
                  256u * 1024);
    }
    ended++;
    return rc;
}

static void begin_streaming(void)
{
    begun = 0;
    ended = 0;
    begin();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/on", stream_on, NULL), 0);
}

static void end_streaming(void)
{
    ASSERT_EQ(begun, ended);
    h2_part(&p);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
}

TIMED_TEST(http2_limits_the_time_of_windows_of_nothing)
{
    coil_time before = coil_now();

    begin_streaming();
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
    for (uint32_t i = 0; i < STREAMS; i++)
        h2_ask(&p, 2 * i + 1, "GET", "/on");
    for (uint32_t i = 0; i < STREAMS; i++)
        ASSERT(h2_read_until(&p, NGHTTP2_RST_STREAM));
    ASSERT_EQ(begun, STREAMS);
    ASSERT_GE(coil_now() - before, 5 * COIL_SECOND);
    ASSERT_LE(coil_now() - before, 70 * COIL_SECOND);
    h2_ask(&p, 2 * STREAMS + 1, "HEAD", "/hello");
    ASSERT_EQ(h2_answer(&p, 2 * STREAMS + 1), 200);
    end_streaming();
}

TIMED_TEST(http2_limits_the_time_of_who_reads_nothing)
{
    begin_streaming();
    h2_grant(&p, 0, 0x7fff0000);
    h2_set(&p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff);
    for (uint32_t i = 0; i < STREAMS; i++)
        h2_ask(&p, 2 * i + 1, "GET", "/on");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(begun, STREAMS);
    ASSERT_EQ(coil_sleep(70 * COIL_SECOND), 0);
    ASSERT_EQ(ended, STREAMS);
    ASSERT_EQ(coil_sleep(70 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    end_streaming();
}

/* ---- connections that live long --------------------------------------- */

TIMED_TEST(http2_limits_what_is_kept_of_streams)
{
    size_t pieces = 0;

    if (seed > 3)
        return;
    begin();
    for (uint32_t i = 0; i < 10000; i++) {
        h2_ask(&p, 2 * i + 1, "GET", "/hello");
        ASSERT_EQ(h2_answer(&p, 2 * i + 1), 200);
        h2_grant(&p, 0, 5);
        if (i == 1000)
            pieces = coil_test_live_allocations();
    }
    ASSERT_LE(coil_test_live_allocations(), pieces + 50);
    end();
}

TIMED_TEST(http2_limits_what_is_kept_of_heads_that_are_none)
{
    size_t pieces = 0;

    begin();
    for (uint32_t i = 0; i < 400; i++) {
        h2_ask(&p, 2 * i + 1, "GET", "no-slash");
        ASSERT_EQ(h2_answer(&p, 2 * i + 1), -1 - NGHTTP2_PROTOCOL_ERROR);
        if (i == 100)
            pieces = coil_test_live_allocations();
    }
    ASSERT_LE(coil_test_live_allocations(), pieces + 50);
    expect_close_after(60 * COIL_SECOND);
    end();
}

/* ---- the end ---------------------------------------------------------- */

SOCKET_TEST(http2_limits_what_comes_behind_a_goaway)
{
    begin();
    h2_ask(&p, 1, "GET", "/long");
    ASSERT_EQ(h2_answer(&p, 1), 404);
    h2_ask_with_body(&p, 3, "/look");
    h2_send(&p, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0", 8);
    ASSERT(h2_is_alive(&p));
    h2_send(&p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3, "x", 1);
    ASSERT_EQ(h2_answer(&p, 3), 200);
    h2_read_away(&p);
    end();
}

SOCKET_TEST(http2_limits_what_is_asked_of_a_server_that_stops)
{
    begin();
    h2_ask_with_body(&p, 1, "/look");
    ASSERT(h2_is_alive(&p));
    coil_http_server_stop(server, COIL_NEVER);
    ASSERT(h2_read_until(&p, NGHTTP2_GOAWAY));
    ASSERT_EQ(p.goaway, NGHTTP2_NO_ERROR);
    ASSERT_EQ(p.last_id, 1);
    h2_ask(&p, 3, "GET", "/hello");
    h2_send(&p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "x", 1);
    ASSERT_EQ(h2_answer(&p, 1), 200);
    h2_read_away(&p);
    ASSERT_EQ(end_of(serving), 0);
    h2_part(&p);
    ASSERT_EQ(report_count, 0);
    coil_http_server_free(server);
}

SOCKET_TEST(http2_limits_nobody_when_the_server_is_cancelled)
{
    int status;

    begin();
    h2_ask(&p, 1, "GET", "/slow");
    ASSERT(h2_is_alive(&p));
    settle();
    ASSERT_EQ(end_by_cancelling(serving), -ECANCELED);
    status = h2_answer(&p, 1);
    ASSERT(status == 503 || status < 0);
    h2_read_away(&p);
    h2_part(&p);
    coil_http_server_free(server);
}
