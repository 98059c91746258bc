/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 300 */
/*
 * The client, cancelled after every step of the simulator in turn.  Whatever
 * happens, nothing leaks, and the client can be used on.
 */
#include <coil/http_client.h>

#include "http_cancel_test.h"

#define OK(text) "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" text

/* ---- the client ------------------------------------------------------- */

static struct fake fake;

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
    cancelled = start(fetch, NULL);
    strike_at(step, cancel_victim);
    rc = end_of(cancelled);
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
    cancelled = start(fetch_whole, NULL);
    others[1] = start(fetch_whole, NULL);
    strike_at(step, cancel_victim);
    ASSERT_EQ(end_of(others[0]), 0);
    ASSERT_EQ(end_of(others[1]), 0);
    rc = end_of(cancelled);
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
    cancelled = start(fetch_streaming, NULL);
    ASSERT_EQ(coil_yield(), 0); /* it has begun */
    strike_at(step, free_client);
    ASSERT_EQ(end_of(cancelled), 0);
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
