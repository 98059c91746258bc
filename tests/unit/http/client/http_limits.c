/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The time that a request may take, and the time that it may wait for its place
 * among the connections to its host.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/timeout.h>

#include "http_server_test.h"

static struct coil_http_client *client;
static char url[64];
static coil_time handling;
static size_t at_once;
static size_t most_at_once;

static int take_time(struct coil_http_exchange *x, void *arg)
{
    int rc;

    (void)arg;
    if (++at_once > most_at_once)
        most_at_once = at_once;
    rc = coil_sleep(handling);
    at_once--;
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "ok", 2);
}

/* The head at once, the body in its time. */
static int take_time_for_the_body(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, 2);

    (void)arg;
    if (rc == 0)
        rc = coil_sleep(handling);
    return rc < 0 ? rc : coil_http_write(x, "ok", 2);
}

static void begin_limits(const struct coil_http_client_options *options,
                         coil_time time)
{
    simulated = true;
    handling = time;
    at_once = most_at_once = 0;
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/time", take_time, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/body",
                                     take_time_for_the_body, NULL),
              0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/time",
             coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client, options), 0);
}

static void end_limits(void)
{
    coil_http_client_free(client);
    end_server();
}

static int fetch(void *arg)
{
    struct coil_http_request request = { .url = url };
    struct coil_http_response *response;
    int rc;

    if (arg)
        request.limit = *(coil_time *)arg;
    rc = coil_http_request(client, &request, &response);
    if (rc < 0)
        ASSERT_NULL(response);
    else
        coil_http_response_free(response);
    return rc;
}

/* ---- waiting does not count ------------------------------------------- */

/* 50 workers, 4 connections, healthy answers of 1 s, and a limit of 10 s. */
static int fetch_in_a_crowd(void *arg)
{
    struct coil_task *workers[50];
    coil_time begun;

    (void)arg;
    begin_limits(
        &(struct coil_http_client_options){ .max_connections_per_origin = 4,
                                            .request_limit = 10 * COIL_SECOND },
        COIL_SECOND);
    begun = coil_now();
    for (int i = 0; i < 50; i++)
        workers[i] = start(fetch, NULL);
    for (int i = 0; i < 50; i++)
        ASSERT_EQ(end_of(workers[i]), 0);
    ASSERT_GE(coil_now() - begun, 13 * COIL_SECOND);
    ASSERT_LT(coil_now() - begun, 14 * COIL_SECOND);
    ASSERT_EQ(most_at_once, 4);
    end_limits();
    return 0;
}

TEST(http_limits_a_queue_of_requests_to_a_healthy_server_does_not_time_out)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(fetch_in_a_crowd, NULL, seed), 0);
}

/* A limit of its own; who gave up has taken nothing with it. */
static int wait_for_a_place(void *arg)
{
    struct coil_task *holder;
    struct coil_task *waiters[3];
    coil_time begun;

    (void)arg;
    begin_limits(
        &(struct coil_http_client_options){ .max_connections_per_origin = 1,
                                            .place_limit = 2 * COIL_SECOND },
        5 * COIL_SECOND);
    begun = coil_now();
    holder = start(fetch, NULL);
    settle();
    for (int i = 0; i < 3; i++)
        waiters[i] = start(fetch, NULL);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]), -EBUSY);
    ASSERT_GE(coil_now() - begun, 2 * COIL_SECOND);
    ASSERT_LT(coil_now() - begun, 3 * COIL_SECOND);
    ASSERT_EQ(end_of(holder), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);

    handling = COIL_SECOND;
    for (int i = 0; i < 2; i++)
        waiters[i] = start(fetch, NULL);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(end_of(waiters[i]), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    end_limits();
    return 0;
}

TEST(http_limits_the_wait_for_a_place)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(wait_for_a_place, NULL, seed), 0);
}

/* Cancelled in the queue is cancelled, and not -EBUSY. */
static int cancel_in_the_queue(void *arg)
{
    struct coil_task *holder;
    struct coil_task *waiter;

    (void)arg;
    begin_limits(
        &(struct coil_http_client_options){ .max_connections_per_origin = 1,
                                            .place_limit = COIL_MINUTE },
        5 * COIL_SECOND);
    holder = start(fetch, NULL);
    settle();
    waiter = start(fetch, NULL);
    settle();
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
    ASSERT_EQ(end_of(holder), 0);
    ASSERT_EQ(fetch(NULL), 0);
    end_limits();
    return 0;
}

TEST(http_limits_a_cancellation_in_the_queue)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(cancel_in_the_queue, NULL, seed), 0);
}

/* A scope around the request counts both. */
static int wait_within_a_scope(void *arg)
{
    struct coil_task *holder;
    struct coil_timeout scope;

    (void)arg;
    begin_limits(
        &(struct coil_http_client_options){ .max_connections_per_origin = 1,
                                            .place_limit = COIL_MINUTE,
                                            .request_limit = COIL_MINUTE },
        5 * COIL_SECOND);
    holder = start(fetch, NULL);
    settle();
    ASSERT_EQ(coil_timeout_begin(&scope, COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_end(&scope, fetch(NULL)), -ETIMEDOUT);
    ASSERT(coil_timeout_expired(&scope));
    ASSERT_EQ(end_of(holder), 0);
    ASSERT_EQ(fetch(NULL), 0);
    end_limits();
    return 0;
}

TEST(http_limits_of_a_scope_count_the_wait)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(wait_within_a_scope, NULL, seed), 0);
}

/* ---- the request itself ----------------------------------------------- */

static int exceed_the_limit(void *arg)
{
    coil_time longer = 20 * COIL_SECOND;
    coil_time never = COIL_NEVER;
    coil_time shorter = COIL_SECOND;
    coil_time begun;

    (void)arg;
    begin_limits(
        &(struct coil_http_client_options){ .max_connections_per_origin = 1,
                                            .request_limit = 5 * COIL_SECOND },
        10 * COIL_SECOND);
    begun = coil_now();
    ASSERT_EQ(fetch(NULL), -ETIMEDOUT);
    ASSERT_GE(coil_now() - begun, 5 * COIL_SECOND);
    ASSERT_LT(coil_now() - begun, 6 * COIL_SECOND);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(fetch(&shorter), -ETIMEDOUT);
    ASSERT_EQ(fetch(&longer), 0);
    ASSERT_EQ(fetch(&never), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    handling = COIL_SECOND;
    ASSERT_EQ(fetch(NULL), 0);
    end_limits();
    return 0;
}

TEST(http_limits_the_time_of_a_request)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(exceed_the_limit, NULL, seed), 0);
}

/* All of the response for coil_http_request(), its head for coil_http_open(). */
static int read_a_slow_body(void *arg)
{
    struct coil_http_request request = { .url = url, .limit = COIL_SECOND };
    struct coil_http_response *response;
    size_t size = 0;
    ptrdiff_t n;
    char bytes[8];

    (void)arg;
    begin_limits(NULL, 5 * COIL_SECOND);
    strcpy(strrchr(url, '/'), "/body");
    ASSERT_EQ(coil_http_request(client, &request, &response), -ETIMEDOUT);
    ASSERT_NULL(response);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(coil_http_open(client, &request, &response), 0);
    do {
        n = coil_http_read(response, bytes, sizeof bytes);
        ASSERT_GE(n, 0);
        size += (size_t)n;
    } while (n > 0);
    ASSERT_EQ(size, 2);
    coil_http_response_free(response);
    end_limits();
    return 0;
}

TEST(http_limits_of_an_open_response_end_with_its_head)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(read_a_slow_body, NULL, seed), 0);
}
