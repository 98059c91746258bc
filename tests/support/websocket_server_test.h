/* SPDX-License-Identifier: MIT */
/*
 * websocket_server_test.h - a server of WebSockets, and a client
 */
#ifndef COIL_TESTS_WEBSOCKET_SERVER_TEST_H
#define COIL_TESTS_WEBSOCKET_SERVER_TEST_H

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/websocket.h>

#include "stream_test.h"

/*
 * What the server's handler does, which is made anew by each open.  "/ws" echoes, and
 * "/go?to=URL" is a redirect.
 */
struct ws_world {
    struct coil_http_server *server;
    struct coil_http_client *client;
    struct coil_task *serving;
    const struct coil_websocket_options *options; /* of the server */
    char url[64];                                 /* "ws://…/ws" */
    /* Of the last request. */
    int accepted;
    int ended; /* the result of receiving */
    unsigned code;
    char origin[64];
    bool is_trusted; /* it had the header Authorization */
    char subprotocol[32];
    bool is_deflated;
};

extern struct ws_world ws_world;

/* Each of the options may be NULL. */
void ws_world_open(const struct coil_http_server_options *server,
                   const struct coil_http_client_options *client);
void ws_world_close(void);

/* Open a WebSocket; returns the result.  `options` may be NULL. */
int ws_connect(struct coil_websocket **ws,
               const struct coil_websocket_options *options);

/* Send a text, and get it back. */
void ws_check_echo(struct coil_websocket *ws, const char *text);

/* Close, free, and wait until the server's handler has ended. */
void ws_finish(struct coil_websocket *ws);

/* A handler that closes when the server stops, as the documentation says. */
int ws_go_away(struct coil_http_exchange *x, void *arg);

#endif
