/* SPDX-License-Identifier: MIT */
/*
 * websocket.c - coil with a WebSocket of somebody else over HTTP/2 (RFC 8441)
 *
 *     websocket serve CHAIN KEY    prints a port; /ws sends messages back
 *     websocket talk CA URL        sends messages of all sizes, closes, and says
 *                                  "yes", or what went wrong
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/tls.h>
#include <coil/websocket.h>

/* ---- a server ----------------------------------------------------------- */

static int talk_back(struct coil_http_exchange *x, void *arg)
{
    static const struct coil_websocket_options options = { .max_message =
                                                               (size_t)4
                                                               << 20 };
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, &options);

    (void)arg;
    if (rc < 0)
        return rc;
    while ((rc = coil_websocket_recv(ws, &m)) == 0)
        if (coil_websocket_send(ws, m.kind, m.data, m.size) < 0)
            break;
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

static int serve(void *arg)
{
    struct coil_http_server *server = arg;
    struct coil_address address;
    int rc = coil_http_server_route(server, "GET", "/ws", talk_back, NULL);

    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", 0);
    if (rc == 0)
        rc = coil_http_server_address(server, &address);
    if (rc < 0)
        return rc;
    printf("%u\n", (unsigned)coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(server);
}

static int be_server(const char *chain, const char *key)
{
    const struct coil_tls_server_options tls = {
        .certificates = { { chain, key } },
    };
    struct coil_http_server_options options = { .tls = NULL };
    struct coil_http_server *server;
    int rc = coil_tls_context_new_server(&options.tls, &tls);

    if (rc == 0)
        rc = coil_http_server_new(&server, &options);
    if (rc == 0) {
        rc = coil_run(serve, server);
        coil_http_server_free(server);
    }
    coil_tls_context_free(options.tls);
    return rc;
}

/* ---- a client ----------------------------------------------------------- */

static const char *url;
static struct coil_http_client *client;

static int ask(struct coil_websocket *ws, const char *bytes, size_t size)
{
    struct coil_websocket_message m;
    int rc = coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, bytes, size);

    if (rc == 0)
        rc = coil_websocket_recv(ws, &m);
    if (rc < 0)
        return rc;
    return m.size == size && memcmp(m.data, bytes, size) == 0 ? 0 : -EBADMSG;
}

static int ask_all(struct coil_websocket *ws)
{
    static const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536, 1000000 };
    static char bytes[1000000];
    int rc = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)rand(); /* NOLINT: any bytes will do */
    for (size_t i = 0; rc == 0 && i < sizeof sizes / sizeof *sizes; i++)
        rc = ask(ws, bytes, sizes[i]);
    return rc;
}

static int talk_once(void)
{
    const struct coil_http_request request = { .url = url };
    const struct coil_websocket_options options = { .http2 = true };
    struct coil_websocket *ws;
    int rc = coil_websocket_connect(&ws, client, &request, &options);

    if (rc < 0)
        return rc;
    if (coil_websocket_response(ws)->version != COIL_HTTP_2)
        rc = -EPROTOTYPE;
    if (rc == 0)
        rc = ask_all(ws);
    if (rc == 0)
        rc = coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "enough");
    coil_websocket_free(ws);
    return rc;
}

/* The second one finds the connection of the first. */
static int talk(void *arg)
{
    struct coil_http_client_options options = { .tls = arg };
    int rc = coil_http_client_new(&client, &options);

    if (rc < 0)
        return rc;
    rc = talk_once();
    if (rc == 0)
        rc = talk_once();
    if (rc == 0 && coil_http_client_connections(client) != 1)
        rc = -EISCONN;
    coil_http_client_free(client);
    return rc;
}

static int be_client(const char *ca)
{
    const struct coil_tls_client_options tls = { .ca_file = ca };
    struct coil_tls_context *context;
    int rc = coil_tls_context_new_client(&context, &tls);

    if (rc < 0)
        return rc;
    rc = coil_run(talk, context);
    printf("%s\n", rc == 0 ? "yes" : coil_strerror(rc));
    coil_tls_context_free(context);
    return rc;
}

int main(int argc, char *argv[])
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        return coil_run_status(be_server(argv[2], argv[3]));
    if (argc == 4 && strcmp(argv[1], "talk") == 0) {
        url = argv[3];
        return coil_run_status(be_client(argv[2]));
    }
    fprintf(stderr, "usage: websocket serve CHAIN KEY | talk CA URL\n");
    return 2;
}
