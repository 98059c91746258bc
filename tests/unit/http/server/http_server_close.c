/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * How the server closes: a client that is still sending hears the answer, and
 * one that reads slowly hears all of it.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

/* Read to the end, which comes in order. */
static size_t read_in_order(struct coil_stream *s, char *out, size_t size)
{
    size_t got = 0;
    ptrdiff_t n;

    do {
        n = coil_stream_read(s, out + got, size - 1 - got);
        ASSERT_GE(n, 0);
        got += (size_t)n;
    } while (n > 0);
    out[got] = '\0';
    return got;
}

/* The answer is there before the body is read, if anybody reads it at all. */
static void send_unread(const char *head, size_t size, int status)
{
    struct coil_stream *s = dial();
    unsigned char *body = make_bytes(size);
    char answer[1000];

    send_text(s, head);
    settle();
    ASSERT_EQ(coil_stream_write(s, body, size / 2), 0);
    settle();
    ASSERT_EQ(coil_stream_write(s, body, size / 2), 0);
    settle();
    read_in_order(s, answer, sizeof answer);
    ASSERT_EQ(status_in(answer), status);
    ASSERT_STR_CONTAINS(answer, CLOSE);
    coil_stream_abort(s);
    settle();
    free(body);
}

STREAM_TEST(http_server_close_lets_who_sends_hear_the_answer)
{
    serve_with(&(struct coil_http_server_options){ .max_body_size = 1000 });
    send_unread("POST /look HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n",
                100000, 413);
    send_unread("POST /fail HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n",
                100000, 500);
    send_unread("POST /look HTTP/1.1\r\n" HOST "Content-Length: x\r\n\r\n",
                100000, 400);
    send_unread("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 100000, 501);
    send_unread("POST /%zz HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n",
                100000, 400);
    end_server();
}

/* ---- time ------------------------------------------------------------- */

static size_t size_to_send;

static int read_slowly(void *arg)
{
    size_t before = large_size;
    struct coil_stream *s;
    char *answer;
    size_t size;

    (void)arg;
    simulated = true;
    large_size = size_to_send;
    serve_defaults();
    answer = calloc(1, size_to_send + 1000);
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_EQ(coil_sleep(50 * COIL_SECOND), 0);
    size = read_in_order(s, answer, size_to_send + 1000);
    ASSERT_EQ(size, (size_t)(body_in(answer) - answer) + size_to_send);
    check_bytes((const unsigned char *)body_in(answer), 0, size_to_send);
    coil_stream_abort(s);
    free(answer);
    end_server();
    large_size = before;
    return 0;
}

/* What is kept and what is not yet written both. */
TEST(http_server_close_waits_for_who_reads_slowly)
{
    static const size_t sizes[] = { 16 * 1024, 100000, 200000, 1000000 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_to_send = sizes[i];
        for (seed = 0; seed < 10; seed++)
            ASSERT_EQ(coil_test_run(read_slowly, NULL, seed), 0);
    }
}

/* A client that never stops sending is not listened to for ever. */
static coil_time pause;

static int send_for_ever(void *arg)
{
    static const char piece[1000];
    struct coil_stream *s = arg;

    for (;;) {
        int rc = coil_stream_write(s, piece, sizeof piece);

        if (rc == 0)
            rc = coil_stream_flush(s);
        if (rc == 0)
            rc = coil_sleep(pause);
        if (rc < 0)
            return 0;
    }
}

static int close_in_time(void *arg)
{
    struct coil_stream *s;
    struct coil_task *sender;
    coil_time least = *(coil_time *)arg;
    coil_time begun;

    simulated = true;
    serve_defaults();
    s = dial();
    send_text(s, "POST /fail HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n"
                 "\r\n");
    begun = coil_now();
    sender = start(send_for_ever, s);
    while (coil_http_server_connections(server) > 0 || coil_now() == begun)
        ASSERT_EQ(coil_sleep(COIL_SECOND / 10), 0);
    ASSERT_GE(coil_now() - begun, least);
    ASSERT_LT(coil_now() - begun, least + COIL_SECOND);
    ASSERT_EQ(end_of(sender), 0);
    coil_stream_abort(s);
    end_server();
    return 0;
}

TEST(http_server_close_does_not_listen_for_ever)
{
    coil_time two = 2 * COIL_SECOND;
    coil_time none = 0;

    for (seed = 0; seed < 10; seed++) {
        pause = COIL_SECOND / 10;
        ASSERT_EQ(coil_test_run(close_in_time, &two, seed), 0);
        /* So fast that it is enough before the time is up. */
        pause = COIL_MILLISECOND;
        ASSERT_EQ(coil_test_run(close_in_time, &none, seed), 0);
    }
}

/*
 * Nobody reads.  However much the handler writes, and wherever it is held back
 * for it, behind the last piece too, it is over when the time is up.
 */
static size_t pieces;

static int write_pieces(struct coil_http_exchange *x, void *arg)
{
    static const char piece[8 * 1024];
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    for (size_t i = 0; rc == 0 && i < pieces; i++)
        rc = coil_http_write(x, piece, sizeof piece);
    return rc;
}

static int write_to_nobody(void *arg)
{
    struct coil_stream *s;

    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/pieces", write_pieces, NULL),
        0);
    for (pieces = 6; pieces < 30; pieces++) {
        s = dial();
        send_text(s, "GET /pieces HTTP/1.1\r\n" HOST CLOSE "\r\n");
        ASSERT_EQ(coil_sleep(64 * COIL_SECOND), 0);
        ASSERT_EQ(coil_http_server_connections(server), 0);
        coil_stream_abort(s);
    }
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_server_close_does_not_wait_twice_for_who_does_not_read)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(write_to_nobody, NULL, seed), 0);
}

/* What came in front of half a request is answered whole. */
static int end_within_a_head(void *arg)
{
    size_t size = large_size;
    char *answer = malloc(size + 1000);
    struct coil_stream *s;

    (void)arg;
    simulated = true;
    serve_defaults();
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST "\r\nGET /hello HT");
    ASSERT_EQ(coil_stream_shutdown(s), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    read_in_order(s, answer, size + 1000);
    check_bytes((const unsigned char *)body_in(answer), 0, size);
    coil_stream_abort(s);
    free(answer);
    end_server();
    return 0;
}

TEST(http_server_close_within_a_head_loses_no_answer)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(end_within_a_head, NULL, seed), 0);
}

/* No longer than a client may take for anything. */
static int listen_for_a_second(void *arg)
{
    struct coil_stream *s;
    char answer[1000];
    coil_time begun;

    (void)arg;
    simulated = true;
    serve_with(
        &(struct coil_http_server_options){ .transfer_timeout = COIL_SECOND });
    s = dial();
    begun = coil_now();
    send_text(s, "POST /look HTTP/1.1\r\n" HOST "Content-Length: x\r\n\r\n");
    ASSERT_GT(read_in_order(s, answer, sizeof answer), 0);
    ASSERT_EQ(status_in(answer), 400);
    while (coil_http_server_connections(server) > 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_GE(coil_now() - begun, COIL_SECOND);
    ASSERT_LT(coil_now() - begun, 2 * COIL_SECOND);
    coil_stream_abort(s);
    end_server();
    return 0;
}

TEST(http_server_close_listens_no_longer_than_to_others)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(listen_for_a_second, NULL, seed), 0);
}

/* ---- an end that nobody asked for ------------------------------------- */

/* The listener breaks: serving says so, and another one can be opened. */
static int break_the_listener(void *arg)
{
    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(coil_test_fail_call(1, -EBADF), 0);
    ASSERT_EQ(end_of(serving), -EBADF);
    ASSERT_EQ(coil_http_server_address(server, &address), -EINVAL);
    ASSERT_EQ(coil_http_server_serve(server), -EINVAL);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_server_close_by_a_broken_listener_is_told)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(break_the_listener, NULL, seed), 0);
}
