/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * CONNECT: what a server makes of it over HTTP/1.1 and over HTTP/2, and the tunnels
 * that handlers open.
 */
#define SEEDS 10

#include <coil/connect.h>
#include <coil/http_server.h>

#include "http2_raw.h"
#include "http2_test.h"

/* ---- handlers ---------------------------------------------------------- */

/* What a handler has got back from its tunnel; 1: it has not ended. */
static int ended;

static int send_back(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *tunnel;
    char piece[100];
    ptrdiff_t n;
    int rc = coil_http_respond_header(x, "X-A", "b");

    (void)arg;
    ended = 1;
    snprintf(seen, sizeof seen, "%s|%s|%s|%s", coil_http_exchange_method(x),
             coil_http_exchange_path(x), coil_http_exchange_header(x, "host"),
             coil_http_exchange_parameter(x, "target"));
    if (rc == 0)
        rc = coil_http_respond_tunnel(x, &tunnel);
    while (rc == 0) {
        n = coil_stream_read(tunnel, piece, sizeof piece);
        if (n <= 0) {
            ended = (int)n;
            return ended;
        }
        rc = coil_stream_write(tunnel, piece, (size_t)n);
    }
    return rc;
}

static int fail_within(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *tunnel;
    int rc = coil_http_respond_tunnel(x, &tunnel);

    (void)arg;
    if (rc == 0)
        rc = coil_stream_write(tunnel, "lost", 4);
    return rc < 0 ? rc : -EHOSTUNREACH;
}

static int say_page(struct coil_http_exchange *x, void *arg)
{
    const int *status = arg;
    struct coil_stream *tunnel;
    int rc = coil_http_respond(x, *status, NULL, "no", 2);

    ASSERT_EQ(coil_http_respond_tunnel(x, &tunnel), -EALREADY);
    ASSERT_NULL(tunnel);
    return rc;
}

static int begin_page(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    return rc < 0 ? rc : coil_http_write(x, "no", 2);
}

static int try_tunnel(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *tunnel;

    (void)arg;
    ASSERT_EQ(coil_http_respond_tunnel(x, &tunnel), -EINVAL);
    return coil_http_respond(x, 200, NULL, "none", 4);
}

/* ---- a proxy, as a user would write it --------------------------------- */

struct pipe {
    struct coil_stream *from;
    struct coil_stream *to;
};

static int pass_on(void *arg)
{
    const struct pipe *p = arg;
    char piece[4096];
    ptrdiff_t n;
    int rc;

    while ((n = coil_stream_read(p->from, piece, sizeof piece)) > 0) {
        rc = coil_stream_write(p->to, piece, (size_t)n);
        if (rc < 0)
            return rc;
    }
    return n < 0 ? (int)n : coil_stream_shutdown(p->to);
}

static int pass_both_ways(struct coil_stream *a, struct coil_stream *b)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    rc =
        coil_task_group_create(&group, NULL, pass_on, &((struct pipe){ a, b }));
    if (rc == 0)
        rc = pass_on(&(struct pipe){ b, a });
    return coil_task_group_end(&group, rc);
}

static int be_proxy(struct coil_http_exchange *x, void *arg)
{
    char host[64];
    unsigned port;
    struct coil_stream *far;
    struct coil_stream *tunnel;
    int rc;

    (void)arg;
    if (sscanf(coil_http_exchange_parameter(x, "target"), "%63[^:]:%u", host,
               &port) != 2)
        return coil_http_respond(x, 400, NULL, "", 0);
    rc = coil_tcp_connect(&far, host, (uint16_t)port);
    if (rc < 0)
        return coil_http_respond(x, 502, NULL, "", 0);
    rc = coil_http_respond_tunnel(x, &tunnel);
    if (rc == 0)
        rc = pass_both_ways(tunnel, far);
    coil_stream_abort(far);
    return rc;
}

/* ---- a server ---------------------------------------------------------- */

static int no_content = 204;
static int not_allowed = 407;

static void serve_tunnels(void)
{
    static const struct {
        const char *pattern;
        coil_http_handler_fn handler;
        void *arg;
    } routes[] = {
        { "/page:1", say_page, &no_content },
        { "/page:2", begin_page, NULL },
        { "/secret:1", say_page, &not_allowed },
        { "/broken:1", fail_within, NULL },
        { "/{target}", send_back, NULL },
    };

    serve_defaults();
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        ASSERT_EQ(coil_http_server_route(server, "CONNECT", routes[i].pattern,
                                         routes[i].handler, routes[i].arg),
                  0);
}

/* ---- HTTP/1.1 ---------------------------------------------------------- */

static void read_head(struct coil_stream *s, char *head, size_t size)
{
    size_t got;

    memset(head, 0, size);
    ASSERT_EQ(coil_stream_read_until(s, "\r\n\r\n", 4, head, size - 1, &got),
              0);
}

SOCKET_TEST(http_tunnel_carries_bytes)
{
    struct coil_stream *s;
    char head[1024];
    char rest[100];

    serve_tunnels();
    s = dial();
    send_text(s, "CONNECT example.org:443 HTTP/1.1\r\nHost: other\r\n\r\nping");
    read_head(s, head, sizeof head);
    ASSERT_NOT_NULL(strstr(head, "HTTP/1.1 200 OK\r\n"));
    ASSERT_NOT_NULL(strstr(head, "\r\nX-A: b\r\n"));
    ASSERT_NOT_NULL(strstr(head, "\r\nDate: "));
    ASSERT_NULL(strstr(head, "Content-Length"));
    ASSERT_NULL(strstr(head, "Transfer-Encoding"));
    send_text(s, " pong");
    ASSERT_EQ(coil_stream_shutdown(s), 0);
    ASSERT_EQ(read_rest(s, rest, sizeof rest), 9);
    ASSERT_STR_EQ(rest, "ping pong");
    ASSERT_STR_EQ(seen, "CONNECT|/example.org:443|example.org:443|"
                        "example.org:443");
    ASSERT_EQ(ended, 0);
    coil_stream_abort(s);
    end_server();
}

static void check_statuses(void)
{
    static const struct {
        const char *target;
        int status;
    } rows[] = {
        { "h:443", 200 },       { "[::1]:443", 200 }, { "h", 400 },
        { "h:", 400 },          { ":443", 400 },      { "h:0", 400 },
        { "h:65536", 400 },     { "h:1:2", 400 },     { "/hello", 400 },
        { "http://h:1/", 400 }, { "u@h:1", 400 },     { "[::1]", 400 },
        { "page:1", 501 },      { "page:2", 501 },    { "secret:1", 407 },
    };
    char request[128];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct coil_stream *s = dial();
        char head[1024];

        snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\n" HOST "\r\n",
                 rows[i].target);
        send_text(s, request);
        read_head(s, head, sizeof head);
        if (status_in(head) != rows[i].status)
            printf("%s\n", rows[i].target);
        ASSERT_EQ(status_in(head), rows[i].status);
        ASSERT_EQ(strstr(head, "Connection: close\r\n") != NULL,
                  rows[i].status != 200);
        coil_stream_abort(s);
    }
}

SOCKET_TEST(http_tunnel_leads_to_a_host_and_a_port)
{
    serve_tunnels();
    watch_reports();
    check_statuses();
    ASSERT_EQ(status_in(ask("CONNECT h:1 HTTP/1.1\r\n" HOST
                            "Content-Length: 1\r\n\r\nx")),
              400);
    ASSERT_EQ(status_in(ask("CONNECT h:1 HTTP/1.1\r\n" HOST
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
              400);
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* Who did not ask for CONNECT gets none; nor is a tunnel opened for a GET. */
SOCKET_TEST(http_tunnel_is_for_routes_that_say_so)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, NULL, "/{}", try_tunnel, NULL), 0);
    ASSERT_EQ(status_in(ask("CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n")), 501);
    ASSERT_STR_EQ(body_in(get("/none")), "none");
    ASSERT_EQ(
        coil_http_server_route(server, "CONNECT", "/h:2", send_back, NULL), 0);
    ASSERT_EQ(status_in(ask("CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n")), 404);
    end_server();
}

SOCKET_TEST(http_tunnel_is_cut_off_by_an_error)
{
    struct coil_stream *s;
    char rest[1024];
    ptrdiff_t n;

    serve_tunnels();
    watch_reports();
    s = dial();
    send_text(s, "CONNECT broken:1 HTTP/1.1\r\n" HOST "\r\n");
    do
        n = coil_stream_read(s, rest, sizeof rest);
    while (n > 0);
    ASSERT(n == 0 || n == -ECONNRESET);
    coil_stream_abort(s);
    ASSERT_EQ(report_count, 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
}

/* ---- HTTP/2 ------------------------------------------------------------ */

static void connect_to(struct h2_raw *p, uint32_t id, const char *target)
{
    struct h2_block block = { .size = 0 };

    h2_put_field(&block, ":method", "CONNECT");
    h2_put_field(&block, ":authority", target);
    h2_send_block(p, NGHTTP2_FLAG_END_HEADERS, id, &block);
}

static void meet(struct h2_raw *p)
{
    h2_meet(p, dial());
    h2_begin(p);
}

static void send_data(struct h2_raw *p, uint32_t id, const char *text,
                      bool is_end)
{
    h2_send(p, NGHTTP2_DATA, is_end ? NGHTTP2_FLAG_END_STREAM : 0, id, text,
            strlen(text));
}

SOCKET_TEST(http_tunnel_is_a_stream_of_http_2)
{
    struct h2_raw p;
    size_t got = 0;

    serve_tunnels();
    meet(&p);
    connect_to(&p, 1, "example.org:443");
    ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
    ASSERT_NOT_NULL(strstr(p.head, ":status: 200\n"));
    ASSERT_NOT_NULL(strstr(p.head, "\nx-a: b\n"));
    ASSERT_NULL(strstr(p.head, "content-length"));
    send_data(&p, 1, "ping", false);
    while (got < 4) {
        ASSERT(h2_read_until(&p, NGHTTP2_DATA));
        got += p.frame.size;
    }
    h2_ask(&p, 3, "GET", "/hello");
    ASSERT_EQ(h2_answer(&p, 3), 200);
    connect_to(&p, 5, "other.org:1");
    send_data(&p, 5, "beside", true);
    ASSERT_EQ(h2_answer(&p, 5), 200);
    ASSERT_STR_EQ(p.body, "beside");
    send_data(&p, 1, "", true);
    ASSERT_EQ(h2_answer(&p, 1), 0);
    ASSERT(h2_is_alive(&p));
    h2_part(&p);
    end_server();
}

SOCKET_TEST(http_tunnel_of_http_2_is_reset)
{
    struct h2_raw p;

    serve_tunnels();
    watch_reports();
    meet(&p);
    connect_to(&p, 1, "broken:1");
    ASSERT_EQ(h2_answer(&p, 1), -1 - NGHTTP2_CONNECT_ERROR);
    connect_to(&p, 3, "page:1");
    ASSERT_EQ(h2_answer(&p, 3), 501);
    connect_to(&p, 5, "page:2");
    ASSERT_EQ(h2_answer(&p, 5), 501);
    connect_to(&p, 7, "secret:1");
    ASSERT_EQ(h2_answer(&p, 7), 407);
    connect_to(&p, 9, "h:1");
    ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
    h2_reset(&p, 9, NGHTTP2_CANCEL);
    ASSERT(h2_is_alive(&p));
    while (ended == 1)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(ended, -ECONNRESET);
    ASSERT_EQ(report_count, 0);
    h2_part(&p);
    end_server();
}

/* A head that follows is an error (RFC 9113, 8.5). */
SOCKET_TEST(http_tunnel_of_http_2_has_no_second_head)
{
    struct h2_block block = { .size = 0 };
    struct h2_raw p;

    serve_tunnels();
    meet(&p);
    h2_put_field(&block, "x", "y");
    connect_to(&p, 1, "h:1");
    ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
    h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                  &block);
    ASSERT_EQ(h2_answer(&p, 1), -1 - NGHTTP2_PROTOCOL_ERROR);
    ASSERT(h2_is_alive(&p));
    h2_part(&p);
    end_server();
}

/* ---- a proxy ----------------------------------------------------------- */

SOCKET_TEST(http_tunnel_makes_a_proxy)
{
    struct coil_stream *s;
    struct h2_raw p;
    char text[1024];
    char target[40];

    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "CONNECT", "/{target}", be_proxy, NULL),
        0);
    snprintf(target, sizeof target, "127.0.0.1:%u",
             (unsigned)coil_address_port(&address));
    snprintf(text, sizeof text, "CONNECT %s HTTP/1.1\r\n" HOST "\r\n", target);
    s = dial();
    send_text(s, text);
    read_head(s, text, sizeof text);
    ASSERT_EQ(status_in(text), 200);
    send_text(s, "GET /hello HTTP/1.1\r\n" CLOSE HOST "\r\n");
    read_rest(s, text, sizeof text);
    ASSERT_STR_EQ(body_in(text), "hello");
    coil_stream_abort(s);

    meet(&p);
    connect_to(&p, 1, target);
    send_data(&p, 1, "GET /hello HTTP/1.1\r\n" CLOSE HOST "\r\n", true);
    ASSERT_EQ(h2_answer(&p, 1), 200);
    ASSERT_STR_EQ(body_in(p.body), "hello");
    h2_part(&p);
    end_server();
}
