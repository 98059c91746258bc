/* SPDX-License-Identifier: MIT */
/*
 * http.c - programs of the HTTP client and server: scenario.h
 */
#include <string.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/task_group.h>

#include "scenario.h"
#include "scenarios/http_fetch.h"

static struct coil_http_server *server;
static struct coil_http_client *client;
static char page_url[64], slow_url[64], upload_url[64];
static char moved_url[64], busy_url[64];
static bool busy;
static bool is_2; /* the client speaks HTTP/2 */

/* ---- a server with three pages ---- */

static int send_page(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    return coil_http_respond(x, 200, "text/plain", "page", 4);
}

static int send_slowly(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = coil_http_write(x, "piece", 5);
        if (rc == 0)
            rc = coil_sleep(COIL_MILLISECOND);
    }
    return rc;
}

static int take_upload(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 201, NULL, body, size);
}

static int send_away(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Location", "/page");

    (void)arg;
    return rc < 0 ? rc : coil_http_respond(x, 302, "text/plain", "moved", 5);
}

static int be_busy_once(struct coil_http_exchange *x, void *arg)
{
    int status = busy ? 503 : 200;

    (void)arg;
    busy = false;
    return coil_http_respond(x, status, "text/plain", "", 0);
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static int listen_anew(void)
{
    struct coil_address address;
    unsigned port;
    int rc = coil_http_server_listen(server, "127.0.0.1", 0);

    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    port = coil_address_port(&address);
    snprintf(page_url, sizeof page_url, "http://127.0.0.1:%u/page", port);
    snprintf(slow_url, sizeof slow_url, "http://127.0.0.1:%u/slow", port);
    snprintf(moved_url, sizeof moved_url, "http://127.0.0.1:%u/moved", port);
    snprintf(busy_url, sizeof busy_url, "http://127.0.0.1:%u/busy", port);
    snprintf(upload_url, sizeof upload_url, "http://127.0.0.1:%u/up", port);
    return 0;
}

static int make_limited_server(size_t connections)
{
    int rc;

    server = NULL;
    client = NULL;
    rc = coil_http_server_new(&server, &(struct coil_http_server_options){
                                           .max_connections = connections });
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/page", send_page, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/slow", send_slowly, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "POST", "/up", take_upload, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/moved", send_away, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/busy", be_busy_once, NULL);
    return rc < 0 ? rc : listen_anew();
}

static int make_server(void)
{
    return make_limited_server(0);
}

static int make_client(size_t connections)
{
    return coil_http_client_new(&client,
                                &(struct coil_http_client_options){
                                    .max_connections_per_origin = connections,
                                    .http2_prior_knowledge = is_2 });
}

/* With limits of time that are never reached. */
static int make_patient_client(size_t connections)
{
    return coil_http_client_new(&client,
                                &(struct coil_http_client_options){
                                    .max_connections_per_origin = connections,
                                    .request_limit = COIL_MINUTE,
                                    .place_limit = COIL_MINUTE,
                                    .http2_prior_knowledge = is_2,
                                });
}

static int begin_http(size_t connections)
{
    int rc = make_server();

    if (rc == 0)
        rc = make_client(connections);
    return rc < 0 ? rc : help(serve, NULL);
}

static int begin_unlimited(void)
{
    return begin_http(0);
}

static int begin_limited(void)
{
    return begin_http(1);
}

static void end_http(void)
{
    coil_http_client_free(client);
    coil_http_server_free(server);
    client = NULL;
    server = NULL;
    is_2 = false;
}

/* ---- the client ---- */

static int fetch_page(void *arg)
{
    (void)arg;
    return fetch_body(client, page_url, "page");
}

static int fetch_twice(void *arg)
{
    int rc = fetch_page(arg);

    return rc < 0 ? rc : fetch_page(arg);
}

static int fetch_slow(void *arg)
{
    (void)arg;
    return fetch_body(client, slow_url, "piecepiecepiece");
}

static int stream_slow(void *arg)
{
    (void)arg;
    return stream_size(client, slow_url, 8, 15);
}

static int upload(void *arg)
{
    static char body[20000];
    struct coil_http_request request = {
        .method = "POST",
        .url = upload_url,
        .body = body,
        .body_size = sizeof body,
    };
    struct coil_http_response *r;
    int rc = coil_http_request(client, &request, &r);

    (void)arg;
    return rc < 0 ? rc : end_with_size(r, 201, sizeof body);
}

/* A body that comes in its own time, and is sent in chunks. */
static ptrdiff_t read_source(void *arg, void *buffer, size_t size)
{
    size_t *left = arg;
    int rc = coil_sleep(COIL_MILLISECOND);

    if (rc < 0)
        return rc;
    if (size > *left)
        size = *left;
    memset(buffer, 'a', size);
    *left -= size;
    return (ptrdiff_t)size;
}

static int upload_source(void *arg)
{
    size_t left = 150000;
    struct coil_http_source source = { .read = read_source,
                                       .arg = &left,
                                       .size = COIL_HTTP_CHUNKED };
    struct coil_http_request request = {
        .method = "POST",
        .url = upload_url,
        .source = &source,
        .expect_continue = true,
    };
    struct coil_http_response *r;
    int rc = coil_http_request(client, &request, &r);

    (void)arg;
    return rc < 0 ? rc : end_with_size(r, 201, 150000);
}

/* Through a redirect that has a body. */
static int fetch_redirected(void *arg)
{
    struct coil_http_request request = { .url = moved_url };
    struct coil_http_response *r;
    int rc = coil_http_request(client, &request, &r);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = r->status == 200 ? 0 : -EPROTO;
    if (rc == 0) {
        ASSERT_STR_EQ(r->body, "page");
        ASSERT_EQ(r->hop_count, 1);
    }
    coil_http_response_free(r);
    return rc;
}

/* After a 503. */
static int fetch_once_more(void *arg)
{
    static const struct coil_http_retry retry = { .repeats = 2 };
    struct coil_http_request request = { .url = busy_url, .retry = &retry };
    struct coil_http_response *r;
    int rc;

    (void)arg;
    busy = true;
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    rc = r->status == 200 ? 0 : -EPROTO;
    coil_http_response_free(r);
    return rc;
}

static int fetch_under_timeout(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    return rc < 0 ? rc : coil_timeout_end(&limit, fetch_slow(arg));
}

/* A server may end with an error that was ordered; it can serve again. */
static void revive_server(void)
{
    ASSERT_EQ(coil_test_settle(), 0); /* it may be about to */
    if (helper_count > 0 && !coil_task_is_done(helpers[0]))
        return;
    ASSERT(is_failing);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
}

/* The client is as if nothing had been; helpers[0] is the server. */
static void probe_client(void)
{
    for (int i = 1; i < helper_count; i++) {
        int rc = coil_task_await(helpers[i]);

        if (!is_failing)
            ASSERT_EQ(rc, 0);
    }
    revive_server();
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    ASSERT_EQ(fetch_page(NULL), 0);
    ASSERT_EQ(stream_slow(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
}

/* Others wait for the one connection that there may be. */
static int begin_crowd(void)
{
    int rc = begin_limited();

    for (int i = 0; rc == 0 && i < 2; i++)
        rc = help(fetch_slow, NULL);
    return rc;
}

static int begin_patient_crowd(void)
{
    int rc = make_server();

    if (rc == 0)
        rc = make_patient_client(1);
    if (rc == 0)
        rc = help(serve, NULL);
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = help(fetch_slow, NULL);
    return rc;
}

/* Many at once, a few at a time. */
static struct coil_semaphore few;

static int fetch_when_allowed(void *arg)
{
    int rc = coil_semaphore_acquire(&few);

    if (rc < 0)
        return rc;
    rc = fetch_page(arg);
    coil_semaphore_release(&few);
    return rc;
}

static int fetch_all(void *arg)
{
    struct coil_task_group group;
    int rc;

    coil_semaphore_init(&few, 2);
    rc = coil_task_group_begin(&group);
    ASSERT_EQ(rc, 0);
    for (int i = 0; rc == 0 && i < 4; i++)
        rc = coil_task_group_create(&group, NULL, fetch_when_allowed, arg);
    rc = coil_task_group_end(&group, rc);
    ASSERT_EQ(coil_semaphore_value(&few), 2);
    return rc;
}

/* ---- the server ---- */

static int fetch_until_refused(void *arg)
{
    for (int i = 0; i < 4; i++) {
        int rc = i % 2 ? fetch_slow(arg) : fetch_page(arg);

        if (rc == -ECANCELED)
            return rc;
        coil_http_client_close_idle(client);
        rc = coil_sleep(COIL_MILLISECOND);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int begin_clients_of(size_t connections)
{
    int rc = make_limited_server(connections);

    if (rc == 0)
        rc = make_client(0);
    if (rc == 0)
        rc = help(fetch_until_refused, NULL);
    return rc < 0 ? rc : help(fetch_until_refused, NULL);
}

static int begin_clients(void)
{
    return begin_clients_of(0);
}

/* There is one place for a connection, which nobody may keep for ever. */
static int begin_clients_of_one(void)
{
    return begin_clients_of(1);
}

static int serve_for_a_minute(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, serve(arg));
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* A server that was cancelled has no connection any more, and can serve. */
static void probe_http_server(void)
{
    struct coil_address address;
    int clients = helper_count;

    ASSERT_EQ(coil_http_server_connections(server), 0);
    if (coil_http_server_address(server, &address) < 0) /* it has served */
        ASSERT_EQ(listen_anew(), 0);
    ASSERT_EQ(help(serve, NULL), 0);
    for (int i = 0; i < clients; i++)
        ASSERT_EQ(coil_task_await(helpers[i]), 0);
    ASSERT_EQ(fetch_page(NULL), 0);
}

/* ---- over HTTP/2 ---- */

static int begin_2(void)
{
    is_2 = true;
    return begin_unlimited();
}

static int begin_2_limited(void)
{
    is_2 = true;
    return begin_limited();
}

/* Others make the connection, and have requests over it. */
static int begin_2_crowd(void)
{
    is_2 = true;
    return begin_patient_crowd();
}

static int begin_2_clients(void)
{
    is_2 = true;
    return begin_clients();
}

/* ---- all of them ---- */

const struct scenario scenarios_http[] = {
    { "http_get", begin_unlimited, fetch_page, probe_client, end_http },
    { "http_get_twice", begin_unlimited, fetch_twice, probe_client, end_http },
    { "http_get_slow", begin_unlimited, fetch_slow, probe_client, end_http },
    { "http_stream", begin_unlimited, stream_slow, probe_client, end_http },
    { "http_post", begin_unlimited, upload, probe_client, end_http },
    { "http_upload", begin_unlimited, upload_source, probe_client, end_http },
    { "http_redirect", begin_unlimited, fetch_redirected, probe_client,
      end_http },
    { "http_retry", begin_unlimited, fetch_once_more, probe_client, end_http },
    { "http_under_timeout", begin_unlimited, fetch_under_timeout, probe_client,
      end_http },
    { "http_pool", begin_crowd, fetch_page, probe_client, end_http },
    { "http_pool_in_time", begin_patient_crowd, fetch_page, probe_client,
      end_http },
    { "http_a_few_at_a_time", begin_unlimited, fetch_all, probe_client,
      end_http },
    { "http_serve", begin_clients, serve_for_a_minute, probe_http_server,
      end_http },
    { "http_serve_one", begin_clients_of_one, serve_for_a_minute,
      probe_http_server, end_http },
    { NULL },
};

const struct scenario scenarios_http2[] = {
    { "http2_get", begin_2, fetch_page, probe_client, end_http },
    { "http2_get_twice", begin_2, fetch_twice, probe_client, end_http },
    { "http2_stream", begin_2_limited, stream_slow, probe_client, end_http },
    { "http2_post", begin_2, upload, probe_client, end_http },
    { "http2_upload", begin_2, upload_source, probe_client, end_http },
    { "http2_redirect", begin_2, fetch_redirected, probe_client, end_http },
    { "http2_under_timeout", begin_2, fetch_under_timeout, probe_client,
      end_http },
    { "http2_crowd", begin_2_crowd, fetch_page, probe_client, end_http },
    { "http2_a_few_at_a_time", begin_2, fetch_all, probe_client, end_http },
    { "http2_serve", begin_2_clients, serve_for_a_minute, probe_http_server,
      end_http },
    { NULL },
};
