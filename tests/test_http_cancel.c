/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 300 */
/*
 * Client and server, cancelled after the first step of the simulator, after the
 * second, and so on until nothing was left to cancel; and with the first
 * allocation failing, the second …  Whatever happens, nothing leaks, the client
 * can be used on, and the server ends.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_test.h"

#define OK(text) "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" text

static struct coil_http_client *client;

/* ---- something happens at the n-th step ------------------------------- */

static size_t steps_left;
static bool has_struck;
static void (*strike)(void);

static const char *count_step(const void *object)
{
    (void)object;
    if (has_struck)
        return NULL;
    if (steps_left-- == 0) {
        has_struck = true;
        strike();
    }
    return NULL;
}

static void strike_at(size_t step, void (*what)(void))
{
    steps_left = step;
    has_struck = false;
    strike = what;
    ASSERT_EQ(coil_test_watch(count_step, &steps_left), 0);
}

/* Whether it came to that. */
static bool end_strike(void)
{
    bool was = has_struck;

    has_struck = true;
    coil_test_unwatch(&steps_left);
    return was;
}

/* Run `scenario(step)` with step = 0, 1, 2 … until it returns false. */
static bool (*scenario)(size_t step);
static bool was_struck;

static int run_scenario(void *arg)
{
    simulated = true;
    was_struck = scenario(*(size_t *)arg);
    return 0;
}

static void at_every_step(bool (*what)(size_t step), uint64_t seeds)
{
    scenario = what;
    test_on_failure = say_where;
    for (seed = 0; seed < seeds; seed++) {
        size_t step = 0;

        do {
            ASSERT_EQ(coil_test_run(run_scenario, &step, seed), 0);
            step++;
        } while (was_struck && step < 100000);
        ASSERT_GT(step, 4);
    }
    seed = 0;
}

/* ---- the client ------------------------------------------------------- */

static struct coil_task *victim;
static struct fake fake;

static void cancel_victim(void)
{
    coil_task_cancel(victim);
}

static int fetch_whole(void *arg)
{
    struct coil_http_request request = {
        .method = arg, .url = fake.url, .body = "data", .body_size = arg ? 4 : 0
    };
    struct coil_http_response *response;
    int rc = coil_http_request(client, &request, &response);

    if (rc < 0) {
        ASSERT_NULL(response);
        return rc;
    }
    ASSERT_STR_EQ(response->body, "ok");
    coil_http_response_free(response);
    return 0;
}

static int fetch_streaming(void *arg)
{
    struct coil_http_request request = { .url = fake.url };
    struct coil_http_response *response;
    ptrdiff_t n;
    int rc = coil_http_open(client, &request, &response);

    (void)arg;
    if (rc < 0)
        return rc;
    do {
        char piece[3];

        n = coil_http_read(response, piece, sizeof piece);
    } while (n > 0);
    coil_http_response_free(response);
    return (int)n;
}

static int fetch_twice(void *arg)
{
    int rc = fetch_whole(NULL);

    (void)arg;
    return rc < 0 ? rc : fetch_whole("PUT");
}

/* The pool must be as if nothing had been: a request succeeds. */
static void check_client(void)
{
    static const struct line good[] = { { OK("ok"), KEEP },
                                        { OK("ok"), KEEP } };
    size_t idle = coil_http_client_idle(client);

    ASSERT_EQ(coil_http_client_connections(client), idle);
    ASSERT_LE(idle, 1);
    fake.lines = good;
    fake.count = 2;
    fake.said = 0;
    ASSERT_EQ(fetch_whole(NULL), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
}

static bool cancel_fetch(size_t step, coil_fn fetch, const struct line *lines,
                         size_t count)
{
    bool was;
    int rc;

    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .max_connections_per_origin = 1 }),
              0);
    fake_start(&fake, lines, count);
    victim = start(fetch, NULL);
    strike_at(step, cancel_victim);
    rc = end_of(victim);
    was = end_strike();
    ASSERT(rc == 0 || (was && rc == -ECANCELED));
    check_client();
    coil_http_client_free(client);
    fake_end(&fake);
    return was;
}

static bool cancel_whole(size_t step)
{
    static const struct line lines[] = {
        { "HTTP/1.1 100 Continue\r\n\r\n" OK("ok"), KEEP }
    };

    return cancel_fetch(step, fetch_whole, lines, 1);
}

static bool cancel_chunked(size_t step)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\n01234\r\n5\r\n56789\r\n0\r\nX: y\r\n\r\n",
          KEEP }
    };

    return cancel_fetch(step, fetch_streaming, lines, 1);
}

static bool cancel_twice(size_t step)
{
    static const struct line lines[] = { { OK("ok"), KEEP },
                                         { "", CLOSE },
                                         { OK("ok"), KEEP } };

    return cancel_fetch(step, fetch_twice, lines, 3);
}

TEST(http_cancel_a_request_at_every_step)
{
    at_every_step(cancel_whole, 12);
}

TEST(http_cancel_a_streamed_response_at_every_step)
{
    at_every_step(cancel_chunked, 12);
}

TEST(http_cancel_a_repeated_request_at_every_step)
{
    at_every_step(cancel_twice, 12);
}

/* Of tasks that wait for a connection, one is cancelled: the others get it. */
static bool cancel_among_others(size_t step)
{
    static const struct line lines[] = { { OK("ok"), KEEP },
                                         { OK("ok"), KEEP },
                                         { OK("ok"), KEEP } };
    struct coil_task *others[2];
    bool was;
    int rc;

    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .max_connections_per_origin = 1 }),
              0);
    fake_start(&fake, lines, 3);
    others[0] = start(fetch_whole, NULL);
    victim = start(fetch_whole, NULL);
    others[1] = start(fetch_whole, NULL);
    strike_at(step, cancel_victim);
    ASSERT_EQ(end_of(others[0]), 0);
    ASSERT_EQ(end_of(others[1]), 0);
    rc = end_of(victim);
    was = end_strike();
    ASSERT(rc == 0 || (was && rc == -ECANCELED));
    check_client();
    coil_http_client_free(client);
    fake_end(&fake);
    return was;
}

TEST(http_cancel_one_of_several_that_wait_for_a_connection)
{
    at_every_step(cancel_among_others, 12);
}

/* A client that goes while its requests are under way. */
static void free_client(void)
{
    coil_http_client_free(client);
}

static bool free_at(size_t step)
{
    static const struct line lines[] = { { OK("ok"), KEEP } };
    bool was;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    fake_start(&fake, lines, 1);
    victim = start(fetch_streaming, NULL);
    ASSERT_EQ(coil_yield(), 0); /* it has begun */
    strike_at(step, free_client);
    ASSERT_EQ(end_of(victim), 0);
    was = end_strike();
    if (!was)
        coil_http_client_free(client);
    fake_end(&fake);
    return was;
}

TEST(http_cancel_free_a_client_at_every_step_of_a_request)
{
    at_every_step(free_at, 1); /* in order: the request begins at once */
}

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
    victim = start(use_server, NULL);
    strike_at(step, cancel_victim);
    rc = end_of(victim);
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

static void ignore(struct coil_loop *loop,
                   const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)exception;
    (void)arg;
}

static int run_short_of_memory(void *arg)
{
    size_t n = *(size_t *)arg;
    size_t before;
    int rc;

    simulated = true;
    coil_loop_set_exception_handler(coil_loop_current(), ignore, NULL);
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
