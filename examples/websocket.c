/* SPDX-License-Identifier: MIT */
/*
 * websocket.c - both sides of a WebSocket
 *
 *     websocket PORT              send back all that comes to ws://…:PORT/
 *     websocket URL TEXT…         send each text, and print what comes back
 *
 * The server ends with SIGINT or SIGTERM: it tells its clients that it goes away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/websocket.h>

static char **args;

/* ---- the server ------------------------------------------------------- */

static int echo(struct coil_http_exchange *exchange, void *arg)
{
    struct coil_websocket_message message;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, exchange, arg);

    if (rc < 0)
        return rc;
    while ((rc = coil_websocket_recv(ws, &message)) == 0) {
        rc = coil_websocket_send(ws, message.kind, message.data, message.size);
        if (rc < 0)
            break;
    }
    if (rc == -ECANCELED)
        rc = coil_websocket_close(ws, COIL_WEBSOCKET_GOING_AWAY, "bye");
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

static int listen_and_serve(struct coil_http_server *server, uint16_t port)
{
    struct coil_address address;
    int rc = coil_http_server_route(server, "GET", "/", echo, NULL);

    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", port);
    if (rc < 0)
        return rc;
    rc = coil_http_server_address(server, &address);
    if (rc < 0)
        return rc;
    printf("ws://127.0.0.1:%u/\n", (unsigned)coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(server);
}

static int serve(void *arg)
{
    struct coil_http_server *server;
    int rc = coil_http_server_new(&server, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = listen_and_serve(server, (uint16_t)atoi(args[0]));
    coil_http_server_free(server);
    return rc;
}

/* ---- the client ------------------------------------------------------- */

static int talk(struct coil_websocket *ws)
{
    int rc = 0;

    for (char **text = args + 1; rc == 0 && *text; text++) {
        struct coil_websocket_message message;

        rc = coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, *text, strlen(*text));
        if (rc == 0)
            rc = coil_websocket_recv(ws, &message);
        if (rc == 0)
            printf("%.*s\n", (int)message.size, message.data);
    }
    return rc < 0 ? rc : coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL);
}

static int connect_and_talk(void *arg)
{
    const struct coil_http_request request = { .url = args[0] };
    struct coil_http_client *client;
    struct coil_websocket *ws;
    int rc = coil_http_client_new(&client, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_websocket_connect(&ws, client, &request, NULL);
    if (rc == 0)
        rc = talk(ws);
    coil_websocket_free(ws);
    coil_http_client_free(client);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", args[0], coil_strerror(rc));
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: websocket PORT, or websocket URL TEXT...\n");
        return 2;
    }
    args = argv + 1;
    return coil_run_status(
        coil_run(argc == 2 ? serve : connect_and_talk, NULL));
}
