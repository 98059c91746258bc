/* SPDX-License-Identifier: MIT */
#include "websocket_server_test.h"

struct ws_world ws_world;

static int echo_all(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    const char *origin = coil_http_exchange_header(x, "Origin");
    const char *trust = coil_http_exchange_header(x, "Authorization");
    struct coil_websocket *ws;
    int rc = coil_http_respond_header(x, "X-Added", "yes");

    (void)arg;
    ASSERT_EQ(rc, 0);
    snprintf(ws_world.origin, sizeof ws_world.origin, "%s",
             origin ? origin : "");
    ws_world.is_trusted = trust != NULL;
    ws_world.accepted = coil_websocket_accept(&ws, x, ws_world.options);
    if (ws_world.accepted < 0) {
        ASSERT_NULL(ws);
        return ws_world.accepted;
    }
    ASSERT_NULL(coil_websocket_response(ws));
    ws_world.is_deflated = coil_websocket_is_deflated(ws);
    snprintf(ws_world.subprotocol, sizeof ws_world.subprotocol, "%s",
             coil_websocket_subprotocol(ws) ? coil_websocket_subprotocol(ws)
                                            : "");
    while ((rc = coil_websocket_recv(ws, &m)) == 0) {
        rc = coil_websocket_send(ws, m.kind, m.data, m.size);
        if (rc < 0)
            break;
    }
    ws_world.ended = rc;
    ws_world.code = coil_websocket_close_code(ws);
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

/* To the argument "to". */
static int redirect(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location",
                                      coil_http_exchange_argument(x, "to"));

    (void)arg;
    ASSERT_EQ(rc, 0);
    return coil_http_respond(x, 307, NULL, "", 0);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(ws_world.server);
}

void ws_world_open(const struct coil_http_server_options *server,
                   const struct coil_http_client_options *client)
{
    struct ws_world *w = &ws_world;
    struct coil_address address;

    *w = (struct ws_world){ .ended = 1 };
    ASSERT_EQ(coil_http_server_new(&w->server, server), 0);
    ASSERT_EQ(coil_http_server_route(w->server, NULL, "/ws", echo_all, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(w->server, "GET", "/go", redirect, NULL),
              0);
    ASSERT_EQ(coil_http_server_listen(w->server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(w->server, &address), 0);
    snprintf(w->url, sizeof w->url, "%s://127.0.0.1:%u/ws",
             server && server->tls ? "wss" : "ws",
             (unsigned)coil_address_port(&address));
    w->serving = start(serve, NULL);
    ASSERT_EQ(coil_http_client_new(&w->client, client), 0);
}

void ws_world_close(void)
{
    coil_http_client_free(ws_world.client);
    coil_http_server_stop(ws_world.server, 0);
    ASSERT_EQ(end_of(ws_world.serving), 0);
    coil_http_server_free(ws_world.server);
}

int ws_connect(struct coil_websocket **ws,
               const struct coil_websocket_options *options)
{
    static const struct coil_http_header headers[] = {
        { "Origin", "http://a.test" }, { "X-A-Header-With-A-Long-Name", "x" }
    };
    const struct coil_http_request request = {
        .url = ws_world.url,
        .headers = headers,
        .header_count = 2,
    };

    return coil_websocket_connect(ws, ws_world.client, &request, options);
}

void ws_check_echo(struct coil_websocket *ws, const char *text)
{
    struct coil_websocket_message m;

    ASSERT_EQ(coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, text, strlen(text)),
              0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_EQ(m.kind, COIL_WEBSOCKET_TEXT);
    ASSERT_STR_EQ(m.data, text);
}

void ws_finish(struct coil_websocket *ws)
{
    ASSERT_EQ(coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "done"), 0);
    ASSERT_EQ(coil_websocket_close_code(ws), COIL_WEBSOCKET_NORMAL);
    coil_websocket_free(ws);
    ASSERT_EQ(ws_world.ended, -EPIPE);
    ASSERT_EQ(ws_world.code, COIL_WEBSOCKET_NORMAL);
}

int ws_go_away(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_websocket_recv(ws, &m);
    ASSERT_EQ(rc, -ECANCELED);
    ws_world.ended = coil_websocket_close(ws, COIL_WEBSOCKET_GOING_AWAY, NULL);
    coil_websocket_free(ws);
    return rc;
}
