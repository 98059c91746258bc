/* SPDX-License-Identifier: MIT */
/*
 * websocket.c - programs of WebSockets: scenario.h
 */
#include <string.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/websocket.h>

#include "scenario.h"

static struct coil_http_server *server;
static struct coil_http_client *client;
static char url[64];

/* ---- a server that sends everything back ---- */

static int echo_all(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, arg);

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

static int begin(void)
{
    int rc;

    server = NULL;
    client = NULL;
    rc = coil_http_server_new(&server, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/", echo_all, NULL);
    if (rc == 0)
        rc = listen_anew();
    if (rc == 0)
        rc = coil_http_client_new(&client, NULL);
    return rc < 0 ? rc : help(serve, NULL);
}

static void end(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
}

/* ---- clients ---- */

static int dial(struct coil_websocket **ws)
{
    const struct coil_http_request request = { .url = url };

    return coil_websocket_connect(ws, client, &request, NULL);
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
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(talk(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
}

const struct scenario scenarios_websocket[] = {
    { "websocket", begin, talk, probe, end },
    { "websocket_much", begin, pass_much, probe, end },
    { "websocket_refused", begin, ask_plainly, probe, end },
    { NULL },
};
