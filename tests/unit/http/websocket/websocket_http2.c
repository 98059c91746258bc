/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * WebSockets over HTTP/2 (RFC 8441), between the client and the server of the library.
 */
#define SEEDS 10

#include <coil/event.h>
#include <coil/tls.h>
#include <coil/websocket.h>

#include "http/wire/http2_version.h"
#include "http2_test.h"
#include "reports.h"
#include "tls_test.h"
#include "tunnel.h"
#include "websocket_server_test.h"

static const struct coil_websocket_options over_2 = { .http2 = true };
static const struct coil_http_client_options knows_2 = {
    .http2_prior_knowledge = true
};

static void open_world(void)
{
    ws_world_open(NULL, &knows_2);
}

/* The same client asks for what is no WebSocket, over the same connection. */
static void fetch_beside(void)
{
    struct coil_http_response *r;
    char page[256];

    snprintf(page, sizeof page, "http%s", ws_world.url + 2);
    ASSERT_EQ(coil_http_get(ws_world.client, page, &r), 0);
    ASSERT_EQ(r->status, 426);
    ASSERT_EQ(r->version, COIL_HTTP_2);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
}

static struct coil_websocket *connect_2(void)
{
    const struct coil_http_response *r;
    struct coil_websocket *ws;

    ASSERT_EQ(ws_connect(&ws, &over_2), 0);
    r = coil_websocket_response(ws);
    ASSERT_EQ(r->version, COIL_HTTP_2);
    ASSERT_EQ(r->status, 200);
    return ws;
}

static void await_end_of_handler(void)
{
    while (ws_world.ended == 1)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

/* ---- the beginning ----------------------------------------------------- */

SOCKET_TEST(websocket_http2_carries_messages)
{
    const struct coil_http_response *r;
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    ws = connect_2();
    r = coil_websocket_response(ws);
    ASSERT_STR_EQ(coil_http_response_header(r, "x-added"), "yes");
    ASSERT_NOT_NULL(coil_http_response_header(r, "date"));
    ASSERT_NULL(coil_http_response_header(r, "sec-websocket-accept"));
    ASSERT_STR_EQ(ws_world.origin, "http://a.test");
    ASSERT_NULL(coil_websocket_subprotocol(ws));
    ASSERT(coil_websocket_is_deflated(ws) == ws_world.is_deflated);
    ws_check_echo(ws, "hello");
    ws_check_echo(ws, "");
    fetch_beside();
    ws_check_echo(ws, "\xc3\xa9");
    ws_finish(ws);
    fetch_beside();
    ws_world_close();
}

/* As in a browser, a connection that is there is used without a word. */
SOCKET_TEST(websocket_http2_is_used_if_it_is_known)
{
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_1_1);
    ws_finish(ws);
    fetch_beside();
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_2);
    ws_check_echo(ws, "hello");
    ws_finish(ws);
    ws_world_close();
}

SOCKET_TEST(websocket_http2_agrees_on_all_terms)
{
    static const char *const known[] = { "chat", "soap" };
    static const char *const offered[] = { "x", "soap", "chat" };
    const struct coil_websocket_options other = { .subprotocols = known,
                                                  .subprotocol_count = 2 };
    struct coil_websocket_options options = { .subprotocols = offered,
                                              .subprotocol_count = 3,
                                              .http2 = true,
                                              .deflate.window_bits = 10 };
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    ws_world.options = &other;
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_2);
    ASSERT_STR_EQ(coil_websocket_subprotocol(ws), "chat");
    ASSERT_STR_EQ(ws_world.subprotocol, "chat");
    ws_check_echo(ws, "hello hello hello hello hello");
    ASSERT_EQ(coil_websocket_is_deflated(ws), ws_world.is_deflated);
    ws_finish(ws);
    options.deflate.is_off = true;
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT(!ws_world.is_deflated);
    ws_check_echo(ws, "hello");
    ws_finish(ws);
    ws_world_close();
}

SOCKET_TEST(websocket_http2_may_be_refused)
{
    struct coil_http_response *refusal;
    struct coil_websocket_options options = { .refusal = &refusal,
                                              .http2 = true };
    struct coil_websocket *ws;
    char piece[64];

    NEEDS_HTTP2;
    open_world();
    strcpy(strstr(ws_world.url, "/ws"), "/no");
    ASSERT_EQ(ws_connect(&ws, &over_2), COIL_EWEBSOCKET_REFUSED);
    ASSERT_NULL(ws);
    ASSERT_EQ(ws_connect(&ws, &options), COIL_EWEBSOCKET_REFUSED);
    ASSERT_EQ(refusal->status, 404);
    ASSERT_EQ(refusal->version, COIL_HTTP_2);
    ASSERT_GT(coil_http_read(refusal, piece, sizeof piece), 0);
    coil_http_response_free(refusal);
    strcpy(strstr(ws_world.url, "/no"), "/ws");
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ws_finish(connect_2());
    ws_world_close();
}

SOCKET_TEST(websocket_http2_follows_redirects)
{
    char target[64];
    char moved[80];
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    strcpy(target, ws_world.url);
    strcpy(moved, target);
    strcpy(strstr(moved, "/ws"), "/go?to=/ws");
    strcpy(ws_world.url, moved);
    ws = connect_2();
    ws_check_echo(ws, "moved");
    ASSERT_EQ(coil_websocket_response(ws)->hop_count, 1);
    ws_finish(ws);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ws_world_close();
}

static int say_page(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    ASSERT_STR_EQ(coil_http_exchange_method(x), "GET");
    ASSERT_EQ(size, 0);
    return rc < 0 ? rc : coil_http_respond(x, 204, NULL, NULL, 0);
}

/* Over HTTP/2 any 2xx would open a WebSocket that is none. */
SOCKET_TEST(websocket_http2_is_not_opened_by_a_page)
{
    struct coil_http_response *refusal;
    struct coil_websocket_options options = { .refusal = &refusal,
                                              .http2 = true };
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    ASSERT_EQ(
        coil_http_server_route(ws_world.server, "GET", "/page", say_page, NULL),
        0);
    strcpy(strstr(ws_world.url, "/ws"), "/page");
    ASSERT_EQ(ws_connect(&ws, &options), COIL_EWEBSOCKET_REFUSED);
    ASSERT_EQ(refusal->status, 501);
    coil_http_response_free(refusal);
    ws_world_close();
}

/* ---- where it cannot be ------------------------------------------------ */

/* A client that does not know HTTP/2 beforehand cannot ask for it without TLS. */
SOCKET_TEST(websocket_http2_needs_prior_knowledge_without_tls)
{
    struct coil_http_response *r;
    struct coil_websocket *ws;
    char page[256];

    NEEDS_HTTP2;
    ws_world_open(NULL, NULL);
    snprintf(page, sizeof page, "http%s", ws_world.url + 2);
    strcpy(strstr(page, "/ws"), "/none");
    ASSERT_EQ(coil_http_get(ws_world.client, page, &r), 0);
    ASSERT_EQ(r->status, 404);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ASSERT_EQ(ws_connect(&ws, &over_2), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_1_1);
    ws_finish(ws);
    ws_world_close();
}

/* Nor by way of a plain proxy: it is asked for a tunnel. */
SOCKET_TEST(websocket_http2_does_not_go_through_a_plain_proxy)
{
    struct coil_http_client_options options = knows_2;
    struct coil_websocket *ws;
    char proxy[256];

    NEEDS_HTTP2;
    tunnel_count = 0;
    ws_world_open(
        &(struct coil_http_server_options){ .prepare = be_connect_proxy },
        NULL);
    coil_http_client_free(ws_world.client);
    snprintf(proxy, sizeof proxy, "http%s", ws_world.url + 2);
    *strstr(proxy, "/ws") = '\0';
    options.proxy = proxy;
    ASSERT_EQ(coil_http_client_new(&ws_world.client, &options), 0);
    strcpy(ws_world.url, "ws://there.test/ws");
    ASSERT_EQ(ws_connect(&ws, &over_2), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_1_1);
    ASSERT_NOT_NULL(strstr(tunnel_heard, "CONNECT there.test:80 "));
    ws_check_echo(ws, "through");
    ws_finish(ws);
    ws_world_close();
}

/* ---- over TLS ---------------------------------------------------------- */

static void check_tls(bool server_1_only, bool client_1_only,
                      enum coil_http_version version)
{
    struct coil_websocket *ws;

    tls_world_open();
    ws_world_open(
        &(struct coil_http_server_options){ .tls = world.server_context,
                                            .http1_only = server_1_only },
        &(struct coil_http_client_options){ .tls = world.client_context,
                                            .http1_only = client_1_only });
    ASSERT_EQ(ws_connect(&ws, &over_2), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, version);
    ws_check_echo(ws, "secret");
    ws_finish(ws);
    ws_world_close();
    tls_world_close();
}

SOCKET_TEST(websocket_http2_is_chosen_by_alpn)
{
    NEEDS_HTTP2;
    check_tls(false, false, COIL_HTTP_2);
    check_tls(true, false, COIL_HTTP_1_1);
    check_tls(false, true, COIL_HTTP_1_1);
}

/* ---- many -------------------------------------------------------------- */

enum { MANY = 30 };

SOCKET_TEST(websocket_http2_shares_a_connection)
{
    struct coil_websocket *all[MANY];
    char text[20];

    NEEDS_HTTP2;
    open_world();
    for (int i = 0; i < MANY; i++)
        all[i] = connect_2();
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "this is %d", i);
        ws_check_echo(all[i], text);
    }
    for (int i = 0; i < MANY; i++)
        ws_finish(all[i]);
    fetch_beside();
    ws_world_close();
}

static int open_one(void *arg)
{
    struct coil_websocket **ws = arg;

    return ws_connect(ws, &over_2);
}

/* One more than the server allows has to wait. */
SOCKET_TEST(websocket_http2_waits_for_a_stream)
{
    enum { MOST = 100 };
    struct coil_websocket *all[MOST + 1];
    struct coil_task *last;

    NEEDS_HTTP2;
    if (!simulated)
        return;
    open_world();
    for (int i = 0; i < MOST; i++)
        all[i] = connect_2();
    last = start(open_one, &all[MOST]);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT(!coil_task_is_done(last));
    ws_check_echo(all[1], "hello");
    ws_finish(all[0]);
    ASSERT_EQ(end_of(last), 0);
    ws_check_echo(all[MOST], "hello");
    for (int i = 1; i <= MOST; i++)
        ws_finish(all[i]);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ws_world_close();
}

/* ---- back-pressure ----------------------------------------------------- */

enum { FLOOD = 30 };

struct flood {
    struct coil_websocket *ws;
    int sent;
};

static char large[60000];

static int send_large(void *arg)
{
    struct flood *f = arg;
    int rc = 0;

    while (rc == 0 && f->sent < FLOOD) {
        rc = coil_websocket_send(f->ws, COIL_WEBSOCKET_BINARY, large,
                                 sizeof large);
        f->sent += rc == 0;
    }
    return rc;
}

static struct coil_event go;

/* Receives when it is told to. */
static int listen_later(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int *heard = arg;
    int rc = coil_websocket_accept(&ws, x, ws_world.options);

    if (rc == 0)
        rc = coil_event_wait(&go);
    if (rc < 0)
        return rc;
    while ((rc = coil_websocket_recv(ws, &m)) == 0)
        *heard += 1;
    ws_world.ended = rc;
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

/* Who is not listened to has to wait, and holds up nobody else. */
SOCKET_TEST(websocket_http2_waits_for_who_does_not_listen)
{
    static const struct coil_websocket_options plain = {
        .deflate.is_off = true, .http2 = true, .ping_every = COIL_NEVER
    };
    struct flood f = { .sent = 0 };
    struct coil_websocket *beside;
    struct coil_task *flooding;
    int heard = 0;
    int sent;

    NEEDS_HTTP2;
    open_world();
    coil_event_init(&go);
    beside = connect_2();
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/later",
                                     listen_later, &heard),
              0);
    strcpy(strstr(ws_world.url, "/ws"), "/later");
    ASSERT_EQ(ws_connect(&f.ws, &plain), 0);
    flooding = start(send_large, &f);
    do {
        sent = f.sent;
        ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    } while (f.sent > sent);
    ASSERT_LT(sent, FLOOD / 2);
    ASSERT_LE(coil_http_server_buffered(ws_world.server), 300000);
    ws_check_echo(beside, "not held up");
    coil_event_set(&go);
    ASSERT_EQ(end_of(flooding), 0);
    ASSERT_EQ(coil_websocket_close(f.ws, COIL_WEBSOCKET_NORMAL, NULL), 0);
    coil_websocket_free(f.ws);
    ASSERT_EQ(heard, FLOOD);
    await_end_of_handler();
    ws_world.ended = 1;
    ws_finish(beside);
    ws_world_close();
}

/* ---- the end ----------------------------------------------------------- */

/* A client that vanishes resets its stream, and nothing else. */
SOCKET_TEST(websocket_http2_ends_without_a_close)
{
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    watch_reports();
    ws = connect_2();
    ws_check_echo(ws, "hello");
    coil_websocket_free(ws);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, -ECONNRESET);
    ASSERT_EQ(ws_world.code, COIL_WEBSOCKET_ABNORMAL);
    fetch_beside();
    ASSERT_EQ(report_count, 0);
    ws_world_close();
}

static int hang_up_at_once(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, "bye", 3);
    coil_websocket_free(ws);
    return rc;
}

/* A handler that returns ends the stream: what it sent before is heard. */
SOCKET_TEST(websocket_http2_ends_with_its_handler)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    NEEDS_HTTP2;
    open_world();
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/bye",
                                     hang_up_at_once, NULL),
              0);
    strcpy(strstr(ws_world.url, "/ws"), "/bye");
    ws = connect_2();
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_STR_EQ(m.data, "bye");
    ASSERT_EQ(coil_websocket_recv(ws, &m), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(coil_websocket_close_code(ws), COIL_WEBSOCKET_ABNORMAL);
    coil_websocket_free(ws);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ws_world_close();
}

SOCKET_TEST(websocket_http2_hears_that_the_server_stops)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws[2];
    coil_time before;

    NEEDS_HTTP2;
    open_world();
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/away",
                                     ws_go_away, NULL),
              0);
    strcpy(strstr(ws_world.url, "/ws"), "/away");
    ws[0] = connect_2();
    ws[1] = connect_2();
    before = coil_now();
    coil_http_server_stop(ws_world.server, 0);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_websocket_recv(ws[i], &m), -EPIPE);
        ASSERT_EQ(coil_websocket_close_code(ws[i]), COIL_WEBSOCKET_GOING_AWAY);
        ASSERT_EQ(coil_websocket_close(ws[i], COIL_WEBSOCKET_NORMAL, NULL), 0);
    }
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, 0);
    ASSERT_LT(coil_now() - before, 5 * COIL_SECOND);
    coil_websocket_free(ws[0]);
    coil_websocket_free(ws[1]);
    ws_world_close();
}

/* The connection breaks under all of them. */
SOCKET_TEST(websocket_http2_ends_with_the_connection)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws[3];

    NEEDS_HTTP2;
    open_world();
    for (int i = 0; i < 3; i++)
        ws[i] = connect_2();
    coil_http_server_stop(ws_world.server, 0);
    for (int i = 0; i < 3; i++) {
        int rc = coil_websocket_recv(ws[i], &m);

        ASSERT(rc == -ECONNRESET || rc == COIL_EHTTP_TRUNCATED);
        ASSERT_EQ(coil_websocket_recv(ws[i], &m), rc);
        ASSERT_EQ(coil_websocket_send(ws[i], COIL_WEBSOCKET_TEXT, "x", 1), rc);
        coil_websocket_free(ws[i]);
    }
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 0);
    ws_world_close();
}
