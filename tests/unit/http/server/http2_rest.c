/* SPDX-License-Identifier: MIT */
/*
 * Connections of HTTP/2 that rest, and a server that stops: what their clients get.
 */
#include <coil/http_server.h>

#include "http/wire/http2_version.h"
#include "http2_raw.h"
#include "http2_test.h"

static struct http2_client client;

static void open_with(const struct coil_http_server_options *options)
{
    serve_with(options);
    http2_open(&client);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
}

/* The server has stopped, and the client heard of it. */
static void expect_goodbye(void)
{
    ASSERT_EQ(end_of(serving), 0);
    ASSERT(!coil__http2_session_is_open(client.session));
    http2_close(&client);
    ASSERT_EQ(client.end, 0);
    coil_http_server_free(server);
}

STREAM_TEST(http2_rest_ends_when_the_server_stops)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    open_with(&(struct coil_http_server_options){ 0 });
    ASSERT_EQ(coil_sleep(10 * COIL_SECOND), 0);
    coil_http_server_stop(server, COIL_NEVER);
    settle();
    expect_goodbye();
}

/* No connection rests for less than a second. */
STREAM_TEST(http2_rest_may_be_short)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    open_with(
        &(struct coil_http_server_options){ .idle_timeout = COIL_SECOND / 2 });
    ASSERT_EQ(coil_sleep(COIL_SECOND / 4), 0);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT(!coil__http2_session_is_open(client.session));
    http2_close(&client);
    ASSERT_EQ(client.end, 0);
    end_server();
}

/* A ping wakes the server, but does not lengthen the rest for long. */
STREAM_TEST(http2_rest_is_not_lengthened_by_pings)
{
    static struct h2_raw p;
    coil_time begun = coil_now();

    NEEDS_HTTP2;
    if (!simulated)
        return;
    serve_with(
        &(struct coil_http_server_options){ .idle_timeout = 5 * COIL_SECOND });
    h2_meet(&p, dial());
    h2_begin(&p);
    h2_ask(&p, 1, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 1), 200);
    ASSERT_EQ(coil_sleep(4500 * COIL_MILLISECOND), 0);
    ASSERT(h2_is_alive(&p));
    h2_read_away(&p);
    ASSERT_EQ(p.goaway, NGHTTP2_NO_ERROR);
    ASSERT_LE(coil_now() - begun, 10 * COIL_SECOND);
    h2_part(&p);
    end_server();
}

STREAM_TEST(http2_rest_may_be_without_end)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    open_with(&(struct coil_http_server_options){ .idle_timeout = COIL_NEVER });
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_sleep(300 * COIL_MINUTE), 0);
        ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    }
    http2_close(&client);
    end_server();
}

/*
 * A request comes, and is taken back or not, just when the server stops: the
 * server ends all the same, and nothing leaks.
 */
static void stop_after(int turns, bool is_taken_back, coil_time grace)
{
    static struct h2_raw p;

    serve_defaults();
    h2_meet(&p, dial());
    h2_begin(&p);
    settle();
    h2_ask(&p, 1, "GET", "/slow");
    if (is_taken_back)
        h2_reset(&p, 1, NGHTTP2_CANCEL);
    for (int i = 0; i < turns; i++)
        ASSERT_EQ(coil_yield(), 0);
    coil_http_server_stop(server, grace);
    h2_read_away(&p);
    ASSERT(p.goaway <= 0);
    h2_part(&p);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

STREAM_TEST(http2_rest_of_a_request_when_the_server_stops)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    for (int turns = 0; turns < 12; turns++)
        for (int i = 0; i < 4; i++)
            stop_after(turns, i % 2, i / 2 ? COIL_NEVER : 0);
}
