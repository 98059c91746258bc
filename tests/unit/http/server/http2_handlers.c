/* SPDX-License-Identifier: MIT */
/*
 * What handlers see of a client over HTTP/2, and what they can say to it before,
 * behind and instead of a response.
 */
#include <coil/http_server.h>

#include "http/wire/http2_version.h"
#include "http2_test.h"

static struct http2_client client;
static struct http2_answer late; /* is too large for a stack */
static int outcome;

static void begin(coil_http_handler_fn handler)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, NULL, "/it", handler, NULL), 0);
    http2_open(&client);
    outcome = 1;
}

static void end(void)
{
    http2_close(&client);
    ASSERT_EQ(client.end, 0);
    end_server();
    ASSERT_EQ(report_count, 0);
}

static void begin_late(const char *method, const char *lines, uint64_t length)
{
    http2_forget(&late);
    late.stream = http2_send(&client, method, "/it", lines, length);
}

/* ---- a client that goes ----------------------------------------------- */

static int wait_for_client(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    ASSERT(!coil_http_exchange_is_gone(x));
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), 0);
    outcome = coil_sleep(10 * COIL_SECOND);
    ASSERT_EQ(coil_http_exchange_is_gone(x), outcome < 0);
    return outcome < 0 ? outcome : coil_http_respond(x, 200, NULL, "done", 4);
}

STREAM_TEST(http2_handlers_are_cancelled_when_their_client_resets)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    begin(wait_for_client);
    begin_late("GET", NULL, 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    http2_forget(&late);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(outcome, -ECANCELED);
    /* Others of the connection are not. */
    ASSERT_STR_EQ(http2_get(&client, "/it")->body, "done");
    ASSERT_EQ(outcome, 0);
    end();
}

STREAM_TEST(http2_handlers_are_cancelled_when_a_connection_breaks)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    begin(wait_for_client);
    begin_late("GET", NULL, 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    http2_break(&client);
    http2_forget(&late);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(outcome, -ECANCELED);
    http2_open(&client);
    end();
}

/* Asks when the client has gone already. */
static int ask_late(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT(coil_http_exchange_is_gone(x));
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), 0);
    outcome = coil_sleep(10 * COIL_SECOND);
    return outcome;
}

STREAM_TEST(http2_handlers_are_cancelled_when_their_client_has_gone)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    begin(ask_late);
    begin_late("GET", NULL, 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    http2_forget(&late);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(outcome, -ECANCELED);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
}

/* ---- when a connection is about to rest -------------------------------- */

static int echo_it(struct coil_http_exchange *x, void *arg)
{
    outcome = echo(x, arg);
    return outcome;
}

/*
 * A connection rests after a second without a request.  One that comes at that very
 * moment is read to its end, with all of its body, in whatever order things happen.
 */
STREAM_TEST(http2_handlers_get_what_comes_when_a_connection_rests)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    begin(echo_it);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        begin_late("POST", NULL, COIL__HTTP2_UNKNOWN);
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        send_text(late.stream, "late");
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        ASSERT_EQ(coil_stream_shutdown(late.stream), 0);
        http2_await_head(&late);
        ASSERT_EQ(late.head.status, 200);
        http2_read_body(&late);
        ASSERT_STR_EQ(late.body, "late");
        ASSERT_EQ(late.end, 0);
        ASSERT_EQ(outcome, 0);
    }
    end();
}

/* ---- input that somebody wants to hear of ------------------------------ */

static int heard;

static void hear(void *arg)
{
    (void)arg;
    heard++;
}

/* Hears of a body before it is read, and again if there is something already. */
static int watch_it(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *s = coil_http_exchange_stream(x);
    struct coil_stream_watch watch;
    const char *body;
    size_t size;
    int rc;

    (void)arg;
    heard = 0;
    ASSERT_EQ(coil_http_exchange_content_length(x), -1);
    ASSERT(!coil_stream_has_ended(s));
    ASSERT(!coil_stream_is_stale(s));
    ASSERT_EQ(coil_stream_watch(s, &watch, hear, NULL), 0);
    ASSERT(coil_stream_unwatch(&watch));
    ASSERT_EQ(coil_stream_watch(s, &watch, hear, NULL), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(heard, 1);
    ASSERT(coil_stream_is_stale(s));
    ASSERT_EQ(coil_stream_watch(s, &watch, hear, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(heard, 2);
    rc = coil_http_exchange_body(x, &body, &size);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, body, size);
}

STREAM_TEST(http2_handlers_hear_of_input)
{
    NEEDS_HTTP2;
    if (!simulated)
        return;
    begin(watch_it);
    begin_late("POST", NULL, COIL__HTTP2_UNKNOWN);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    send_text(late.stream, "hello");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_stream_shutdown(late.stream), 0);
    http2_await_head(&late);
    http2_read_body(&late);
    ASSERT_STR_EQ(late.body, "hello");
    end();
}

/* ---- interim responses ------------------------------------------------ */

static int read_it(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, body, size);
}

static void expect_interim(int status)
{
    http2_await_head(&late);
    ASSERT_EQ(late.error, 0);
    ASSERT_EQ(late.head.status, status);
}

static void expect_answer(const char *body)
{
    expect_interim(200);
    http2_read_body(&late);
    ASSERT_EQ(late.end, 0);
    ASSERT_STR_EQ(late.body, body);
}

STREAM_TEST(http2_handlers_let_a_client_go_on_that_asks)
{
    NEEDS_HTTP2;
    begin(read_it);
    begin_late("POST", "Expect: 100-continue\r\n\r\n", 5);
    expect_interim(100);
    send_text(late.stream, "hello");
    expect_answer("hello");

    /* Nothing else is expected in this way. */
    begin_late("POST", "Expect: a miracle\r\n\r\n", 5);
    send_text(late.stream, "hello");
    expect_answer("hello");
    end();
}

static int inform(struct coil_http_exchange *x, void *arg)
{
    static const struct coil_http_header link = { "Link", "</style.css>" };

    (void)arg;
    ASSERT_EQ(coil_http_inform(x, 103, &link, 1), 0);
    ASSERT_EQ(coil_http_inform(x, 100, NULL, 0), 0);
    ASSERT_EQ(coil_http_inform(x, 102, NULL, 0), 0);
    return coil_http_respond(x, 200, NULL, "behind it", 9);
}

STREAM_TEST(http2_handlers_inform_before_they_answer)
{
    NEEDS_HTTP2;
    begin(inform);
    begin_late("GET", NULL, 0);
    expect_interim(103);
    ASSERT_STR_EQ(http2_header(&late, "link"), "</style.css>");
    expect_interim(102);
    expect_answer("behind it");

    /* This time the client has asked. */
    begin_late("GET", "Expect: 100-continue\r\n\r\n", 0);
    expect_interim(103);
    expect_interim(100);
    expect_interim(102);
    expect_answer("behind it");
    end();
}

/* ---- the connection --------------------------------------------------- */

static int say_close(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Connection", "close");

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "last", 4);
}

/* The connection ends when the others have ended, and takes no more. */
STREAM_TEST(http2_handlers_end_a_connection)
{
    const struct http2_answer *a;

    NEEDS_HTTP2;
    begin(say_close);
    a = http2_get(&client, "/it");
    ASSERT_STR_EQ(a->body, "last");
    ASSERT_STR_EQ(http2_header(a, "connection"), "-");
    settle();
    ASSERT(!coil__http2_session_is_open(client.session));
    end();
}

static int tell_addresses(struct coil_http_exchange *x, void *arg)
{
    const struct coil_stream *s = coil_http_exchange_stream(x);
    struct coil_address own, peer;

    (void)arg;
    coil_stream_local_address(s, &own);
    coil_stream_peer_address(s, &peer);
    ASSERT_EQ(coil_address_port(&own), coil_address_port(&address));
    ASSERT(coil_address_port(&peer) > 0);
    return coil_http_respond(x, 200, NULL, "known", 5);
}

STREAM_TEST(http2_handlers_know_who_asks)
{
    NEEDS_HTTP2;
    begin(tell_addresses);
    ASSERT_STR_EQ(http2_get(&client, "/it")->body, "known");
    end();
}

/* There is no connection to be had, and the client is told so. */
static int take_over(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *stream = coil_http_exchange_hijack(x);

    (void)arg;
    outcome = coil_stream_write(stream, "HTTP/1.1 101 Go\r\n\r\n", 19);
    return outcome;
}

STREAM_TEST(http2_handlers_have_no_connection_to_take_over)
{
    NEEDS_HTTP2;
    begin(take_over);
    ASSERT_EQ(http2_get(&client, "/it")->error, -ECONNRESET);
    ASSERT_EQ(outcome, -EPIPE);
    report_count = 0;
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
}
