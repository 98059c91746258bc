/* SPDX-License-Identifier: MIT */
/*
 * http_proxy.c - programs of a client that reaches its origin through a proxy:
 * scenario.h
 */
#include "scenarios/http_proxy.h"

#include <coil/http_client.h>
#include <coil/http_server.h>

#include "scenario.h"
#include "scenarios/http_fetch.h"
#include "tunnel.h"

static struct coil_http_server *server;
static struct coil_http_client *client;
static const struct way *taken;

static int send_page(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, "text/plain", "page", 4);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

/* On the network of the simulator, where every port is free. */
static int listen_anew(void)
{
    return coil_http_server_listen(server, "127.0.0.1", 3128);
}

int begin_way(const struct way *way)
{
    int rc;

    server = NULL;
    client = NULL;
    taken = way;
    rc = coil_http_server_new(
        &server, &(struct coil_http_server_options){ .prepare = way->prepare,
                                                     .tls = way->server_tls });
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/page", send_page, NULL);
    if (rc == 0)
        rc = listen_anew();
    if (rc == 0)
        rc = coil_http_client_new(&client, &(struct coil_http_client_options){
                                               .proxy = way->proxy,
                                               .proxy_tunnel = way->is_tunnel,
                                               .tls = way->client_tls,
                                               .http1_only = way->is_1 });
    return rc < 0 ? rc : help(serve, NULL);
}

int go_way(void *unused)
{
    (void)unused;
    return fetch_body(client, taken->url, "page");
}

/* The server may have ended with an error that was ordered. */
void probe_way(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    if (helper_count == 0 || coil_task_is_done(helpers[0])) {
        ASSERT(is_failing);
        ASSERT_EQ(listen_anew(), 0);
        ASSERT_EQ(help(serve, NULL), 0);
    }
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(go_way(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
}

void end_way(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
}

/* ---- without TLS ---- */

/* A server takes a request for any host. */
static int begin_asked(void)
{
    static const struct way way = { .proxy = "http://me:x@127.0.0.1:3128",
                                    .url = "http://h.test/page" };

    return begin_way(&way);
}

static int begin_connect(void)
{
    static const struct way way = { .proxy = "http://me:x@127.0.0.1:3128",
                                    .is_tunnel = true,
                                    .url = "http://h.test/page",
                                    .prepare = be_connect_proxy };

    return begin_way(&way);
}

static int begin_socks(void)
{
    static const struct way way = { .proxy = "socks5://127.0.0.1:3128",
                                    .url = "http://h.test/page",
                                    .prepare = be_socks_proxy };

    return begin_way(&way);
}

const struct scenario scenarios_http_proxy[] = {
    { "http_get_of_a_proxy", begin_asked, go_way, probe_way, end_way },
    { "http_get_by_connect", begin_connect, go_way, probe_way, end_way },
    { "http_get_by_socks", begin_socks, go_way, probe_way, end_way },
    { NULL },
};

/* ---- over TLS ---- */

struct coil_tls_context *https_server_context;
struct coil_tls_context *https_client_context;

static int begin_secure(struct way chosen)
{
    static struct way way;

    way = chosen;
    way.server_tls = https_server_context;
    way.client_tls = https_client_context;
    return begin_way(&way);
}

static int begin_https(void)
{
    return begin_secure((struct way){ .url = "https://127.0.0.1:3128/page" });
}

static int begin_https_1(void)
{
    return begin_secure(
        (struct way){ .url = "https://127.0.0.1:3128/page", .is_1 = true });
}

static int begin_https_connect(void)
{
    return begin_secure((struct way){ .proxy = "http://127.0.0.1:3128",
                                      .url = "https://a.example/page",
                                      .prepare = be_connect_proxy });
}

static int begin_https_socks(void)
{
    return begin_secure((struct way){ .proxy = "socks5://127.0.0.1:3128",
                                      .url = "https://a.example/page",
                                      .prepare = be_socks_proxy });
}

const struct scenario scenarios_https[] = {
    { "https_get", begin_https, go_way, probe_way, end_way },
    { "https_get_by_1", begin_https_1, go_way, probe_way, end_way },
    { "https_get_by_connect", begin_https_connect, go_way, probe_way, end_way },
    { "https_get_by_socks", begin_https_socks, go_way, probe_way, end_way },
    { NULL },
};
