/* SPDX-License-Identifier: MIT */
/*
 * Interim responses: early hints, and the permission to send a body.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

static const struct coil_http_header links[] = {
    { "Link", "</a.css>; rel=preload" },
    { "Link", "</b.js>; rel=preload" },
};

static int hint(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "X-A", "b");

    (void)arg;
    if (rc == 0)
        rc = coil_http_inform(x, 103, links, 2);
    if (rc == 0)
        rc = coil_http_inform(x, 102, NULL, 0);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "page", 4);
}

/* Asks for the body before it reads, once. */
static int let_send(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_inform(x, 100, NULL, 0);

    (void)arg;
    if (rc == 0)
        rc = coil_http_inform(x, 100, NULL, 0);
    if (rc == 0)
        rc = coil_http_exchange_body(x, &body, &size);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, body, size);
}

static int inform_badly(struct coil_http_exchange *x, void *arg)
{
    struct coil_http_header bad = { "Link", "a\r\nb: c" };

    (void)arg;
    ASSERT_EQ(coil_http_inform(x, 99, NULL, 0), -EINVAL);
    ASSERT_EQ(coil_http_inform(x, 101, NULL, 0), -EINVAL);
    ASSERT_EQ(coil_http_inform(x, 200, NULL, 0), -EINVAL);
    ASSERT_EQ(coil_http_inform(x, 103, &bad, 1), COIL_EHTTP_BAD_HEADER);
    bad = (struct coil_http_header){ "A B", "c" };
    ASSERT_EQ(coil_http_inform(x, 103, &bad, 1), COIL_EHTTP_BAD_HEADER);
    bad = (struct coil_http_header){ "content-length", "1" };
    ASSERT_EQ(coil_http_inform(x, 103, &bad, 1), COIL_EHTTP_BAD_HEADER);
    bad = (struct coil_http_header){ "Transfer-Encoding", "chunked" };
    ASSERT_EQ(coil_http_inform(x, 103, &bad, 1), COIL_EHTTP_BAD_HEADER);
    bad = (struct coil_http_header){ "Connection", "close" };
    ASSERT_EQ(coil_http_inform(x, 103, &bad, 1), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(coil_http_respond(x, 200, NULL, "good", 4), 0);
    ASSERT_EQ(coil_http_inform(x, 103, NULL, 0), -EALREADY);
    return 0;
}

/* Without memory for the lines nothing is sent. */
static int inform_without_memory(struct coil_http_exchange *x, void *arg)
{
    static char value[20000];
    struct coil_http_header large = { "Link", value };
    int rc;

    (void)arg;
    memset(value, 'x', sizeof value - 1);
    coil_test_fail_allocation(1, false);
    rc = coil_http_inform(x, 103, &large, 1);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(rc, -ENOMEM);
    return coil_http_respond(x, 200, NULL, "good", 4);
}

/* Gives up while its hint is on its way. */
static int give_up(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_inform(x, 103, links, 1);

    (void)arg;
    coil_task_cancel(coil_current_task());
    return rc < 0 ? rc : coil_checkpoint();
}

static void begin(void)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/none", give_up, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/hint", hint, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/let", let_send, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/bad", inform_badly, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/poor",
                                     inform_without_memory, NULL),
              0);
}

STREAM_TEST(http_respond_interim_comes_before_the_response)
{
    begin();
    ASSERT_STR_EQ(ask("GET /hint HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                  "HTTP/1.1 103 Early Hints\r\n"
                  "Link: </a.css>; rel=preload\r\n"
                  "Link: </b.js>; rel=preload\r\n\r\n"
                  "HTTP/1.1 102 Processing\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 4\r\n"
                  "Connection: close\r\n\r\npage");
    /* A client of HTTP/1.0 knows none. */
    ASSERT_STR_EQ(ask("GET /hint HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 4\r\n"
                  "Connection: close\r\n\r\npage");
    end_server();
}

STREAM_TEST(http_respond_interim_100_is_for_those_who_wait)
{
    begin();
    ASSERT_STR_EQ(ask("POST /let HTTP/1.1\r\n" HOST CLOSE
                      "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"),
                  "HTTP/1.1 100 Continue\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                  "Connection: close\r\n\r\nabc");
    ASSERT_STR_EQ(
        ask("POST /let HTTP/1.1\r\n" HOST CLOSE "Content-Length: 3\r\n\r\nabc"),
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
        "Connection: close\r\n\r\nabc");
    end_server();
}

STREAM_TEST(http_respond_interim_says_what_cannot_be_sent)
{
    begin();
    ASSERT_STR_EQ(body_in(ask("GET /bad HTTP/1.1\r\n" HOST CLOSE "\r\n")),
                  "good");
    ASSERT_STR_EQ(body_in(ask("GET /poor HTTP/1.1\r\n" HOST CLOSE "\r\n")),
                  "good");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* No response follows, and the client is told so by the end of the connection. */
STREAM_TEST(http_respond_interim_of_a_handler_that_gives_up)
{
    begin();
    ASSERT_NULL(
        strstr(ask("GET /none HTTP/1.1\r\n" HOST "\r\n"), "HTTP/1.1 2"));
    ASSERT_STR_CONTAINS(ask("GET /hint HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "page");
    end_server();
}
