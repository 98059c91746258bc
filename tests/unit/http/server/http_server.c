/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The server, asked over plain streams: what it answers byte for byte, to
 * requests as they should be and to others.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

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
    ASSERT_STR_EQ(get("/204"), "HTTP/1.1 204 No Content\r\n" CLOSE "\r\n");
    ASSERT_STR_EQ(get("/304"), "HTTP/1.1 304 Not Modified\r\n" CLOSE "\r\n");
    ASSERT_STR_EQ(body_in(get("/inject")), "good");
    ASSERT_NULL(strstr(get("/inject"), "X-"));
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* What the handler gives does not go out, and another request can follow. */
static void expect_bodyless(const char *target, const char *version,
                            const char *head)
{
    char request[300];
    char expected[300];
    const char *keep =
        strcmp(version, "1.0") == 0 ? "Connection: keep-alive\r\n" : "";

    snprintf(request, sizeof request,
             "GET %s HTTP/%s\r\n" HOST "%s\r\nGET / HTTP/1.1\r\n" HOST CLOSE
             "\r\n",
             target, version, keep);
    snprintf(expected, sizeof expected,
             "HTTP/1.1 %s%s\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
             "Content-Length: 4\r\n" CLOSE "\r\nroot",
             head, keep);
    ASSERT_STR_EQ(ask(request), expected);
    ASSERT_EQ(report_count, 0);
}

STREAM_TEST(http_server_sends_no_body_where_the_status_forbids_it)
{
    static const char *const versions[] = { "1.1", "1.0" };

    serve_defaults();
    for (int i = 0; i < 2; i++) {
        const char *v = versions[i];

        expect_bodyless("/204", v, "204 No Content\r\n");
        expect_bodyless("/205", v,
                        "205 Reset Content\r\nContent-Length: 0\r\n");
        expect_bodyless("/304", v, "304 Not Modified\r\n");
        expect_bodyless("/stream/204", v, "204 No Content\r\n");
        expect_bodyless("/stream/205", v,
                        "205 Reset Content\r\nContent-Length: 0\r\n");
        expect_bodyless("/stream/304", v, "304 Not Modified\r\n");
        expect_bodyless("/stream/204?sized", v, "204 No Content\r\n");
        expect_bodyless("/stream/205?sized", v,
                        "205 Reset Content\r\nContent-Length: 0\r\n");
        expect_bodyless("/stream/304?sized", v, "304 Not Modified\r\n");
    }
    end_server();
}

STREAM_TEST(http_server_head_is_get_without_the_body)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("HEAD /hello HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /chunked HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /sized HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /short HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /nowhere HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 5\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 10\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
                  "HTTP/1.1 404 Not Found\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 14\r\n" CLOSE "\r\n");
    /* Where there is no GET there is no HEAD. */
    ASSERT_STR_EQ(ask("HEAD /echo HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 405 Method Not Allowed\r\nAllow: POST, OPTIONS\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 23\r\n" CLOSE "\r\n");
    ASSERT_EQ(report_count, 0);
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

static int close_politely(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "connection", "Close");

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "bye", 3);
}

STREAM_TEST(http_server_closes_when_a_handler_says_so)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/bye", close_politely, NULL), 0);
    ASSERT_STR_EQ(ask("GET /bye HTTP/1.1\r\n" HOST "\r\n"
                      "GET / HTTP/1.1\r\n" HOST "\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" CLOSE "\r\nbye");
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
    ASSERT_EQ(status_in(ask("FETCH /hello HTTP/1.0\r\n\r\n")), 405);
    ASSERT_EQ(status_in(ask("FETCH /look HTTP/1.0\r\n\r\n")), 200);
    ASSERT_STR_EQ(ask("OPTIONS /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 204 No Content\r\n"
                  "Allow: GET, HEAD, POST, OPTIONS\r\n" CLOSE "\r\n");
    ASSERT_STR_EQ(
        ask("DELETE /hello HTTP/1.1\r\n" HOST CLOSE "\r\n"),
        "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 23\r\n" CLOSE "\r\n405 Method Not Allowed\n");
    ASSERT_EQ(report_count, 0);
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
    ASSERT_EQ(report_count, 0);
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

/* ---- routes ----------------------------------------------------------- */

/* As many as there may be, and no more are told. */
static int note_segments(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    seen[0] = '\0';
    for (size_t i = 0; i < 12; i++) {
        const char *segment = coil_http_exchange_segment(x, i);

        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s,",
                 segment ? segment : "-");
    }
    return coil_http_respond(x, 200, NULL, "", 0);
}

STREAM_TEST(http_server_tells_eight_segments)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET",
                                     "/s/{}/{}/{}/{}/{}/{}/{}/{}",
                                     note_segments, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/r/{}/{}/{}/{}/{}/{}/{}/*",
                                     note_segments, NULL),
              0);
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/n/{}/x", note_segments, NULL),
        0);
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/n/a/b", note_segments, NULL),
        0);
    get("/s/1/2/3/4/5/6/7/8");
    ASSERT_STR_EQ(seen, "1,2,3,4,5,6,7,8,-,-,-,-,");
    get("/r/1/2/3/4/5/6/7/8/9/10");
    ASSERT_STR_EQ(seen, "1,2,3,4,5,6,7,8/9/10,-,-,-,-,");
    get("/n/a/x");
    ASSERT_STR_EQ(seen, "a,-,-,-,-,-,-,-,-,-,-,-,");
    get("/n/a/b");
    ASSERT_STR_EQ(seen, "-,-,-,-,-,-,-,-,-,-,-,-,");
    end_server();
}

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
    ASSERT_EQ(coil_http_server_route(s, "GET", "/{}/{}/{}/{}/{}/{}/{}/{}/*",
                                     hello, NULL),
              -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "G T", "/a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, "", "/a", hello, NULL), -EINVAL);
    ASSERT_EQ(coil_http_server_route(s, NULL, "/*", hello, NULL), 0);
    coil_http_server_free(s);
}
