/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The server, asked over plain streams: what it answers byte for byte, to
 * requests as they should be and to others.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/http_server.h>
#include <coil/task_group.h>

#include "stream_test.h"

/* ---- a server with a few routes --------------------------------------- */

static char seen[4096]; /* what handlers have noted */
static int reported;    /* errors that nobody received */

static int hello(struct coil_http_exchange *x, void *arg)
{
    return coil_http_respond(x, 200, "text/plain", arg, strlen(arg));
}

/* Note what the request says. */
static int look(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_EQ(strlen(body), size);
    snprintf(seen, sizeof seen, "%s|%s|%s|%s|%s|%s",
             coil_http_exchange_method(x), coil_http_exchange_path(x),
             coil_http_exchange_query(x),
             coil_http_exchange_header(x, "x-a")
                 ? coil_http_exchange_header(x, "x-a")
                 : "-",
             coil_http_exchange_segment(x, 0) ? coil_http_exchange_segment(x, 0)
                                              : "-",
             body);
    return coil_http_respond(x, 200, NULL, "seen", 4);
}

static int stream_it(struct coil_http_exchange *x, void *arg)
{
    bool is_sized = arg;
    int rc = coil_http_respond_header(x, "X-A", "b");

    if (rc == 0)
        rc = coil_http_begin(x, 200, "text/plain",
                             is_sized ? 10 : COIL_HTTP_CHUNKED);
    if (rc == 0)
        rc = coil_http_write(x, "01234", 5);
    if (rc == 0)
        rc = coil_http_write(x, "", 0);
    if (rc == 0)
        rc = coil_http_write(x, "56789", 5);
    if (rc == 0 && is_sized)
        ASSERT_EQ(coil_http_write(x, "x", 1), -EINVAL);
    return rc;
}

static int echo(struct coil_http_exchange *x, void *arg)
{
    char piece[100];
    ptrdiff_t n;
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    while (rc == 0) {
        n = coil_http_exchange_read(x, piece, sizeof piece);
        if (n <= 0)
            return (int)n;
        rc = coil_http_write(x, piece, (size_t)n);
    }
    return rc;
}

static int fail_at_once(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    return -EIO;
}

static int fail_later(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, arg ? 10 : COIL_HTTP_CHUNKED);

    if (rc == 0)
        rc = coil_http_write(x, "01234", 5);
    return rc < 0 ? rc : -EIO;
}

static int write_too_little(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, 10);

    (void)arg;
    if (rc == 0)
        rc = coil_http_write(x, "01234", 5);
    return rc;
}

static int say_nothing(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    return 0;
}

static int answer_empty(struct coil_http_exchange *x, void *arg)
{
    const int *status = arg;

    return coil_http_respond(x, *status, "text/plain", "body", 4);
}

static int answer_large(struct coil_http_exchange *x, void *arg)
{
    size_t size = *(const size_t *)arg;
    unsigned char *bytes = make_bytes(size);
    int rc = coil_http_respond(x, 200, NULL, bytes, size);

    free(bytes);
    return rc;
}

static int be_slow(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_sleep(10 * COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    return coil_http_respond(x, 200, NULL, "slow", 4);
}

/* Refuses what must not go out, and says so. */
static int inject(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_http_respond_header(x, "X-A", "b\r\nX-B: c"),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond_header(x, "X A", "b"), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond_header(x, "Content-Length", "3"),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond_header(x, "transfer-encoding", "chunked"),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond_header(x, "Connection", "keep-alive"),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond(x, 200, "a\r\nb: c", "", 0),
              COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond(x, 199, NULL, "", 0), -EINVAL);
    ASSERT_EQ(coil_http_respond(x, 600, NULL, "", 0), -EINVAL);
    ASSERT_EQ(coil_http_begin(x, 200, NULL, -2), -EINVAL);
    ASSERT_EQ(coil_http_write(x, "", 0), -EINVAL);
    ASSERT_EQ(coil_http_respond(x, 200, NULL, "good", 4), 0);
    ASSERT_EQ(coil_http_respond(x, 200, NULL, "again", 5), -EALREADY);
    ASSERT_EQ(coil_http_begin(x, 200, NULL, 5), -EALREADY);
    ASSERT_EQ(coil_http_respond_header(x, "X-A", "b"), -EALREADY);
    return 0;
}

static int hijack(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *stream = coil_http_exchange_hijack(x);
    char line[16];
    size_t size;
    int rc = coil_stream_write(stream, "HTTP/1.1 101 Go\r\n\r\n", 19);

    (void)arg;
    if (rc == 0)
        rc = coil_stream_read_until(stream, "\n", 1, line, sizeof line, &size);
    if (rc == 0)
        rc = coil_stream_write(stream, line, size);
    return rc;
}

static int status_204 = 204;
static int status_304 = 304;
static size_t large_size = 300000;

static const struct {
    const char *method;
    const char *pattern;
    coil_http_handler_fn handler;
    void *arg;
} routes[] = {
    { "GET", "/hello", hello, "hello" },
    { "POST", "/hello", hello, "posted" },
    { "GET", "/", hello, "root" },
    { NULL, "/look", look, NULL },
    { "GET", "/item/{}", look, NULL },
    { "GET", "/item/{}/part", hello, "part" },
    { "GET", "/files/*", look, NULL },
    { "GET", "/chunked", stream_it, NULL },
    { "GET", "/sized", stream_it, &status_204 },
    { "POST", "/echo", echo, NULL },
    { "GET", "/fail", fail_at_once, NULL },
    { "POST", "/fail", fail_at_once, NULL },
    { "GET", "/fail-chunked", fail_later, NULL },
    { "GET", "/fail-sized", fail_later, &status_204 },
    { "GET", "/short", write_too_little, NULL },
    { "GET", "/nothing", say_nothing, NULL },
    { "GET", "/204", answer_empty, &status_204 },
    { "GET", "/304", answer_empty, &status_304 },
    { "GET", "/large", answer_large, &large_size },
    { "GET", "/slow", be_slow, NULL },
    { "GET", "/inject", inject, NULL },
    { "GET", "/hijack", hijack, NULL },
};

static struct coil_http_server *server;
static struct coil_task *serving;
static struct coil_address address;

static int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

static void count_report(struct coil_loop *loop,
                         const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)exception;
    (void)arg;
    reported++;
}

static void serve_with(const struct coil_http_server_options *options)
{
    reported = 0;
    seen[0] = '\0';
    coil_loop_set_exception_handler(coil_loop_current(), count_report, NULL);
    ASSERT_EQ(coil_http_server_new(&server, options), 0);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        ASSERT_EQ(coil_http_server_route(server, routes[i].method,
                                         routes[i].pattern, routes[i].handler,
                                         routes[i].arg),
                  0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
}

static void serve_defaults(void)
{
    serve_with(NULL);
}

static void end_server(void)
{
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    coil_http_server_free(server);
}

/* ---- a client of bytes ------------------------------------------------ */

static struct coil_stream *dial(void)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    return s;
}

/* Read until the server closes. */
static size_t read_rest(struct coil_stream *s, char *out, size_t size)
{
    size_t got = 0;
    ptrdiff_t n;

    do {
        n = coil_stream_read(s, out + got, size - 1 - got);
        if (n > 0)
            got += (size_t)n;
    } while (n > 0 && got < size - 1);
    ASSERT(n == 0 || n == -ECONNRESET);
    out[got] = '\0';
    return got;
}

/* Take the Date lines out: they are as they are. */
static void drop_dates(char *text)
{
    char *date;

    while ((date = strstr(text, "Date: "))) {
        char *end = strstr(date, "GMT\r\n");

        if (!end)
            break;
        ASSERT_EQ(end - date, 32);
        memmove(date, end + 5, strlen(end + 5) + 1);
    }
}

/* All that the server says to `request`, until it closes. */
static const char *ask_bytes(const char *request, size_t size)
{
    static char answer[64 * 1024];
    struct coil_stream *s = dial();

    int rc;

    /* The server may have answered, and closed, before it has all. */
    rc = coil_stream_write(s, request, size);
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    ASSERT(rc == 0 || rc == -EPIPE || rc == -ECONNRESET || rc == -ENOTCONN);
    read_rest(s, answer, sizeof answer);
    drop_dates(answer);
    coil_stream_abort(s);
    return answer;
}

static const char *ask(const char *request)
{
    return ask_bytes(request, strlen(request));
}

static const char *get(const char *target)
{
    char request[3000];

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", target);
    return ask(request);
}

static int status_in(const char *answer)
{
    int status = 0;

    sscanf(answer, "HTTP/1.1 %3d ", &status);
    return status;
}

static const char *body_in(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");

    ASSERT_NOT_NULL(end);
    return end + 4;
}

#define CLOSE "Connection: close\r\n"
#define HOST "Host: h\r\n"

/* ---- responses -------------------------------------------------------- */

STREAM_TEST(http_server_answers)
{
    serve_defaults();
    ASSERT_STR_EQ(get("/hello"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 5\r\n" CLOSE "\r\nhello");
    ASSERT_STR_EQ(ask("GET /hello HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 5\r\n" CLOSE "\r\nhello");
    ASSERT_STR_EQ(get("/chunked"),
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Transfer-Encoding: chunked\r\n" CLOSE "\r\n"
                  "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n");
    ASSERT_STR_EQ(get("/sized"),
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 10\r\n" CLOSE "\r\n0123456789");
    ASSERT_STR_EQ(
        ask("GET /chunked HTTP/1.0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n" CLOSE
        "\r\n0123456789");
    ASSERT_STR_EQ(get("/204"), "HTTP/1.1 204 No Content\r\n"
                               "Content-Type: text/plain\r\n" CLOSE "\r\n");
    ASSERT_STR_EQ(get("/304"),
                  "HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 4\r\n" CLOSE "\r\n");
    ASSERT_STR_EQ(body_in(get("/inject")), "good");
    ASSERT_NULL(strstr(get("/inject"), "X-"));
    ASSERT_EQ(reported, 0);
    end_server();
}

STREAM_TEST(http_server_head_is_get_without_the_body)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("HEAD /hello HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /chunked HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /sized HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /nowhere HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 5\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 10\r\n\r\n"
                  "HTTP/1.1 404 Not Found\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 14\r\n" CLOSE "\r\n");
    end_server();
}

STREAM_TEST(http_server_sends_large_bodies_whole)
{
    size_t size = large_size;
    char *answer = malloc(size + 1000);
    struct coil_stream *s;
    const char *body;

    serve_defaults();
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST CLOSE "\r\n");
    read_rest(s, answer, size + 1000);
    body = body_in(answer);
    check_bytes((const unsigned char *)body, 0, size);
    coil_stream_abort(s);
    end_server();
    free(answer);
}

STREAM_TEST(http_server_serves_pipelined_requests_in_order)
{
    serve_defaults();
    ASSERT_STR_EQ(
        ask("POST /hello HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
            "GET / HTTP/1.1\r\n" HOST "\r\n"
            "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\n"
            "\r\nGET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"
            "GET /after-the-close HTTP/1.1\r\n" HOST "\r\n"),
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        "Content-Length: 6\r\n\r\nposted"
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        "Content-Length: 4\r\n\r\nroot"
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        "Content-Length: 6\r\n\r\nposted"
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        "Content-Length: 5\r\n" CLOSE "\r\nhello");
    ASSERT_STR_EQ(ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                      "GET / HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 4\r\nConnection: keep-alive\r\n\r\nroot"
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 4\r\n" CLOSE "\r\nroot");
    end_server();
}

/* ---- requests --------------------------------------------------------- */

static void expect_seen(const char *request, const char *expected)
{
    ASSERT_STR_CONTAINS(ask(request), "\r\n\r\nseen");
    ASSERT_STR_EQ(seen, expected);
}

STREAM_TEST(http_server_tells_handlers_what_was_asked)
{
    serve_defaults();
    expect_seen("POST /look?a=b&c HTTP/1.1\r\n" HOST
                "x-A:  c \r\nContent-Length: 3\r\n\r\nxyz",
                "POST|/look|a=b&c|c|-|xyz");
    expect_seen("PUT /look? HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                "\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n",
                "PUT|/look||-|-|xyz");
    expect_seen("GET http://h/look?q HTTP/1.1\r\n" HOST "\r\n",
                "GET|/look|q|-|-|");
    expect_seen("GET /item/a%20b%2Fc HTTP/1.1\r\n" HOST "\r\n",
                "GET|/item/a%20b%2Fc||-|a b/c|");
    expect_seen("GET /files/ HTTP/1.1\r\n" HOST "\r\n", "GET|/files/||-||");
    expect_seen("GET /files/a/b//%63 HTTP/1.1\r\n" HOST "\r\n",
                "GET|/files/a/b//%63||-|a/b//c|");
    expect_seen("GET /%6c%6Fok HTTP/1.1\r\n" HOST "\r\n",
                "GET|/%6c%6Fok||-|-|");
    ASSERT_STR_EQ(body_in(ask("GET http://h HTTP/1.0\r\n\r\n")), "root");
    ASSERT_STR_EQ(body_in(ask("GET http://h?q HTTP/1.0\r\n\r\n")), "root");
    ASSERT_STR_EQ(body_in(get("/item/x/part")), "part");
    end_server();
}

static int note_arguments(struct coil_http_exchange *x, void *arg)
{
    const char *name;
    const char *value;

    (void)arg;
    seen[0] = '\0';
    for (size_t i = 0; (name = coil_http_exchange_argument_at(x, i, &value));
         i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s=%s;",
                 name, value);
    value = coil_http_exchange_argument(x, "a b");
    return coil_http_respond(x, 200, NULL, value, value ? strlen(value) : 0);
}

STREAM_TEST(http_server_decodes_the_arguments_of_a_query)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/arguments",
                                     note_arguments, NULL),
              0);
    ASSERT_STR_EQ(body_in(get("/arguments?x=1&a+b=c%26d&a%20b=e&y&=z&&w==")),
                  "c&d");
    ASSERT_STR_EQ(seen, "x=1;a b=c&d;a b=e;y=;=z;w==;");
    ASSERT_STR_EQ(body_in(get("/arguments?%zz=%4&%00=1%")), "");
    ASSERT_STR_EQ(seen, "%zz=%4;%00=1%;");
    ASSERT_STR_EQ(body_in(get("/arguments?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a")), "");
    ASSERT_EQ(strlen(seen), 15 * 3);
    ASSERT_STR_EQ(body_in(get("/arguments")), "");
    ASSERT_STR_EQ(seen, "");
    end_server();
}

STREAM_TEST(http_server_says_404_and_405)
{
    serve_defaults();
    ASSERT_EQ(status_in(get("/nowhere")), 404);
    ASSERT_EQ(status_in(get("/hello/")), 404);
    ASSERT_EQ(status_in(get("/item")), 404);
    ASSERT_EQ(status_in(get("/item/")), 404);
    ASSERT_EQ(status_in(get("/files")), 404);
    ASSERT_EQ(status_in(get("/item/a/b")), 404);
    ASSERT_EQ(status_in(ask("OPTIONS * HTTP/1.0\r\n\r\n")), 404);
    ASSERT_STR_EQ(ask("DELETE /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, POST\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 23\r\n" CLOSE
                  "\r\n405 Method Not Allowed\n");
    ASSERT_EQ(reported, 0);
    end_server();
}

STREAM_TEST(http_server_refuses_what_is_no_request)
{
    static const struct {
        int status;
        const char *text;
    } bad[] = {
        { 400, "GET / HTTP/1.1\r\n\r\n" },
        { 400, "GET / HTTP/1.1\nHost: h\n\n" },
        { 400, "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n" },
        { 400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n" },
        { 400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n" },
        { 400, "GET /%zz HTTP/1.1\r\n" HOST "\r\n" },
        { 400, "GET /%00 HTTP/1.1\r\n" HOST "\r\n" },
        { 400, "GET https://h/ HTTP/1.1\r\n" HOST "\r\n" },
        { 400, "GET h:80 HTTP/1.1\r\n" HOST "\r\n" },
        { 400, "\x16\x03\x01 this is TLS" },
        { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
               "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 501, "FETCH / HTTP/1.1\r\n" HOST "\r\n" },
        { 501, "CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n" },
        { 501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n" },
        { 505, "GET / HTTP/2.0\r\n" HOST "\r\n" },
    };

    serve_defaults();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *answer = ask(bad[i].text);

        if (status_in(answer) != bad[i].status)
            FAIL("%s -> %s", bad[i].text, answer);
        ASSERT_STR_CONTAINS(answer, CLOSE);
        /* One answer, and nothing of what followed was taken for a request. */
        ASSERT_NULL(strstr(answer + 1, "HTTP/1.1"));
    }
    ASSERT_EQ(reported, 0);
    end_server();
}

STREAM_TEST(http_server_refuses_heads_that_are_too_large)
{
    char *text = calloc(1, 80 * 1024);
    size_t size = (size_t)sprintf(text, "GET / HTTP/1.1\r\n" HOST "X: ");

    serve_defaults();
    memset(text + size, 'a', 70 * 1024);
    ASSERT_EQ(status_in(ask(text)), 431);
    text[size] = '\0';
    for (int i = 0; i < 200; i++)
        strcat(text, "a\r\nX: ");
    ASSERT_EQ(status_in(ask(text)), 431);
    end_server();
    free(text);
}

STREAM_TEST(http_server_says_nothing_to_who_says_nothing)
{
    struct coil_stream *s;

    serve_defaults();
    ASSERT_STR_EQ(ask(""), "");
    ASSERT_STR_EQ(ask("\r\n\r\n"), "");
    ASSERT_STR_EQ(ask("GET / HT"), "");
    s = dial();
    send_text(s, "GET / HT");
    coil_stream_abort(s);
    settle();
    end_server();
}

/* ---- bodies of requests ----------------------------------------------- */

STREAM_TEST(http_server_limits_whole_bodies)
{
    serve_with(&(struct coil_http_server_options){ .max_body_size = 5 });
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST
                            "Content-Length: 6\r\n\r\n123456")),
              413);
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "6\r\n123456\r\n0\r\n\r\n")),
              413);
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST
                            "Content-Length: 999999999999\r\n\r\n1")),
              413);
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST
                            "Content-Length: 5\r\n\r\n12345")),
              200);
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "6\n123456\r\n0\r\n\r\n")),
              400);
    ASSERT_EQ(reported, 0);
    end_server();
}

STREAM_TEST(http_server_streams_both_ways)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"),
                  "HTTP/1.1 200 OK\r\n" CLOSE "\r\nhello");
    end_server();
}

STREAM_TEST(http_server_passes_over_a_body_that_nobody_read)
{
    char *request = malloc(700 * 1024);
    size_t size;
    const char *answer;

    serve_defaults();
    size = (size_t)sprintf(request, "POST /hello HTTP/1.1\r\n" HOST
                                    "Content-Length: 100000\r\n\r\n");
    memset(request + size, 'x', 100000);
    strcpy(request + size + 100000, "GET / HTTP/1.0\r\n\r\n");
    answer = ask_bytes(request, size + 100000 + 18);
    ASSERT_STR_CONTAINS(answer, "posted");
    ASSERT_STR_CONTAINS(answer, "root");

    /* One that is too long ends the connection, but the answer arrives. */
    size = (size_t)sprintf(request, "POST /hello HTTP/1.1\r\n" HOST
                                    "Content-Length: 600000\r\n\r\n");
    memset(request + size, 'x', 600000);
    answer = ask_bytes(request, size + 600000);
    ASSERT_STR_CONTAINS(answer, "posted");
    end_server();
    free(request);
}

STREAM_TEST(http_server_tells_a_client_that_waits_to_go_on)
{
    struct coil_stream *s;
    char line[200];
    size_t size;

    serve_defaults();
    s = dial();
    send_text(s, "POST /look HTTP/1.1\r\n" HOST CLOSE
                 "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_EQ(
        coil_stream_read_until(s, "\r\n\r\n", 4, line, sizeof line, &size), 0);
    line[size] = '\0';
    ASSERT_STR_EQ(line, "HTTP/1.1 100 Continue\r\n\r\n");
    send_text(s, "abc");
    read_rest(s, line, sizeof line);
    ASSERT_EQ(status_in(line), 200);
    ASSERT_STR_CONTAINS(seen, "|abc");
    coil_stream_abort(s);

    /* A handler that does not want the body: one answer, and the end. */
    s = dial();
    send_text(s, "POST /hello HTTP/1.1\r\n" HOST
                 "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    read_rest(s, line, sizeof line);
    drop_dates(line);
    ASSERT_STR_EQ(line, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                        "Content-Length: 6\r\n" CLOSE "\r\nposted");
    coil_stream_abort(s);
    end_server();
}

STREAM_TEST(http_server_gives_a_handler_the_connection)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("GET /hijack HTTP/1.1\r\n" HOST "\r\nping\nrest"),
                  "HTTP/1.1 101 Go\r\n\r\nping\n");
    end_server();
}

/* ---- handlers that fail ----------------------------------------------- */

STREAM_TEST(http_server_reports_a_failure_and_says_500)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("GET /fail HTTP/1.1\r\n" HOST "\r\n"),
                  "HTTP/1.1 500 Internal Server Error\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 26\r\n" CLOSE
                  "\r\n500 Internal Server Error\n");
    ASSERT_EQ(reported, 1);
    ASSERT_EQ(status_in(get("/nothing")), 500);
    ASSERT_EQ(reported, 2);
    ASSERT_EQ(status_in(ask("POST /fail HTTP/1.1\r\n" HOST
                            "Content-Length: 3\r\n\r\nabc")),
              500);
    end_server();
}

/* The client must not take what it got for the whole. */
STREAM_TEST(http_server_truncates_a_response_that_failed)
{
    serve_defaults();
    ASSERT_NULL(strstr(get("/fail-chunked"), "0\r\n\r\n"));
    ASSERT_EQ(reported, 1);
    ASSERT_NULL(strstr(get("/fail-sized"), "0123456789"));
    ASSERT_EQ(reported, 2);
    ASSERT_NULL(strstr(get("/short"), "0123456789"));
    ASSERT_EQ(reported, 3);
    end_server();
}

/* ---- time, on the simulator ------------------------------------------- */

static void (*timed_body)(void);

static int run_timed(void *arg)
{
    (void)arg;
    simulated = true;
    timed_body();
    return 0;
}

static void for_all_seeds(void (*body)(void))
{
    timed_body = body;
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(run_timed, NULL, seed), 0);
}

#define TIMED_TEST(name)                                                       \
    static void timed_body_##name(void);                                       \
    TEST(name)                                                                 \
    {                                                                          \
        for_all_seeds(timed_body_##name);                                      \
    }                                                                          \
    static void timed_body_##name(void)

/* What comes until the server closes, and when it does. */
static coil_time close_of(struct coil_stream *s, char *answer, size_t size)
{
    coil_time before = coil_now();

    read_rest(s, answer, size);
    coil_stream_abort(s);
    return coil_now() - before;
}

static void expect_between(coil_time what, coil_time low, coil_time high)
{
    ASSERT_GE(what, low);
    ASSERT_LE(what, high);
}

TIMED_TEST(http_server_does_not_wait_for_heads_for_ever)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    expect_between(close_of(s, answer, sizeof answer), 30 * COIL_SECOND,
                   31 * COIL_SECOND);
    ASSERT_STR_EQ(answer, "");

    s = dial();
    send_text(s, "GET / HTTP/1.1\r\n");
    expect_between(close_of(s, answer, sizeof answer), 30 * COIL_SECOND,
                   31 * COIL_SECOND);
    ASSERT_EQ(status_in(answer), 408);
    end_server();
}

static int send_slowly(void *arg)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX: aaaaaaaaaaaaa";

    for (size_t i = 0; i < sizeof text - 1; i++) {
        int rc = coil_stream_write(arg, &text[i], 1);

        if (rc == 0)
            rc = coil_sleep(COIL_SECOND);
        if (rc < 0)
            return 0;
    }
    return 0;
}

/* Slowloris: a byte a second keeps nothing alive. */
TIMED_TEST(http_server_limits_the_time_of_a_head_that_comes_byte_by_byte)
{
    struct coil_stream *s;
    struct coil_task *task;
    char answer[300];
    coil_time before = coil_now();

    serve_defaults();
    s = dial();
    task = start(send_slowly, s);
    read_rest(s, answer, sizeof answer);
    expect_between(coil_now() - before, 30 * COIL_SECOND, 32 * COIL_SECOND);
    end_by_cancelling(task);
    coil_stream_abort(s);
    end_server();
}

TIMED_TEST(http_server_closes_idle_connections)
{
    struct coil_stream *s;
    char answer[300];

    serve_with(
        &(struct coil_http_server_options){ .idle_timeout = 7 * COIL_SECOND });
    s = dial();
    send_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    expect_between(close_of(s, answer, sizeof answer), 7 * COIL_SECOND,
                   8 * COIL_SECOND);
    ASSERT_STR_CONTAINS(answer, "root");
    end_server();
}

TIMED_TEST(http_server_does_not_wait_for_bodies_for_ever)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "POST /look HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab");
    expect_between(close_of(s, answer, sizeof answer), 60 * COIL_SECOND,
                   64 * COIL_SECOND);
    ASSERT_EQ(status_in(answer), 408);
    ASSERT_EQ(reported, 0);
    end_server();
}

TIMED_TEST(http_server_does_not_wait_for_who_does_not_read)
{
    size_t before = large_size;
    struct coil_stream *s;

    large_size = 4 * 1024 * 1024;
    serve_defaults();
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(59 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 1);
    ASSERT_EQ(coil_sleep(10 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(reported, 0);
    coil_stream_abort(s);
    end_server();
    large_size = before;
}

/* ---- the end ---------------------------------------------------------- */

TIMED_TEST(http_server_stopping_lets_requests_end)
{
    struct coil_stream *idle;
    struct coil_stream *busy;
    char answer[300];

    serve_defaults();
    idle = dial();
    busy = dial();
    send_text(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 2);
    coil_http_server_stop(server, COIL_MINUTE);
    expect_between(close_of(idle, answer, sizeof answer), 0, COIL_SECOND);
    expect_between(close_of(busy, answer, sizeof answer), 8 * COIL_SECOND,
                   10 * COIL_SECOND);
    ASSERT_STR_CONTAINS(answer, CLOSE);
    ASSERT_STR_CONTAINS(answer, "slow");
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

TIMED_TEST(http_server_stopping_cancels_what_takes_too_long)
{
    struct coil_stream *busy;
    char answer[300];

    serve_defaults();
    busy = dial();
    send_text(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    coil_http_server_stop(server, 2 * COIL_SECOND);
    coil_http_server_stop(server, COIL_MINUTE);
    expect_between(close_of(busy, answer, sizeof answer), 2 * COIL_SECOND,
                   3 * COIL_SECOND);
    ASSERT_STR_EQ(answer, "");
    ASSERT_EQ(reported, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

/* A request of which some bytes have come is in progress. */
TIMED_TEST(http_server_stopping_waits_for_a_head_that_has_begun)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "GET / HTTP");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    send_text(s, "/1.1\r\n" HOST "\r\n");
    close_of(s, answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "root");
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

STREAM_TEST(http_server_stopped_before_it_serves_returns_at_once)
{
    serve_defaults();
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), -EINVAL);
    ASSERT_EQ(coil_http_server_serve(server), -EINVAL);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), -EALREADY);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    ASSERT_STR_EQ(body_in(get("/")), "root");
    ASSERT_EQ(coil_http_server_serve(server), -EALREADY);
    end_server();
}

STREAM_TEST(http_server_cancelled_closes_everything)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    settle();
    ASSERT_EQ(end_by_cancelling(serving), -ECANCELED);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    read_rest(s, answer, sizeof answer);
    ASSERT_STR_EQ(answer, "");
    coil_stream_abort(s);
    coil_http_server_free(server);
}

static int be_quick(void *arg)
{
    char *answer = arg;
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &address);

    if (rc < 0)
        return rc;
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    read_rest(s, answer, 300);
    coil_stream_abort(s);
    return 0;
}

STREAM_TEST(http_server_serves_so_many_connections_at_a_time)
{
    struct coil_task_group group;
    char answers[8][300];
    int rc;

    serve_with(&(struct coil_http_server_options){ .max_connections = 2 });
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 8; i++)
        rc = coil_task_group_create(&group, NULL, be_quick, answers[i]);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    for (int i = 0; i < 8; i++)
        ASSERT_STR_EQ(body_in(answers[i]), "hello");
    end_server();
}

/* ---- routes ----------------------------------------------------------- */

TEST(http_server_refuses_patterns_that_are_none)
{
    struct coil_http_server *s;

    ASSERT_EQ(coil_http_server_new(&s, NULL), 0);
    ASSERT_EQ(coil_http_server_route(s, "GET", "", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "GET", "a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "GET", "/*/a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "GET", "/a*", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "GET", "/{}/{}/{}/{}/{}/{}/{}/{}/{}",
                                     hello, NULL),
              -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "G T", "/a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "", "/a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, NULL, "/*", hello, NULL), 0);
    coil_http_server_free(s);
}
