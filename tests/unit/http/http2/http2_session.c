/* SPDX-License-Identifier: MIT */
/* Two sessions, a client's and a server's, over a pair of streams in memory. */
#include <coil/error.h>
#include <coil/http.h>
#include <coil/stream_pair.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "http/http2/session.h"
#include "http/wire/http2_version.h"
#include "base/memory.h"
#include "simulated.h"
#include "stream_test.h"

static struct coil_stream *pair[2];
static struct coil__http2_session *client;
static struct coil__http2_session *server;
static struct coil_task *tasks[2];
static int (*handler)(struct coil__http2_stream *stream);
static struct coil_stream *served;

static int serve_one(void *arg)
{
    struct coil__http2_stream *s = coil__container_of(
        coil_stream_transport(arg), struct coil__http2_stream, transport);

    served = arg;
    return handler(s);
}

static int take_request(void *owner, struct coil__http2_stream *s)
{
    struct coil_stream *stream;
    int rc = coil_stream_new(&stream, &s->transport);

    (void)owner;
    if (rc < 0)
        return rc;
    rc = coil_task_create(NULL, serve_one, stream);
    if (rc < 0)
        coil_stream_abort(stream);
    return rc;
}

static int run_session(void *arg)
{
    return coil__http2_session_run(arg, COIL_NEVER);
}

static void begin(void)
{
    struct coil__http2_options options = {
        .head = { .size = 16 * 1024, .fields = 100 },
        .max_streams = 10,
        .window = 64 * 1024,
        .whole_window = 256 * 1024,
        .head_time = 30 * COIL_SECOND,
        .request = take_request,
    };

    ASSERT_EQ(coil_stream_pair(pair), 0);
    ASSERT_EQ(coil__http2_session_new(&client, pair[0], &options), 0);
    options.is_server = true;
    ASSERT_EQ(coil__http2_session_new(&server, pair[1], &options), 0);
    tasks[0] = start(run_session, client);
    tasks[1] = start(run_session, server);
}

static void end(void)
{
    coil__http2_session_go_away(client);
    ASSERT_EQ(end_of(tasks[0]), 0);
    coil__http2_session_free(client);
    ASSERT_EQ(coil_stream_close(pair[0]), 0);
    ASSERT_EQ(end_of(tasks[1]), 0);
    coil__http2_session_free(server);
    coil_stream_abort(pair[1]);
}

static struct coil_stream *ask(const char *path, const char *head,
                               uint64_t length)
{
    const struct coil__http2_request request = {
        .method = "POST",
        .authority = "example.org",
        .authority_size = 11,
        .path = path,
        .path_size = strlen(path),
        .is_secure = true,
    };
    char lines[4096];
    struct coil_stream *stream;

    snprintf(lines, sizeof lines, "%s", head);
    ASSERT_EQ(coil__http2_send_request(client, &request, lines, strlen(lines),
                                       length, &stream),
              0);
    return stream;
}

static struct coil__http_head place(struct coil__http2_head *from,
                                    enum coil__http_kind kind,
                                    struct coil__http_block *block)
{
    const struct coil__http_layout layout = { 0 };
    struct coil__http_head head;

    ASSERT_EQ(coil__http2_head_place(from, kind, block, &layout, &head), 0);
    coil__http2_head_free(from);
    return head;
}

static int echo(struct coil__http2_stream *s)
{
    char lines[] = "Content-Type: text/plain\r\nX-Odd:  value \r\n"
                   "X-Empty:\r\nX-Tab:\tvalue\t\r\n\r\n";
    struct coil_stream *stream = served;
    struct coil__http_block block = { 0 };
    struct coil__http_head head;
    struct coil__http2_head *raw;
    char bytes[1000];
    ptrdiff_t n;
    int rc;

    raw = coil__http2_stream_await_head(s, &rc);
    ASSERT_EQ(rc, 0);
    head = place(raw, COIL__HTTP_REQUEST, &block);
    ASSERT_STR_EQ(head.method, "POST");
    ASSERT_STR_EQ(head.target, "/echo?x");
    ASSERT_STR_EQ(head.host, "example.org");
    ASSERT_STR_EQ(
        coil_http_find_header(head.headers, head.header_count, "Cookie"),
        "a=1; b=2");
    ASSERT_STR_EQ(
        coil_http_find_header(head.headers, head.header_count, "X-One"), "1");
    coil__free(block.memory);
    ASSERT_EQ(coil__http2_send_response(s, 200, lines, sizeof lines - 1,
                                        COIL__HTTP2_UNKNOWN),
              0);
    while ((n = coil_stream_read(stream, bytes, sizeof bytes)) > 0) {
        ASSERT_EQ(coil_stream_write(stream, bytes, (size_t)n), 0);
        ASSERT_EQ(coil_stream_drain(stream), 0);
    }
    ASSERT_EQ(n, 0);
    ASSERT_EQ(coil_stream_close(stream), 0);
    return 0;
}

static int send_and_end(void *arg)
{
    static char bytes[300000];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 251);
    ASSERT_EQ(coil_stream_write(arg, bytes, sizeof bytes), 0);
    return coil_stream_shutdown(arg);
}

STREAM_TEST(http2_session_both_ways_with_more_than_a_window)
{
    struct coil__http_block block = { 0 };
    struct coil__http2_head *raw;
    struct coil__http_head head;
    struct coil_stream *stream;
    struct coil_task *sender;
    char bytes[777];
    size_t size = 0;
    ptrdiff_t n;
    int rc;

    begin();
    handler = echo;
    stream = ask("/echo?x", "Cookie: a=1\r\nCookie: b=2\r\nX-One: 1\r\n\r\n",
                 COIL__HTTP2_UNKNOWN);
    sender = start(send_and_end, stream);
    raw = coil__http2_stream_await_head(coil__http2_stream_of(stream), &rc);
    ASSERT_EQ(rc, 0);
    head = place(raw, COIL__HTTP_RESPONSE, &block);
    ASSERT_EQ(head.status, 200);
    ASSERT_STR_EQ(head.headers[1].name, "x-odd");
    ASSERT_STR_EQ(head.headers[1].value, "value");
    ASSERT_STR_EQ(head.headers[2].name, "x-empty");
    ASSERT_STR_EQ(head.headers[2].value, "");
    ASSERT_STR_EQ(head.headers[3].value, "value");
    coil__free(block.memory);
    while ((n = coil_stream_read(stream, bytes, sizeof bytes)) > 0)
        for (ptrdiff_t i = 0; i < n; i++)
            ASSERT_EQ((unsigned char)bytes[i], size++ % 251);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(size, 300000);
    ASSERT_EQ(end_of(sender), 0);
    ASSERT_EQ(coil_stream_close(stream), 0);
    end();
}

/* ---- what is done too late -------------------------------------------- */

static int write_now(struct coil_stream *stream, const char *text)
{
    int rc = coil_stream_write(stream, text, strlen(text));

    return rc < 0 ? rc : coil_stream_flush(stream);
}

/* Answers without a body, and tries more. */
static int answer_once(struct coil__http2_stream *s)
{
    char lines[] = "\r\n";
    struct coil_stream *stream = served;
    struct coil__http2_head *raw;
    char byte;
    int rc;

    raw = coil__http2_stream_await_head(s, &rc);
    ASSERT_NOT_NULL(raw);
    coil__http2_head_free(raw);
    while (coil_stream_read(stream, &byte, 1) > 0)
        ;
    /* There are no trailers either. */
    raw = coil__http2_stream_await_head(s, &rc);
    ASSERT_NULL(raw);
    ASSERT(rc == 0 || rc == -ECONNRESET);
    rc = coil__http2_send_response(s, 204, lines, 2, 0);
    ASSERT(rc == 0 || rc == -ECONNRESET);
    for (int i = 0; i < 10 && coil_yield() == 0; i++)
        ;
    rc = coil__http2_send_response(s, 204, lines, 2, 0);
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    rc = write_now(stream, "behind the end");
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    coil_stream_abort(stream);
    return 0;
}

STREAM_TEST(http2_session_ends_a_body_at_its_length)
{
    struct coil_stream *stream;
    struct coil__http2_head *raw;
    int rc;

    begin();
    handler = answer_once;
    stream = ask("/", "\r\n", 3);
    ASSERT_EQ(write_now(stream, "abc"), 0);
    ASSERT_EQ(write_now(stream, "d"), -EPIPE);
    raw = coil__http2_stream_await_head(coil__http2_stream_of(stream), &rc);
    ASSERT_NOT_NULL(raw);
    coil__http2_head_free(raw);
    coil_stream_abort(stream);
    stream = ask("/", "\r\n", 3);
    /* What is too much is not sent. */
    ASSERT_EQ(write_now(stream, "abcd"), -EPIPE);
    coil_stream_abort(stream);
    settle();
    end();
}

static int close_stream(void *arg)
{
    coil_stream_abort(arg);
    return 0;
}

STREAM_TEST(http2_session_ends_a_read_when_the_stream_is_closed)
{
    struct coil_stream *stream;
    struct coil_task *task;
    char byte;

    begin();
    handler = answer_once;
    stream = ask("/", "\r\n", 3);
    ASSERT_EQ(coil_stream_read_nowait(stream, &byte, 1), 0);
    task = start(close_stream, stream);
    ASSERT_EQ(coil_stream_read(stream, &byte, 1), -EBADF);
    ASSERT_EQ(end_of(task), 0);
    settle();
    end();
}

STREAM_TEST(http2_session_that_goes_takes_no_request)
{
    const struct coil__http2_request request = { .method = "GET",
                                                 .authority = "h",
                                                 .authority_size = 1,
                                                 .path = "/",
                                                 .path_size = 1 };
    char lines[] = "\r\n";
    struct coil_stream *stream;

    begin();
    coil__http2_session_go_away(client);
    settle();
    ASSERT(!coil__http2_session_is_open(client));
    ASSERT_EQ(coil__http2_send_request(client, &request, lines, 2, 0, &stream),
              -ESHUTDOWN);
    ASSERT_NULL(stream);
    end();
}

/* A stream goes on failing, and has no addresses any more. */
STREAM_TEST(http2_session_is_freed_before_its_streams)
{
    struct coil_address address;
    struct coil_stream *stream;
    char byte;

    begin();
    handler = answer_once;
    stream = ask("/", "\r\n", 3);
    settle();
    end_cancelled(tasks[0]);
    coil__http2_session_free(client);
    coil_stream_abort(pair[0]);
    coil__http2_session_fail(server, -ECONNRESET);
    end_of(tasks[1]);
    coil__http2_session_free(server);
    coil_stream_abort(pair[1]);
    ASSERT_EQ(coil_stream_read(stream, &byte, 1), -ECONNRESET);
    ASSERT_EQ(write_now(stream, "abc"), -ECONNRESET);
    coil_stream_local_address(stream, &address);
    ASSERT_EQ(address.length, 0);
    coil_stream_peer_address(stream, &address);
    ASSERT_EQ(address.length, 0);
    ASSERT_LT(coil_stream_close(stream), 0);
    settle();
}

/* ---- without memory --------------------------------------------------- */

enum { FIELDS = 40 };

/* More lines than have room without memory of their own. */
static const char *many_lines(void)
{
    static char lines[FIELDS * 12];

    lines[0] = '\0';
    for (int i = 0; i < FIELDS; i++)
        sprintf(lines + strlen(lines), "X-%02d: a\r\n", i);
    return strcat(lines, "\r\n");
}

static void break_all(void)
{
    coil_task_cancel(tasks[0]);
    end_of(tasks[0]);
    coil__http2_session_free(client);
    coil_stream_abort(pair[0]);
    end_of(tasks[1]);
    coil__http2_session_fail(server, -ECONNRESET);
    coil__http2_session_free(server);
    coil_stream_abort(pair[1]);
    settle();
}

/* Lacks memory for its response, and for the trailers behind it. */
static int answer_with_many(struct coil__http2_stream *s)
{
    char lines[FIELDS * 12];
    struct coil_stream *stream = served;

    snprintf(lines, sizeof lines, "%s", many_lines());
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil__http2_send_response(s, 200, lines, strlen(lines),
                                        COIL__HTTP2_UNKNOWN),
              -ENOMEM);
    coil_test_fail_allocation(0, false);
    snprintf(lines, sizeof lines, "%s", many_lines());
    ASSERT_EQ(coil__http2_send_response(s, 200, lines, strlen(lines),
                                        COIL__HTTP2_UNKNOWN),
              0);
    coil_stream_abort(stream);
    return 0;
}

STREAM_TEST(http2_session_lacks_memory_for_many_fields)
{
    const struct coil__http2_request request = { .method = "GET",
                                                 .authority = "h",
                                                 .authority_size = 1,
                                                 .path = "/",
                                                 .path_size = 1 };
    char lines[FIELDS * 12];
    struct coil_stream *stream;

    begin();
    handler = answer_with_many;
    snprintf(lines, sizeof lines, "%s", many_lines());
    coil_test_fail_allocation(2, false);
    ASSERT_EQ(coil__http2_send_request(client, &request, lines, strlen(lines),
                                       0, &stream),
              -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_NULL(stream);
    stream = ask("/", many_lines(), 0);
    settle();
    coil_stream_abort(stream);
    break_all();
}

/* Reads what comes, and says nothing. */
static int echo_away(struct coil__http2_stream *s)
{
    struct coil_stream *stream = served;
    char byte[100];

    (void)s;
    while (coil_stream_read(stream, byte, sizeof byte) > 0)
        ;
    coil_stream_abort(stream);
    return 0;
}

/* Bodies of many streams at once, and trailers behind them. */
static void send_many(size_t n)
{
    struct coil_stream *streams[6];

    begin();
    handler = echo_away;
    settle();
    for (int i = 0; i < 6; i++) {
        streams[i] = ask("/", "\r\n", COIL__HTTP2_UNKNOWN);
        ASSERT_EQ(coil__http2_set_trailers(coil__http2_stream_of(streams[i]),
                                           many_lines(), strlen(many_lines())),
                  0);
        ASSERT_EQ(coil_stream_write(streams[i], "body", 4), 0);
    }
    coil_test_fail_allocation(n, false);
    for (int i = 0; i < 6; i++) {
        int rc = coil_stream_flush(streams[i]);

        if (rc == 0)
            rc = coil_stream_shutdown(streams[i]);
        ASSERT_LE(rc, 0);
    }
    settle();
    coil_test_fail_allocation(0, false);
    for (int i = 0; i < 6; i++)
        coil_stream_abort(streams[i]);
    break_all();
}

STREAM_TEST(http2_session_lacks_memory_for_many_streams)
{
    if (seed > 2)
        return;
    for (size_t n = 1; n < 150; n++)
        send_many(n);
}
