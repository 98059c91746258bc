/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * HTTP/2 by ALPN: who speaks it with whom, over the client and the server of the
 * library.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/http_versions.h>
#include <coil/tls.h>

#include "http_client_test.h"
#include "tls_test.h"

static struct coil_http_server *server;
static struct coil_task *serving;
static struct coil_http_client *client;
static char url[64];

static int answer(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_sleep(10 * COIL_MILLISECOND);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 200, "text/plain", "hello", 5);
}

enum { LARGE = 300000 };

static int answer_much(struct coil_http_exchange *x, void *arg)
{
    unsigned char *bytes = make_bytes(LARGE);
    int rc = coil_http_respond(x, 200, NULL, bytes, LARGE);

    (void)arg;
    free(bytes);
    return rc;
}

static int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

static void set_url(const struct coil_http_server *of)
{
    struct coil_address address;

    ASSERT_EQ(coil_http_server_address(of, &address), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
}

static void open_server(bool is_1)
{
    const struct coil_http_server_options options = { .tls =
                                                          world.server_context,
                                                      .http1_only = is_1 };

    ASSERT_EQ(coil_http_server_new(&server, &options), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/much", answer_much, NULL),
              0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    set_url(server);
    serving = start(serve, server);
}

static void open_all(bool server_is_1, bool client_is_1)
{
    const struct coil_http_client_options options = {
        .tls = tls_client_context(), .http1_only = client_is_1
    };

    open_server(server_is_1);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    coil_tls_context_free(options.tls); /* the client has it */
}

static void close_all(void)
{
    coil_http_client_free(client);
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

static bool is_built_in(void)
{
    struct coil_http_versions versions;

    coil_http_versions(&versions);
    return versions.nghttp2[0] != '\0';
}

static int get(void *version)
{
    struct coil_http_response *r;
    int rc = coil_http_get(client, url, &r);

    if (rc < 0)
        return rc;
    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ((int)r->version, *(const int *)version);
    coil_http_response_free(r);
    return 0;
}

static void get_at_once(int version, size_t count)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create(&group, NULL, get, &version);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
}

/* All wait for what the one who connects finds, and go over its connection. */
SOCKET_TEST(https_http2_is_spoken_where_both_can)
{
    int version = is_built_in() ? COIL_HTTP_2 : COIL_HTTP_1_1;

    tls_world_open();
    open_all(false, false);
    get_at_once(version, 20);
    if (is_built_in())
        ASSERT_EQ(coil_http_client_connections(client), 1);
    get_at_once(version, 20);
    if (is_built_in())
        ASSERT_EQ(coil_http_client_connections(client), 1);
    close_all();
    tls_world_close();
}

/* As many connections as always, and nobody waits for ever. */
SOCKET_TEST(https_http1_is_spoken_with_a_server_that_knows_no_other)
{
    tls_world_open();
    open_all(true, false);
    get_at_once(COIL_HTTP_1_1, 20);
    ASSERT_LE(coil_http_client_connections(client), 6);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    get_at_once(COIL_HTTP_1_1, 20);
    close_all();
    tls_world_close();
}

SOCKET_TEST(https_http1_is_spoken_if_the_client_wants_no_other)
{
    tls_world_open();
    open_all(false, true);
    get_at_once(COIL_HTTP_1_1, 20);
    close_all();
    tls_world_close();
}

/* Two origins have a connection each. */
SOCKET_TEST(https_http2_keeps_origins_apart)
{
    struct coil_http_server *first;
    struct coil_task *first_serving;
    int version = is_built_in() ? COIL_HTTP_2 : COIL_HTTP_1_1;

    tls_world_open();
    open_server(false);
    first = server;
    first_serving = serving;
    open_all(false, false);
    get_at_once(version, 5);
    set_url(first);
    get_at_once(version, 5);
    if (is_built_in())
        ASSERT_EQ(coil_http_client_connections(client), 2);
    close_all();
    coil_http_server_stop(first, 0);
    ASSERT_EQ(end_of(first_serving), 0);
    coil_http_server_free(first);
    tls_world_close();
}

TEST(http2_options_of_a_client_that_contradict_each_other)
{
    const struct coil_http_client_options both = { .http1_only = true,
                                                   .http2_prior_knowledge =
                                                       true };
    const struct coil_http_client_options prior = { .http2_prior_knowledge =
                                                        true };
    struct coil_http_client *none;

    ASSERT_EQ(coil_http_client_new(&none, &both), -EINVAL);
    ASSERT_EQ(coil_http_client_new(&none, &prior),
              is_built_in() ? 0 : -ENOTSUP);
    if (is_built_in())
        coil_http_client_free(none);
}

/* Much is sent at once, without a copy where the transport takes it so. */
SOCKET_TEST(https_http2_brings_large_bodies)
{
    tls_world_open();
    for (int is_1 = 0; is_1 < 2; is_1++) {
        struct coil_http_response *r;

        open_all(is_1, is_1);
        strcat(url, "much");
        r = fetch(client, url);
        ASSERT_EQ(r->body_size, LARGE);
        check_bytes((const unsigned char *)r->body, 0, r->body_size);
        coil_http_response_free(r);
        close_all();
    }
    tls_world_close();
}
