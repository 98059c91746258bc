/* SPDX-License-Identifier: MIT */
/*
 * WebSockets over TLS, and what the end of TLS makes of them.
 */
#include <coil/tls.h>
#include <coil/websocket.h>

#include "tls_test.h"
#include "websocket_server_test.h"

SOCKET_TEST(websocket_tls_carries_messages)
{
    static char text[100001];
    struct coil_websocket *ws;

    tls_world_open();
    ws_world_open(
        &(struct coil_http_server_options){ .tls = world.server_context },
        &(struct coil_http_client_options){ .tls = world.client_context });
    ASSERT_EQ(strncmp(ws_world.url, "wss:", 4), 0);
    memset(text, 'w', sizeof text - 1);
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ws_check_echo(ws, "secret");
    ws_check_echo(ws, text);
    ws_finish(ws);
    ws_world_close();
    tls_world_close();
}

SOCKET_TEST(websocket_tls_is_asked_for_by_the_scheme)
{
    struct coil_websocket *ws;

    tls_world_open();
    ws_world_open(
        &(struct coil_http_server_options){ .tls = world.server_context },
        NULL);
    ASSERT_EQ(ws_connect(&ws, NULL), COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER);
    ASSERT_NULL(ws);
    ws_world_close();
    tls_world_close();
}
