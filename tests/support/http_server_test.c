/* SPDX-License-Identifier: MIT */
/* http_server_test.c - a server with a few routes, and a client of bytes */
#include "http_server_test.h"

/* ---- a server with a few routes --------------------------------------- */

char seen[8192];

int hello(struct coil_http_exchange *x, void *arg)
{
    return coil_http_respond(x, 200, "text/plain", arg, strlen(arg));
}

int look(struct coil_http_exchange *x, void *arg)
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

int echo(struct coil_http_exchange *x, void *arg)
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

int fail_at_once(struct coil_http_exchange *x, void *arg)
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

int inject(struct coil_http_exchange *x, void *arg)
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

int hijack(struct coil_http_exchange *x, void *arg)
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

/* Sends a body in pieces, with any status. */
static int stream_empty(struct coil_http_exchange *x, void *arg)
{
    const int *status = arg;
    int64_t length =
        coil_http_exchange_argument(x, "sized") ? 10 : COIL_HTTP_CHUNKED;
    int rc = coil_http_begin(x, *status, NULL, length);

    for (int i = 0; rc == 0 && i < 2; i++)
        rc = coil_http_write(x, "01234", 5);
    if (rc == 0 && length == 10)
        ASSERT_EQ(coil_http_write(x, "x", 1), -EINVAL);
    return rc;
}
static int status_204 = 204;
static int status_205 = 205;
static int status_304 = 304;
size_t large_size = 300000;
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
    { "GET", "/205", answer_empty, &status_205 },
    { "GET", "/304", answer_empty, &status_304 },
    { "GET", "/stream/204", stream_empty, &status_204 },
    { "GET", "/stream/205", stream_empty, &status_205 },
    { "GET", "/stream/304", stream_empty, &status_304 },
    { "GET", "/large", answer_large, &large_size },
    { "GET", "/slow", be_slow, NULL },
    { "GET", "/inject", inject, NULL },
    { "GET", "/hijack", hijack, NULL },
};
struct coil_http_server *server;
struct coil_task *serving;
struct coil_address address;

int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

void serve_with(const struct coil_http_server_options *options)
{
    seen[0] = '\0';
    watch_reports();
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

void serve_defaults(void)
{
    serve_with(NULL);
}

void end_server(void)
{
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    coil_http_server_free(server);
}

/* ---- a client of bytes ------------------------------------------------ */

struct coil_stream *dial(void)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    return s;
}

size_t read_rest(struct coil_stream *s, char *out, size_t size)
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

void drop_dates(char *text)
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

const char *ask_bytes(const char *request, size_t size)
{
    static char answer[64 * 1024];
    struct coil_stream *s = dial();

    int rc;

    /* The server may have answered, and closed, before it has everything. */
    rc = coil_stream_write(s, request, size);
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    ASSERT(rc == 0 || rc == -EPIPE || rc == -ECONNRESET || rc == -ENOTCONN);
    read_rest(s, answer, sizeof answer);
    drop_dates(answer);
    coil_stream_abort(s);
    return answer;
}

const char *ask(const char *request)
{
    return ask_bytes(request, strlen(request));
}

const char *get(const char *target)
{
    char request[3000];

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", target);
    return ask(request);
}

int status_in(const char *answer)
{
    int status = 0;

    sscanf(answer, "HTTP/1.1 %3d ", &status);
    return status;
}

const char *body_in(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");

    ASSERT_NOT_NULL(end);
    return end + 4;
}
