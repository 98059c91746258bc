/* SPDX-License-Identifier: MIT */
/*
 * websocket.c - programs of WebSockets: scenario.h
 */
#include <string.h>

#include <coil/connect.h>
#include <coil/http_client.h>
#include <coil/http_respond.h>
#include <coil/http_server.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task_group.h>
#include <coil/websocket.h>

#include "scenario.h"

static struct coil_http_server *server;
static struct coil_http_client *client;
static char url[64];

/* Over HTTP/2, with a client that knows it beforehand. */
static bool is_2;

/* Of both sides, where they are not compressed. */
static const struct coil_websocket_options plain = { .deflate.is_off = true };

/* ---- a server that sends everything back ---- */

/*
 * The length of a date depends on the date in HTTP/2, and with it what follows on the
 * next run.
 */
static int accept_it(struct coil_websocket **ws, struct coil_http_exchange *x,
                     const struct coil_websocket_options *options)
{
    int rc =
        coil_http_respond_header(x, "Date", "Sun, 06 Nov 1994 08:49:37 GMT");

    *ws = NULL;
    return rc < 0 ? rc : coil_websocket_accept(ws, x, options);
}

static int echo_all(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = accept_it(&ws, x, arg);

    if (rc < 0)
        return rc;
    while ((rc = coil_websocket_recv(ws, &m)) == 0) {
        rc = coil_websocket_send(ws, m.kind, m.data, m.size);
        if (rc < 0)
            break;
    }
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

/* ---- a server with other manners ---- */

/* Closes as soon as it can. */
static int say_bye(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket *ws;
    int rc = accept_it(&ws, x, arg);

    if (rc < 0)
        return rc;
    rc = coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, "bye", 3);
    if (rc == 0)
        rc = coil_websocket_close(ws, COIL_WEBSOCKET_GOING_AWAY, "closed");
    coil_websocket_free(ws);
    return rc;
}

enum { LARGE = 60000, LARGE_ONES = 3 };

/* Sends more than there is room for, and reads it back when it likes. */
static int say_much(struct coil_http_exchange *x, void *arg)
{
    static char large[LARGE];
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = accept_it(&ws, x, arg);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < LARGE_ONES; i++)
        rc = coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, large, LARGE);
    while (rc == 0) {
        rc = coil_sleep(COIL_SECOND);
        if (rc == 0)
            rc = coil_websocket_recv(ws, &m);
    }
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

/* CONNECT, without WebSockets: the bytes come back. */
static int send_back(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *tunnel;
    char piece[64];
    ptrdiff_t n = coil_http_respond_tunnel(x, &tunnel);

    (void)arg;
    while (n >= 0) {
        n = coil_stream_read(tunnel, piece, sizeof piece);
        if (n <= 0)
            break;
        n = coil_stream_write(tunnel, piece, (size_t)n);
    }
    return (int)n;
}

static int lead_on(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", arg);

    return rc < 0 ? rc : coil_http_respond(x, 307, NULL, "", 0);
}

/* ---- all of it ---- */

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static int listen_anew(void)
{
    struct coil_address address;
    int rc = coil_http_server_listen(server, "127.0.0.1", 0);

    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    return 0;
}

static int add_routes(void)
{
    static const struct {
        const char *path;
        coil_http_handler_fn handler;
        const void *arg;
    } routes[] = {
        { "/", echo_all, NULL },
        { "/bye", say_bye, NULL },
        { "/much", say_much, &plain },
        { "/moved", lead_on, url },
    };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof *routes; i++)
        rc = coil_http_server_route(server, "GET", routes[i].path,
                                    routes[i].handler, (void *)routes[i].arg);
    if (rc == 0)
        rc = coil_http_server_route(server, "CONNECT", "/{}", send_back, NULL);
    return rc;
}

static int begin(void)
{
    int rc;

    server = NULL;
    client = NULL;
    rc = coil_http_server_new(&server, NULL);
    if (rc == 0)
        rc = add_routes();
    if (rc == 0)
        rc = listen_anew();
    if (rc == 0)
        rc = coil_http_client_new(&client, &(struct coil_http_client_options){
                                               .http2_prior_knowledge = is_2 });
    return rc < 0 ? rc : help(serve, NULL);
}

static int begin_2(void)
{
    is_2 = true;
    return begin();
}

static void end(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
    is_2 = false;
}

/* ---- clients ---- */

static int dial_with(struct coil_websocket **ws, const char *path,
                     const struct coil_websocket_options *options)
{
    char place[80];
    const struct coil_http_request request = { .url = place };
    struct coil_websocket_options own = { .http2 = is_2 };
    int rc;

    if (options)
        own = *options;
    own.http2 = is_2;
    snprintf(place, sizeof place, "%s%s", url, path);
    rc = coil_websocket_connect(ws, client, &request, &own);
    ASSERT_EQ(*ws != NULL, rc == 0);
    if (rc == 0)
        ASSERT_EQ(coil_websocket_response(*ws)->version,
                  is_2 ? COIL_HTTP_2 : COIL_HTTP_1_1);
    return rc;
}

static int dial(struct coil_websocket **ws)
{
    return dial_with(ws, "", NULL);
}

/* Receive a message that must be this. */
static int expect(struct coil_websocket *ws, const char *text)
{
    struct coil_websocket_message m;
    int rc = coil_websocket_recv(ws, &m);

    if (rc == 0)
        ASSERT_STR_EQ(m.data, text);
    return rc;
}

static int converse(struct coil_websocket *ws)
{
    int rc = coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, "hello", 5);

    if (rc == 0)
        rc = expect(ws, "hello");
    if (rc == 0)
        rc = coil_websocket_ping(ws, "ping", 4);
    if (rc == 0)
        rc = coil_websocket_write(ws, COIL_WEBSOCKET_TEXT, "hello ", 6, false);
    if (rc == 0)
        rc = coil_websocket_write(ws, COIL_WEBSOCKET_TEXT, "again", 5, true);
    if (rc == 0)
        rc = expect(ws, "hello again");
    return rc == 0 ? coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "bye")
                   : rc;
}

static int talk(void *arg)
{
    struct coil_websocket *ws;
    int rc = dial(&ws);

    (void)arg;
    if (rc < 0) {
        ASSERT_NULL(ws);
        return rc;
    }
    rc = converse(ws);
    coil_websocket_free(ws);
    return rc;
}

/* The same where the answer is that it has moved. */
static int talk_elsewhere(void *arg)
{
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "moved", NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = converse(ws);
    coil_websocket_free(ws);
    return rc;
}

/* The same with other terms. */
static int talk_plainly(void *arg)
{
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "", &plain);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT(!coil_websocket_is_deflated(ws));
    rc = converse(ws);
    coil_websocket_free(ws);
    return rc;
}

static int talk_and_forget(void *arg)
{
    static const struct coil_websocket_options forgetful = {
        .deflate = { .forget = true, .peer_forgets = true, .window_bits = 9 }
    };
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "", &forgetful);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = converse(ws);
    coil_websocket_free(ws);
    return rc;
}

/* The server closes. */
static int hear_the_end(void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "bye", NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = expect(ws, "bye");
    if (rc == 0) {
        rc = coil_websocket_recv(ws, &m);
        ASSERT(rc < 0);
    }
    if (rc == -EPIPE) {
        ASSERT_EQ(coil_websocket_close_code(ws), COIL_WEBSOCKET_GOING_AWAY);
        ASSERT_STR_EQ(coil_websocket_close_reason(ws), "closed");
        rc = 0;
    }
    coil_websocket_free(ws);
    return rc;
}

/* Both close, and neither knows of the other. */
static int close_too(void *arg)
{
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "bye", NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "too");
    if (rc == 0)
        ASSERT_EQ(coil_websocket_close_code(ws), COIL_WEBSOCKET_GOING_AWAY);
    coil_websocket_free(ws);
    return rc;
}

/* One is slow to read, and then the other. */
static int read_slowly(void *arg)
{
    static char large[LARGE];
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = dial_with(&ws, "much", &plain);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < LARGE_ONES; i++) {
        rc = coil_sleep(COIL_SECOND);
        if (rc == 0)
            rc = coil_websocket_recv(ws, &m);
        if (rc == 0)
            ASSERT_EQ(m.size, LARGE);
    }
    for (int i = 0; rc == 0 && i < LARGE_ONES; i++)
        rc = coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, large, LARGE);
    if (rc == 0)
        rc = coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "");
    coil_websocket_free(ws);
    return rc;
}

/*
 * One task receives, and another one sends and closes.  What comes before the first
 * one receives is dropped by the other.
 */
static int hear_all(void *arg)
{
    struct coil_websocket_message m;
    int rc;

    do
        rc = coil_websocket_recv(arg, &m);
    while (rc == 0);
    return rc == -EPIPE ? 0 : rc;
}

static int say_two(void *arg)
{
    int rc = coil_websocket_send(arg, COIL_WEBSOCKET_TEXT, "one", 3);

    if (rc == 0)
        rc = coil_websocket_send(arg, COIL_WEBSOCKET_TEXT, "two", 3);
    if (rc == 0)
        rc = coil_websocket_close(arg, COIL_WEBSOCKET_NORMAL, NULL);
    return rc;
}

static int talk_in_a_group(void *arg)
{
    struct coil_task_group group;
    struct coil_websocket *ws;
    int rc = dial(&ws);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    if (rc == 0) {
        rc = coil_task_group_create(&group, NULL, hear_all, ws);
        if (rc == 0)
            rc = coil_task_group_create(&group, NULL, say_two, ws);
        rc = coil_task_group_end(&group, rc);
    }
    coil_websocket_free(ws);
    return rc;
}

/* As much as needs several turns, read piece by piece. */
static int pass_much(void *arg)
{
    static char much[100000];
    enum coil_websocket_kind kind;
    struct coil_websocket *ws;
    size_t got = 0;
    bool is_end = false;
    int rc = dial(&ws);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, much, sizeof much);
    while (rc == 0 && !is_end) {
        char piece[9000];
        ptrdiff_t n =
            coil_websocket_read(ws, piece, sizeof piece, &kind, &is_end);

        if (n < 0)
            rc = (int)n;
        else
            got += (size_t)n;
    }
    if (rc == 0)
        ASSERT_EQ(got, sizeof much);
    coil_websocket_free(ws);
    return rc;
}

/* A request that asks for nothing else is told what to ask for. */
static int ask_plainly(void *arg)
{
    struct coil_http_response *r;
    char page[80];
    int rc;

    (void)arg;
    snprintf(page, sizeof page, "http%s", url + 2);
    rc = coil_http_get(client, page, &r);
    if (rc < 0)
        return rc;
    rc = r->status == 426 ? 0 : -EPROTO;
    coil_http_response_free(r);
    return rc;
}

static int go_through(struct coil_stream *s)
{
    static const char text[] = "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nhello";
    char answer[256];
    size_t size;
    int rc = coil_stream_write(s, text, sizeof text - 1);

    if (rc == 0)
        rc = coil_stream_read_until(s, "\r\n\r\n", 4, answer, sizeof answer,
                                    &size);
    if (rc == 0 && strncmp(answer, "HTTP/1.1 200", 12) != 0)
        rc = -EPROTO;
    if (rc == 0)
        rc = coil_stream_read_exactly(s, answer, 5, NULL);
    return rc;
}

static int use_tunnel(void *arg)
{
    struct coil_address address;
    struct coil_stream *s;
    int rc = coil_http_server_address(server, &address);

    (void)arg;
    if (rc == 0) /* else it has ended */
        rc = coil_tcp_connect_address(&s, &address);
    if (rc < 0)
        return rc;
    rc = go_through(s);
    coil_stream_abort(s);
    return rc;
}

/* Two of them at a time, one of which is cut off while it is open. */
static int talk_beside(void *arg)
{
    struct coil_websocket *beside;
    int rc = dial(&beside);

    if (rc < 0)
        return rc;
    rc = talk(arg);
    if (rc == 0)
        rc = coil_websocket_send(beside, COIL_WEBSOCKET_TEXT, "still", 5);
    if (rc == 0)
        rc = expect(beside, "still");
    coil_websocket_free(beside);
    return rc;
}

/* A server may end with an error that was ordered; it can serve again. */
static void revive_server(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    if (helper_count > 0 && !coil_task_is_done(helpers[0]))
        return;
    ASSERT(is_failing);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
}

static void probe(void)
{
    revive_server();
    /* That of a redirect may be kept. */
    ASSERT_LE(coil_http_client_connections(client),
              playing->victim == talk_elsewhere);
    ASSERT_EQ(talk(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
}

const struct scenario scenarios_websocket[] = {
    { "websocket", begin, talk, probe, end },
    { "websocket_moved", begin, talk_elsewhere, probe, end },
    { "websocket_plain", begin, talk_plainly, probe, end },
    { "websocket_forgets", begin, talk_and_forget, probe, end },
    { "websocket_told", begin, hear_the_end, probe, end },
    { "websocket_closed_by_both", begin, close_too, probe, end },
    { "websocket_slow", begin, read_slowly, probe, end },
    { "websocket_group", begin, talk_in_a_group, probe, end },
    { "websocket_much", begin, pass_much, probe, end },
    { "websocket_refused", begin, ask_plainly, probe, end },
    { "http_tunnel", begin, use_tunnel, probe, end },
    { NULL },
};

static void probe_2(void)
{
    revive_server();
    coil_http_client_close_idle(client);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(talk(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    coil_http_client_close_idle(client);
    ASSERT_EQ(coil_sleep(6 * COIL_SECOND), 0); /* a handler may be asleep */
    ASSERT_EQ(coil_http_server_connections(server), 0);
}

const struct scenario scenarios_websocket2[] = {
    { "websocket2", begin_2, talk, probe_2, end },
    { "websocket2_moved", begin_2, talk_elsewhere, probe_2, end },
    { "websocket2_told", begin_2, hear_the_end, probe_2, end },
    { "websocket2_closed_by_both", begin_2, close_too, probe_2, end },
    { "websocket2_slow", begin_2, read_slowly, probe_2, end },
    { "websocket2_group", begin_2, talk_in_a_group, probe_2, end },
    { "websocket2_much", begin_2, pass_much, probe_2, end },
    { "websocket2_beside", begin_2, talk_beside, probe_2, end },
    { NULL },
};
