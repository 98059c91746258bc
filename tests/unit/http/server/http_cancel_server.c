/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 300 */
/*
 * The server, stopped, cancelled and left by its client after every step of the
 * simulator in turn; and both with every allocation failing in turn.  It always
 * ends, nothing leaks, and no response is taken for whole that is not.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_cancel_test.h"
#include "reports.h"

/* ---- the server ------------------------------------------------------- */

static struct coil_http_server *server;
static struct coil_task *serving;
static char url[64];

static int upload(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc < 0)
        return rc;
    return coil_http_respond(x, 200, NULL, body, size);
}

static int download(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = coil_http_write(x, "0123456789", 10);
        if (rc == 0)
            rc = coil_yield();
    }
    return rc;
}

static int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

static int serve_routes(void)
{
    struct coil_address address;
    int rc = coil_http_server_new(&server, NULL);

    if (rc < 0)
        return rc;
    rc = coil_http_server_route(server, "POST", "/upload/{}", upload, NULL);
    if (rc == 0)
        rc = coil_http_server_route(server, "GET", "/download", download, NULL);
    if (rc == 0)
        rc = coil_http_server_listen(server, "127.0.0.1", 0);
    if (rc < 0) {
        coil_http_server_free(server);
        return rc;
    }
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u",
             coil_address_port(&address));
    return 0;
}

/* Requests whose responses are whole, or an error. */
static int use_server(void *arg)
{
    char target[100];
    struct coil_http_request request = {
        .url = target, .method = "POST", .body = "data", .body_size = 4
    };
    struct coil_http_response *r;
    int rc;

    (void)arg;
    snprintf(target, sizeof target, "%s/upload/x?y=z", url);
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    if (r->status == 200)
        ASSERT_STR_EQ(r->body, "data");
    coil_http_response_free(r);

    snprintf(target, sizeof target, "%s/download", url);
    rc = coil_http_get(client, target, &r);
    if (rc < 0)
        return rc;
    if (r->status == 200)
        ASSERT_STR_EQ(r->body, "012345678901234567890123456789");
    coil_http_response_free(r);
    return 0;
}

static void cancel_serving(void)
{
    coil_task_cancel(serving);
}

static void stop_now(void)
{
    coil_http_server_stop(server, 0);
}

static void stop_gently(void)
{
    coil_http_server_stop(server, COIL_MINUTE);
}

static bool end_server(size_t step, void (*how)(void))
{
    struct coil_task *user;
    bool was;
    int rc;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(serve_routes(), 0);
    serving = start(serve, server);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0); /* it serves */
    user = start(use_server, NULL);
    strike_at(step, how);
    rc = end_of(user);
    was = end_strike();
    ASSERT(was || rc == 0);
    if (!was)
        coil_http_server_stop(server, 0);
    rc = end_of(serving);
    ASSERT_EQ(rc, was && how == cancel_serving ? -ECANCELED : 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    coil_http_client_free(client);
    coil_http_server_free(server);
    return was;
}

static bool cancel_server(size_t step)
{
    return end_server(step, cancel_serving);
}

static bool stop_server_now(size_t step)
{
    return end_server(step, stop_now);
}

static bool stop_server_gently(size_t step)
{
    return end_server(step, stop_gently);
}

TEST(http_cancel_a_server_at_every_step)
{
    at_every_step(cancel_server, 12);
}

TEST(http_cancel_stop_a_server_at_every_step)
{
    at_every_step(stop_server_now, 12);
}

TEST(http_cancel_stop_a_server_gently_at_every_step)
{
    at_every_step(stop_server_gently, 12);
}

/* A client that disappears at any moment. */
static bool leave_server(size_t step)
{
    bool was;
    int rc;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(serve_routes(), 0);
    serving = start(serve, server);
    cancelled = start(use_server, NULL);
    strike_at(step, cancel_victim);
    rc = end_of(cancelled);
    was = end_strike();
    ASSERT(rc == 0 || (was && rc == -ECANCELED));
    ASSERT_EQ(use_server(NULL), 0);
    coil_http_client_free(client);
    coil_http_server_stop(server, COIL_NEVER);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
    return was;
}

TEST(http_cancel_leave_a_server_at_every_step)
{
    at_every_step(leave_server, 12);
}

/* ---- out of memory ---------------------------------------------------- */

static int run_short_of_memory(void *arg)
{
    size_t n = *(size_t *)arg;
    size_t before;
    int rc;

    simulated = true;
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    before = coil_test_allocations();
    coil_test_fail_allocation(n, false);
    rc = coil_http_client_new(&client, NULL);
    if (rc < 0)
        goto no_client;
    rc = serve_routes();
    if (rc < 0)
        goto no_server;
    rc = coil_task_create(&serving, serve, server);
    if (rc == 0) {
        struct coil_timeout limit;

        ASSERT_EQ(coil_timeout_begin(&limit, COIL_MINUTE), 0);
        rc = coil_timeout_end(&limit, use_server(NULL));
        ASSERT_NE(rc, -ETIMEDOUT);
        coil_http_server_stop(server, 0);
        ASSERT_EQ(end_of(serving), 0);
    }
    coil_http_server_free(server);
no_server:
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
no_client:
    coil_test_fail_allocation(0, false);
    was_struck = coil_test_allocations() - before >= n;
    return 0;
}

TEST(http_cancel_fail_every_allocation)
{
    size_t n = 0;

    do {
        n++;
        ASSERT_EQ(coil_test_run(run_short_of_memory, &n, 0), 0);
    } while (was_struck);
    ASSERT_GT(n, 20);
}
