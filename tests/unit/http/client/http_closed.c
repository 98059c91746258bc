/* SPDX-License-Identifier: MIT */
/*
 * Every function of a client and of a server that was freed tells so, in debug
 * mode, and stops the program.
 */
#include <coil.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/http_text.h>

#include "child.h"
#include "names.h"
#include "test.h"

static struct child child;

struct use {
    const char *function;
    void (*call)(void *object);
};

static const struct coil_loop_options in_debug_mode = { .debug = true };

/* ---- clients ---------------------------------------------------------------- */

static const struct coil_http_request request = { .url = "http://h.test/" };
static struct coil_http_response *response;

static void use_request(void *client)
{
    (void)!coil_http_request(client, &request, &response);
}

static void use_open(void *client)
{
    (void)!coil_http_open(client, &request, &response);
}

static void use_get(void *client)
{
    (void)!coil_http_get(client, request.url, &response);
}

static void use_post_json(void *client)
{
    (void)!coil_http_post_json(client, request.url, "{}", &response);
}

static void use_close_idle(void *client)
{
    coil_http_client_close_idle(client);
}

static void use_connections(void *client)
{
    (void)!coil_http_client_connections(client);
}

static void use_idle(void *client)
{
    (void)!coil_http_client_idle(client);
}

static void use_free(void *client)
{
    coil_http_client_free(client);
}

static const struct use of_client[] = {
    { "coil_http_request", use_request },
    { "coil_http_open", use_open },
    { "coil_http_get", use_get },
    { "coil_http_post_json", use_post_json },
    { "coil_http_client_close_idle", use_close_idle },
    { "coil_http_client_connections", use_connections },
    { "coil_http_client_idle", use_idle },
    { "coil_http_client_free", use_free },
};

static int use_client(void *arg)
{
    const struct use *use = arg;
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    coil_http_client_free(client);
    use->call(client);
    FAIL("%s returned", use->function);
}

/* ---- servers ---------------------------------------------------------------- */

static void use_router(void *server)
{
    (void)!coil_http_server_router(server);
}

static void use_route(void *server)
{
    (void)!coil_http_server_route(server, "GET", "/", NULL, NULL);
}

static void use_listen(void *server)
{
    (void)!coil_http_server_listen(server, "127.0.0.1", 0);
}

static void use_listen_on(void *server)
{
    (void)!coil_http_server_listen_on(server, NULL);
}

static void use_address(void *server)
{
    struct coil_address address;

    (void)!coil_http_server_address(server, &address);
}

static void use_serve(void *server)
{
    (void)!coil_http_server_serve(server);
}

static void use_stop(void *server)
{
    coil_http_server_stop(server, 0);
}

static void use_server_connections(void *server)
{
    (void)!coil_http_server_connections(server);
}

static void use_buffered(void *server)
{
    (void)!coil_http_server_buffered(server);
}

static void use_server_free(void *server)
{
    coil_http_server_free(server);
}

static const struct use of_server[] = {
    { "coil_http_server_router", use_router },
    { "coil_http_server_route", use_route },
    { "coil_http_server_listen", use_listen },
    { "coil_http_server_listen_on", use_listen_on },
    { "coil_http_server_address", use_address },
    { "coil_http_server_serve", use_serve },
    { "coil_http_server_stop", use_stop },
    { "coil_http_server_connections", use_server_connections },
    { "coil_http_server_buffered", use_buffered },
    { "coil_http_server_free", use_server_free },
};

static int use_server(void *arg)
{
    const struct use *use = arg;
    struct coil_http_server *server;

    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    coil_http_server_free(server);
    use->call(server);
    FAIL("%s returned", use->function);
}

/* ---- all of them ------------------------------------------------------------ */

/* What the child does. */
static coil_fn body;
static const struct use *made;

static void run_child(void *arg)
{
    (void)arg;
    (void)!coil_run_with(body, (void *)made, &in_debug_mode);
}

static void check_all(coil_fn fn, const struct use *uses, size_t count,
                      const char *message, const char *ended_by)
{
    char start[128];

    body = fn;
    for (size_t i = 0; i < count; i++) {
        made = &uses[i];
        child_run(&child, run_child, NULL);
        ASSERT_CHILD_KILLED(&child, SIGABRT);
        ASSERT_STR_CONTAINS(child.text, message);
        if (!knows_callers())
            continue;
        snprintf(start, sizeof start, "coil: %s: %s, by ", uses[i].function,
                 message);
        ASSERT_STR_CONTAINS(child.text, start);
        ASSERT_STR_CONTAINS(child.text, ended_by);
    }
}

TEST(http_closed_client_is_told_by_every_function)
{
    check_all(use_client, of_client, sizeof of_client / sizeof *of_client,
              "an HTTP client is used after it was freed",
              "coil_http_client_free()");
}

TEST(http_closed_server_is_told_by_every_function)
{
    check_all(use_server, of_server, sizeof of_server / sizeof *of_server,
              "an HTTP server is used after it was freed",
              "coil_http_server_free()");
}
