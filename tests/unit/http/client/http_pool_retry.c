/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Requests that meet dead connections while others wait for theirs: a request
 * that is repeated keeps its place, and nobody has more than there may be.
 */
#include <coil/http_client.h>

#include "http_test.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { LIMIT = 2, WORKERS = 10 };

/* Closes each connection at its second request. */
static struct coil_listener *listener;
static size_t open_connections;
static size_t most_open;
static size_t requests;
static struct coil_http_client *client;
static char url[64];

static int answer_once(void *arg)
{
    struct coil_stream *stream = *(struct coil_stream **)arg;
    char head[1000];
    size_t size;
    int rc;

    for (int i = 0; i < 2; i++) {
        rc = coil_stream_read_until(stream, "\r\n\r\n", 4, head, sizeof head,
                                    &size);
        if (rc < 0)
            return 0;
        requests++;
        rc = coil_sleep(COIL_SECOND);
        if (rc == 0 && i == 0)
            rc = coil_stream_write(stream, ANSWER, strlen(ANSWER));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void close_it(void *arg)
{
    open_connections--;
    coil_stream_abort(*(struct coil_stream **)arg);
}

static int accept_all(void *arg)
{
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct coil_stream *),
                                               .arg_destroy = close_it };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    ASSERT_EQ(rc, 0);
    while (rc == 0) {
        struct coil_stream *stream;

        rc = coil_listener_accept(listener, &stream);
        if (rc < 0)
            break;
        if (++open_connections > most_open)
            most_open = open_connections;
        rc = coil_task_group_create_with(&group, NULL, answer_once, &stream,
                                         &options);
    }
    return coil_task_group_end(&group, rc);
}

static int fetch_twice(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        struct coil_http_response *response;
        int rc = coil_http_get(client, url, &response);

        ASSERT_LE(coil_http_client_connections(client), LIMIT);
        if (rc < 0)
            return rc;
        coil_http_response_free(response);
    }
    return 0;
}

static int watch(void *arg)
{
    (void)arg;
    for (;;) {
        int rc = coil_sleep(COIL_SECOND / 10);

        if (rc < 0)
            return rc;
        ASSERT_LE(coil_http_client_connections(client), LIMIT);
    }
}

static int fetch_with_retries(void *arg)
{
    struct coil_address address;
    struct coil_task *workers[WORKERS];
    struct coil_task *server;
    struct coil_task *watcher;

    (void)arg;
    simulated = true;
    open_connections = most_open = requests = 0;
    listener = listening(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .max_connections_per_origin = LIMIT }),
              0);
    server = start(accept_all, NULL);
    watcher = start(watch, NULL);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start(fetch_twice, NULL);
    for (int i = 0; i < WORKERS; i++)
        ASSERT_EQ(end_of(workers[i]), 0);
    /* The answers, and those that were repeated. */
    ASSERT_GT(requests, 2 * WORKERS);
    /* The server may hear of a new one before it hears that one has ended. */
    ASSERT_LE(most_open, 2 * LIMIT);
    ASSERT_EQ(end_by_cancelling(watcher), -ECANCELED);
    coil_http_client_free(client);
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
    coil_listener_close(listener);
    return 0;
}

TEST(http_pool_retry_stays_within_the_limit)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(fetch_with_retries, NULL, seed), 0);
}
