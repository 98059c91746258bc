/* SPDX-License-Identifier: MIT */
/*
 * A WebSocket that has moved.
 */
#include <coil/tls.h>
#include <coil/websocket.h>

#include "http/wire/websocket_url.h"
#include "tls_test.h"
#include "websocket_server_test.h"

/* ---- URLs ----------------------------------------------------------------- */

TEST(websocket_redirect_knows_urls_of_websockets)
{
    ASSERT_STR_EQ(coil__websocket_url_behind_ws("ws://h/"), "://h/");
    ASSERT_STR_EQ(coil__websocket_url_behind_ws("wSS:x"), "S:x");
    ASSERT_NULL(coil__websocket_url_behind_ws("w"));
    ASSERT_NULL(coil__websocket_url_behind_ws("ws"));
    ASSERT_NULL(coil__websocket_url_behind_ws("wss"));
    ASSERT_NULL(coil__websocket_url_behind_ws("wsss://h/"));
    ASSERT_NULL(coil__websocket_url_behind_ws("/ws:"));
    ASSERT_NULL(coil__websocket_url_behind_ws("http://ws:1/"));
}

/* ---- redirects ------------------------------------------------------------ */

static char page[256]; /* that redirects */

static const char *port(void)
{
    return strchr(strchr(ws_world.url, ':') + 1, ':');
}

/* The page that redirects to `scheme` and the rest, which has a %s for the port. */
static void send_it_to(const char *scheme, const char *rest)
{
    char place[16];
    char behind[128];

    snprintf(place, sizeof place, "%.*s", (int)(strlen(port()) - 3), port());
    snprintf(behind, sizeof behind, rest, place);
    snprintf(page, sizeof page, "%.*s://127.0.0.1%s/go?to=%s%s",
             (int)(strchr(ws_world.url, ':') - ws_world.url), ws_world.url,
             place, scheme, behind);
}

static int follow(struct coil_websocket **ws,
                  const struct coil_websocket_options *options,
                  int max_redirects)
{
    static const struct coil_http_header trust = { "Authorization", "Basic x" };
    const struct coil_http_request request = {
        .url = page,
        .headers = &trust,
        .header_count = 1,
        .max_redirects = max_redirects,
    };

    return coil_websocket_connect(ws, ws_world.client, &request, options);
}

static void check_followed(bool is_trusted)
{
    struct coil_websocket *ws;

    ASSERT_EQ(follow(&ws, NULL, 0), 0);
    ws_check_echo(ws, "there");
    ASSERT_EQ(ws_world.is_trusted, is_trusted);
    ASSERT_EQ(coil_websocket_response(ws)->hop_count, 1);
    ws_finish(ws);
}

SOCKET_TEST(websocket_redirect_is_followed)
{
    ws_world_open(NULL, NULL);
    send_it_to("", "/ws");
    check_followed(true);
    send_it_to("http", "://127.0.0.1%s/ws");
    check_followed(true);
    send_it_to("ws", "://127.0.0.1%s/ws");
    check_followed(true);
    send_it_to("WS", "://127.0.0.1%s/ws");
    check_followed(true);
    /* Whom the user trusts is one host, and this is another. */
    send_it_to("ws", "://localhost%s/ws");
    check_followed(false);
    ws_world_close();
}

SOCKET_TEST(websocket_redirect_may_lead_nowhere)
{
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    send_it_to("wsx", "://127.0.0.1%s/ws");
    ASSERT_EQ(follow(&ws, NULL, 0), COIL_EHTTP_BAD_REDIRECT);
    ASSERT_NULL(ws);
    send_it_to("ws", ":///ws");
    ASSERT_EQ(follow(&ws, NULL, 0), COIL_EHTTP_BAD_REDIRECT);
    send_it_to("", "/go?to=/go?to=/ws");
    ASSERT_EQ(follow(&ws, NULL, 1), COIL_EHTTP_TOO_MANY_REDIRECTS);
    send_it_to("ws", "://127.0.0.1%s/ws");
    check_followed(true);
    ws_world_close();
}

SOCKET_TEST(websocket_redirect_can_be_a_refusal)
{
    struct coil_http_response *refusal;
    const struct coil_websocket_options options = { .refusal = &refusal };
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    send_it_to("ws", "://127.0.0.1%s/ws");
    ASSERT_EQ(follow(&ws, &options, COIL_HTTP_NO_REDIRECTS),
              COIL_EWEBSOCKET_REFUSED);
    ASSERT_NULL(ws);
    ASSERT_EQ(refusal->status, 307);
    ASSERT_NOT_NULL(
        strstr(coil_http_response_header(refusal, "Location"), "ws://"));
    coil_http_response_free(refusal);
    ws_world_close();
}

/* A page is never to be found at "ws://…". */
SOCKET_TEST(websocket_redirect_is_for_no_page)
{
    struct coil_http_response *r;
    char url[300];

    ws_world_open(NULL, NULL);
    send_it_to("ws", "://127.0.0.1%s/ws");
    snprintf(url, sizeof url, "http%s", page + 2);
    ASSERT_EQ(coil_http_get(ws_world.client, url, &r), COIL_EHTTP_BAD_REDIRECT);
    ws_world_close();
}

SOCKET_TEST(websocket_redirect_does_not_leave_tls)
{
    struct coil_websocket *ws;

    tls_world_open();
    ws_world_open(
        &(struct coil_http_server_options){ .tls = world.server_context },
        &(struct coil_http_client_options){ .tls = world.client_context });
    send_it_to("ws", "://127.0.0.1%s/ws");
    ASSERT_EQ(follow(&ws, NULL, 0), COIL_EHTTP_DOWNGRADE);
    ASSERT_NULL(ws);
    send_it_to("wss", "://127.0.0.1%s/ws");
    check_followed(true);
    ws_world_close();
    tls_world_close();
}
