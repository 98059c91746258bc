/* SPDX-License-Identifier: MIT */
/* The same handlers as over HTTP/1.1, over HTTP/2. */
#include <coil/http_compress.h>
#include <coil/http_server.h>

#include "http/wire/http2_version.h"
#include "http2_test.h"

static struct http2_client client;
static struct http2_answer late; /* is too large for a stack */

static void begin(void)
{
    serve_defaults();
    http2_open(&client);
}

/* Ask, and read the answer later. */
static void begin_late(const char *method, const char *path, uint64_t length)
{
    late.stream = http2_send(&client, method, path, NULL, length);
}

static void end(void)
{
    http2_close(&client);
    ASSERT_EQ(client.end, 0);
    end_server();
}

/* ---- what is asked, and what is answered ------------------------------ */

STREAM_TEST(http2_server_tells_handlers_what_was_asked)
{
    const struct http2_answer *a;

    NEEDS_HTTP2;
    begin();
    a = http2_ask(&client, "POST", "/look?a=b&c",
                  "X-A:  c \r\nContent-Length: 3\r\n\r\n", "xyz");
    ASSERT_EQ(a->error, 0);
    ASSERT_EQ(a->head.status, 200);
    ASSERT_STR_EQ(a->body, "seen");
    ASSERT_EQ(a->end, 0);
    ASSERT_STR_EQ(seen, "POST|/look|a=b&c|c|-|xyz");
    a = http2_ask(&client, "PUT", "/look", NULL, "without a length");
    ASSERT_EQ(a->head.status, 200);
    ASSERT_STR_EQ(seen, "PUT|/look||-|-|without a length");
    a = http2_get(&client, "/item/a%20b%2Fc");
    ASSERT_STR_EQ(seen, "GET|/item/a%20b%2Fc||-|a b/c|");
    end();
}

STREAM_TEST(http2_server_answers_as_over_http_1)
{
    const struct http2_answer *a;

    NEEDS_HTTP2;
    begin();
    a = http2_get(&client, "/");
    ASSERT_EQ(a->head.status, 200);
    ASSERT_STR_EQ(a->body, "root");
    ASSERT_STR_EQ(http2_header(a, "content-length"), "4");
    ASSERT_STR_EQ(http2_header(a, "content-type"), "text/plain");
    ASSERT_STR_EQ(http2_header(a, "connection"), "-");
    ASSERT_STR_EQ(http2_header(a, "transfer-encoding"), "-");
    ASSERT(strcmp(http2_header(a, "date"), "-") != 0);
    a = http2_ask(&client, "HEAD", "/", NULL, NULL);
    ASSERT_EQ(a->head.status, 200);
    ASSERT_STR_EQ(http2_header(a, "content-length"), "4");
    ASSERT_EQ(a->size, 0);
    ASSERT_EQ(http2_get(&client, "/none")->head.status, 404);
    a = http2_ask(&client, "DELETE", "/", NULL, NULL);
    ASSERT_EQ(a->head.status, 405);
    ASSERT_STR_CONTAINS(http2_header(a, "allow"), "GET");
    ASSERT_EQ(http2_ask(&client, "OPTIONS", "*", NULL, NULL)->head.status, 204);
    ASSERT_STR_EQ(http2_get(&client, "/inject")->body, "good");
    end();
    ASSERT_EQ(report_count, 0);
}

STREAM_TEST(http2_server_sends_bodies_in_pieces)
{
    const struct http2_answer *a;

    NEEDS_HTTP2;
    begin();
    a = http2_get(&client, "/chunked");
    ASSERT_STR_EQ(a->body, "0123456789");
    ASSERT_STR_EQ(http2_header(a, "x-a"), "b");
    ASSERT_STR_EQ(http2_header(a, "content-length"), "-");
    ASSERT_EQ(a->end, 0);
    a = http2_get(&client, "/sized");
    ASSERT_STR_EQ(a->body, "0123456789");
    ASSERT_STR_EQ(http2_header(a, "content-length"), "10");
    ASSERT_EQ(a->end, 0);
    a = http2_ask(&client, "POST", "/echo", NULL, "there and back");
    ASSERT_STR_EQ(a->body, "there and back");
    ASSERT_EQ(a->end, 0);
    end();
}

STREAM_TEST(http2_server_sends_no_body_that_must_not_be)
{
    static const char *const paths[] = { "/204",        "/205",
                                         "/304",        "/stream/204",
                                         "/stream/205", "/stream/304" };

    NEEDS_HTTP2;
    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct http2_answer *a = http2_get(&client, paths[i]);

        ASSERT_EQ(a->error, 0);
        ASSERT(a->head.status > 200);
        ASSERT_EQ(a->size, 0);
        ASSERT_EQ(a->end, 0);
    }
    end();
}

/* ---- errors ----------------------------------------------------------- */

STREAM_TEST(http2_server_resets_a_response_that_breaks_off)
{
    static const char *const paths[] = { "/fail-chunked", "/fail-sized",
                                         "/short" };
    const struct http2_answer *a;

    NEEDS_HTTP2;
    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        a = http2_get(&client, paths[i]);
        ASSERT(a->error == -ECONNRESET || a->end == -ECONNRESET);
        ASSERT_EQ(report_count, 1);
        report_count = 0;
    }
    ASSERT_EQ(http2_get(&client, "/fail")->head.status, 500);
    ASSERT_UNSEEN(-EIO);
    ASSERT_EQ(http2_get(&client, "/nothing")->head.status, 500);
    ASSERT_UNSEEN(-EINVAL);
    /* The connection serves on. */
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
}

STREAM_TEST(http2_server_refuses_what_is_too_large)
{
    const struct coil_http_server_options options = {
        .max_header_size = 1000,
        .max_body_size = 10,
    };
    char lines[2000];
    const struct http2_answer *a;

    NEEDS_HTTP2;
    serve_with(&options);
    http2_open(&client);
    snprintf(lines, sizeof lines, "x-a: %01500d\r\n\r\n", 1);
    a = http2_ask(&client, "GET", "/", lines, NULL);
    ASSERT_EQ(a->head.status, 431);
    a = http2_ask(&client, "POST", "/look", NULL, "more than ten bytes");
    ASSERT_EQ(a->head.status, 413);
    a = http2_ask(&client, "POST", "/look", "Content-Length: 19\r\n\r\n",
                  "more than ten bytes");
    ASSERT_EQ(a->head.status, 413);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
    ASSERT_EQ(report_count, 0);
}

STREAM_TEST(http2_server_refuses_two_hosts)
{
    NEEDS_HTTP2;
    begin();
    ASSERT_EQ(http2_get(&client, "/")->head.status, 200);
    ASSERT_EQ(http2_ask(&client, "CONNECT", "/", NULL, NULL)->error,
              -ECONNRESET);
    ASSERT_EQ(http2_get(&client, "/")->head.status, 200);
    end();
}

/* ---- at the same time ------------------------------------------------- */

enum { MANY = 20 };

STREAM_TEST(http2_server_serves_many_requests_of_a_connection_at_once)
{
    struct coil_stream *streams[MANY];
    coil_time begun;

    NEEDS_HTTP2;
    begin();
    begun = coil_now();
    for (int i = 0; i < MANY; i++)
        streams[i] =
            http2_send(&client, "GET", simulated ? "/slow" : "/", NULL, 0);
    /* The last one is asked first. */
    for (int i = MANY - 1; i >= 0; i--) {
        late.stream = streams[i];
        http2_await_head(&late);
        ASSERT_EQ(late.head.status, 200);
        http2_read_body(&late);
        ASSERT_EQ(late.size, 4);
        http2_forget(&late);
    }
    if (simulated)
        ASSERT(coil_now() - begun < 15 * COIL_SECOND);
    end();
}

STREAM_TEST(http2_server_sends_a_body_as_fast_as_it_is_read)
{
    char piece[1000];
    size_t size = 0;
    ptrdiff_t n;

    NEEDS_HTTP2;
    begin();
    begin_late("GET", "/large", 0);
    http2_await_head(&late);
    ASSERT_EQ(late.head.status, 200);
    /* Nobody reads the large one, and others are answered. */
    for (int i = 0; i < 5; i++)
        ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    while ((n = coil_stream_read(late.stream, piece, sizeof piece)) > 0)
        for (ptrdiff_t i = 0; i < n; i++, size++)
            ASSERT_EQ((unsigned char)piece[i], byte_at(size));
    ASSERT_EQ(n, 0);
    ASSERT_EQ(size, large_size);
    http2_forget(&late);
    end();
}

STREAM_TEST(http2_server_goes_on_when_a_client_resets_a_stream)
{
    NEEDS_HTTP2;
    begin();
    for (int i = 0; i < 5; i++) {
        begin_late("GET", "/large", 0);
        if (i % 2)
            http2_await_head(&late);
        http2_forget(&late);
    }
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
    ASSERT_EQ(report_count, 0);
}

/* ---- the end ---------------------------------------------------------- */

STREAM_TEST(http2_server_lets_requests_end_when_it_stops)
{
    NEEDS_HTTP2;
    begin();
    begin_late("POST", "/echo", COIL__HTTP2_UNKNOWN);
    http2_await_head(&late);
    ASSERT_EQ(late.head.status, 200);
    coil_http_server_stop(server, COIL_NEVER);
    send_text(late.stream, "late");
    ASSERT_EQ(coil_stream_shutdown(late.stream), 0);
    http2_read_body(&late);
    ASSERT_STR_EQ(late.body, "late");
    ASSERT_EQ(late.end, 0);
    http2_forget(&late);
    ASSERT_EQ(end_of(serving), 0);
    http2_close(&client);
    ASSERT_EQ(client.end, 0);
    coil_http_server_free(server);
}

STREAM_TEST(http2_server_answers_503_when_its_grace_is_over)
{
    NEEDS_HTTP2;
    begin();
    begin_late("GET", "/slow", 0);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    coil_http_server_stop(server, 0);
    http2_await_head(&late);
    /* A handler that has not begun does nothing. */
    if (late.error < 0)
        ASSERT(
            coil__http2_stream_is_refused(coil__http2_stream_of(late.stream)));
    else
        ASSERT_EQ(late.head.status, 503);
    http2_read_body(&late);
    http2_forget(&late);
    ASSERT_EQ(end_of(serving), 0);
    http2_close(&client);
    coil_http_server_free(server);
}

STREAM_TEST(http2_server_survives_a_connection_that_breaks)
{
    struct coil_stream *streams[3];

    NEEDS_HTTP2;
    begin();
    streams[0] = http2_send(&client, "GET", "/large", NULL, 0);
    streams[1] =
        http2_send(&client, "POST", "/look", NULL, COIL__HTTP2_UNKNOWN);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    streams[2] = http2_send(&client, "GET", "/", NULL, 0);
    http2_break(&client);
    for (int i = 0; i < 3; i++)
        coil_stream_abort(streams[i]);
    http2_open(&client);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    end();
}

STREAM_TEST(http2_server_says_that_an_idle_connection_ends)
{
    const struct coil_http_server_options options = {
        .idle_timeout = 5 * COIL_SECOND,
    };

    NEEDS_HTTP2;
    if (!simulated)
        return;
    serve_with(&options);
    http2_open(&client);
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    /* It has been parked meanwhile. */
    ASSERT_STR_EQ(http2_get(&client, "/")->body, "root");
    ASSERT_EQ(coil_http_server_connections(server), 1);
    /* The client may close first, for 2 seconds. */
    ASSERT_EQ(coil_sleep(8 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT(!coil__http2_session_is_open(client.session));
    end();
}

/* ---- HTTP/1.1 only ---------------------------------------------------- */

STREAM_TEST(http2_server_can_be_one_of_http_1_only)
{
    const struct coil_http_server_options options = { .http1_only = true };

    serve_with(&options);
    ASSERT_EQ(status_in(ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), 505);
    ASSERT_STR_EQ(body_in(get("/")), "root");
    end_server();
}

STREAM_TEST(http2_server_takes_what_only_begins_like_http_2)
{
    serve_defaults();
    ASSERT_STR_CONTAINS(ask("PUT /look HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "seen");
    ASSERT_STR_CONTAINS(ask("PRI /look HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "seen");
    ASSERT_STR_EQ(ask("PRI"), "");
    end_server();
}
