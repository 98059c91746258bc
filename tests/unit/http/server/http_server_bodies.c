/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Bodies of requests, and handlers that fail.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

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
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* One answer, whether the body is read or not; what follows is no request. */
STREAM_TEST(http_server_refuses_what_is_no_body)
{
    static const char *const bad[] = {
        "x\r\n",
        "1\r\naX\r\n0\r\n\r\n",
        "1\r\na\rX0\r\n\r\n",
        "0\r\nX: y\rZZ: z\r\n\r\n",
        "0\r\n\rX",
        "0\r\n X: y\r\n\r\n",
        "1;\x01\r\na\r\n0\r\n\r\n",
    };

    serve_defaults();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int is_read = 0; is_read < 2; is_read++) {
            char request[500];
            const char *answer;

            snprintf(request, sizeof request,
                     "POST %s HTTP/1.1\r\n" HOST
                     "Transfer-Encoding: chunked\r\n\r\n%s"
                     "GET / HTTP/1.1\r\n" HOST CLOSE "\r\n",
                     is_read ? "/look" : "/hello", bad[i]);
            answer = ask(request);
            if (status_in(answer) != (is_read ? 400 : 200))
                FAIL("%s -> %s", bad[i], answer);
            ASSERT_NULL(strstr(answer + 1, "HTTP/1.1"));
        }
    ASSERT_EQ(report_count, 0);
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

/* A client of HTTP/1.0 does not know "100 Continue" (RFC 9110, 10.1.1). */
STREAM_TEST(http_server_tells_no_old_client_to_go_on)
{
    serve_defaults();
    ASSERT_STR_EQ(ask("POST /look HTTP/1.0\r\nExpect: 100-continue\r\n"
                      "Content-Length: 3\r\n\r\nabc"),
                  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" CLOSE "\r\nseen");
    ASSERT_STR_EQ(seen, "POST|/look||-|-|abc");
    end_server();
}

static int read_both_ways(struct coil_http_exchange *x, void *arg)
{
    const char *body = NULL;
    char byte;
    size_t size = 0;

    (void)arg;
    ASSERT_EQ(coil_http_exchange_read(x, &byte, 1), 1);
    ASSERT_EQ(coil_http_exchange_body(x, &body, &size), -EBUSY);
    ASSERT_NULL(body);
    ASSERT_EQ(coil_http_exchange_read(x, &byte, 1), 1);
    ASSERT_EQ(byte, 'b');
    ASSERT_EQ(coil_http_exchange_read(x, &byte, 1), 0);
    return coil_http_respond(x, 200, NULL, "b", 1);
}

STREAM_TEST(http_server_gives_no_body_whole_of_which_a_part_is_read)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "PUT", "/both", read_both_ways, NULL),
        0);
    ASSERT_STR_EQ(body_in(ask("PUT /both HTTP/1.1\r\n" HOST CLOSE
                              "Content-Length: 2\r\n\r\nab")),
                  "b");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* It is told of it within a call that has nothing to do, and goes on. */
static int write_cancelled(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, 4);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_http_write(x, "", 0), -ECANCELED);
    coil_task_uncancel(coil_current_task());
    ASSERT_EQ(coil_http_write(x, "", 0), 0);
    return coil_http_write(x, "good", 4);
}

/* Of something else that was cancelled: nobody cancelled the handler. */
static int say_cancelled(struct coil_http_exchange *x, void *arg)
{
    (void)x;
    (void)arg;
    return -ECANCELED;
}

STREAM_TEST(http_server_goes_on_after_a_cancellation_that_a_handler_took)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, NULL, "/taken", write_cancelled, NULL),
        0);
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/other", say_cancelled, NULL),
        0);
    ASSERT_STR_EQ(ask("GET /taken HTTP/1.1\r\n" HOST "\r\n"
                      "HEAD /taken HTTP/1.1\r\n" HOST "\r\n"
                      "GET / HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
                  "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                  "Content-Length: 4\r\n" CLOSE "\r\nroot");
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(status_in(get("/other")), 500);
    ASSERT_EQ(report_count, 1);
    end_server();
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
    ASSERT_EQ(report_count, 1);
    ASSERT_EQ(status_in(get("/nothing")), 500);
    ASSERT_EQ(report_count, 2);
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
    ASSERT_EQ(report_count, 1);
    ASSERT_NULL(strstr(get("/fail-sized"), "0123456789"));
    ASSERT_EQ(report_count, 2);
    ASSERT_NULL(strstr(get("/short"), "0123456789"));
    ASSERT_EQ(report_count, 3);
    end_server();
}

/* The same body again, unless there is a cancellation to be told. */
static int take_it_again(struct coil_http_exchange *x, void *arg)
{
    const char *body[3];
    size_t size[3];
    int rc = coil_http_exchange_body(x, &body[0], &size[0]);

    (void)arg;
    if (rc == 0)
        rc = coil_http_exchange_body(x, &body[1], &size[1]);
    ASSERT_EQ(rc, 0);
    ASSERT(body[1] == body[0] && size[1] == size[0]);
    ASSERT_STR_EQ(body[0], "abc");
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_http_exchange_body(x, &body[2], &size[2]), -ECANCELED);
    coil_task_uncancel(coil_current_task());
    return coil_http_respond(x, 200, NULL, body[1], size[1]);
}

STREAM_TEST(http_server_gives_a_body_twice)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/again", take_it_again, NULL),
        0);
    ASSERT_STR_EQ(body_in(ask("POST /again HTTP/1.1\r\n" HOST CLOSE
                              "Content-Length: 3\r\n\r\nabc")),
                  "abc");
    end_server();
}

static int read_bytes(struct coil_http_exchange *x, void *arg)
{
    char body[10] = "";
    size_t size = 0;
    ptrdiff_t n;

    (void)arg;
    ASSERT_EQ(coil_http_exchange_read(x, body, 0), 0);
    do {
        n = coil_http_exchange_read(x, body + size, 1);
        ASSERT_GE(n, 0);
        size += (size_t)n;
    } while (n > 0);
    return coil_http_respond(x, 200, NULL, body, size);
}

STREAM_TEST(http_server_gives_a_body_byte_by_byte)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/bytes", read_bytes, NULL), 0);
    ASSERT_STR_EQ(body_in(ask("POST /bytes HTTP/1.1\r\n" HOST CLOSE
                              "Content-Length: 3\r\n\r\nabc")),
                  "abc");
    ASSERT_STR_EQ(body_in(ask("POST /bytes HTTP/1.1\r\n" HOST CLOSE
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")),
                  "abc");
    end_server();
}

static int hijack_and_fail(struct coil_http_exchange *x, void *arg)
{
    (void)coil_http_exchange_hijack(x);
    return arg ? -EIO : 0;
}

STREAM_TEST(http_server_reports_a_hijacker_that_fails)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/take", hijack_and_fail, NULL),
        0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/fail-taken",
                                     hijack_and_fail, &large_size),
              0);
    ASSERT_STR_EQ(get("/take"), "");
    ASSERT_EQ(report_count, 0);
    ASSERT_STR_EQ(get("/fail-taken"), "");
    ASSERT_EQ(report_count, 1);
    end_server();
}

static int note_length(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    snprintf(seen, sizeof seen, "%lld",
             (long long)coil_http_exchange_content_length(x));
    return coil_http_respond(x, 200, NULL, "", 0);
}

STREAM_TEST(http_server_tells_the_length_of_a_body)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, NULL, "/length", note_length, NULL), 0);
    get("/length");
    ASSERT_STR_EQ(seen, "0");
    ask("POST /length HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n\r\nabc");
    ASSERT_STR_EQ(seen, "3");
    ask("POST /length HTTP/1.1\r\n" HOST CLOSE
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    ASSERT_STR_EQ(seen, "-1");
    end_server();
}

/* Nobody has read a long body: it is read away up to a limit. */
STREAM_TEST(http_server_discards_a_body_of_a_size)
{
    static const char head[] =
        "POST /hello HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    static const char next[] = "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n";
    enum { PIECE = 0x4000 };
    char *text = malloc(1000 * 1000);

    serve_defaults();
    for (int pieces = 1; pieces <= 30; pieces += 29) {
        size_t size = (size_t)sprintf(text, "%s", head);
        const char *answer;

        for (int i = 0; i < pieces; i++) {
            size += (size_t)sprintf(text + size, "%x\r\n", PIECE);
            memset(text + size, 'a', PIECE);
            size += PIECE;
            size += (size_t)sprintf(text + size, "\r\n");
        }
        size += (size_t)sprintf(text + size, "0\r\n\r\n%s", next);
        answer = ask_bytes(text, size);
        ASSERT_EQ(status_in(answer), 200);
        ASSERT_EQ(strstr(answer + 1, "HTTP/1.1 200") != NULL, pieces == 1);
    }
    ASSERT_EQ(report_count, 0);
    end_server();
    free(text);
}
