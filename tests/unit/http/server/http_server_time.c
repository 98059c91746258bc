/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What the server does not wait for, and how it ends.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

/* ---- time, on the simulator ------------------------------------------- */

static void (*timed_body)(void);

static int run_timed(void *arg)
{
    (void)arg;
    simulated = true;
    timed_body();
    return 0;
}

static void for_all_seeds(void (*body)(void))
{
    timed_body = body;
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(run_timed, NULL, seed), 0);
}

#define TIMED_TEST(name)                                                       \
    static void timed_body_##name(void);                                       \
    TEST(name)                                                                 \
    {                                                                          \
        for_all_seeds(timed_body_##name);                                      \
    }                                                                          \
    static void timed_body_##name(void)

/* What comes until the server closes, and when it does. */
static coil_time close_of(struct coil_stream *s, char *answer, size_t size)
{
    coil_time before = coil_now();

    read_rest(s, answer, size);
    coil_stream_abort(s);
    return coil_now() - before;
}

static void expect_between(coil_time what, coil_time low, coil_time high)
{
    ASSERT_GE(what, low);
    ASSERT_LE(what, high);
}

TIMED_TEST(http_server_does_not_wait_for_heads_for_ever)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    expect_between(close_of(s, answer, sizeof answer), 30 * COIL_SECOND,
                   31 * COIL_SECOND);
    ASSERT_STR_EQ(answer, "");

    s = dial();
    send_text(s, "GET / HTTP/1.1\r\n");
    expect_between(close_of(s, answer, sizeof answer), 30 * COIL_SECOND,
                   31 * COIL_SECOND);
    ASSERT_EQ(status_in(answer), 408);
    end_server();
}

static int send_slowly(void *arg)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX: aaaaaaaaaaaaa";

    for (size_t i = 0; i < sizeof text - 1; i++) {
        int rc = coil_stream_write(arg, &text[i], 1);

        if (rc == 0)
            rc = coil_sleep(COIL_SECOND);
        if (rc < 0)
            return 0;
    }
    return 0;
}

/* Slowloris: a byte a second keeps nothing alive. */
TIMED_TEST(http_server_limits_the_time_of_a_head_that_comes_byte_by_byte)
{
    struct coil_stream *s;
    struct coil_task *task;
    char answer[300];
    coil_time before = coil_now();

    serve_defaults();
    s = dial();
    task = start(send_slowly, s);
    read_rest(s, answer, sizeof answer);
    expect_between(coil_now() - before, 30 * COIL_SECOND, 32 * COIL_SECOND);
    end_by_cancelling(task);
    coil_stream_abort(s);
    end_server();
}

TIMED_TEST(http_server_closes_idle_connections)
{
    struct coil_stream *s;
    char answer[300];

    serve_with(
        &(struct coil_http_server_options){ .idle_timeout = 7 * COIL_SECOND });
    s = dial();
    send_text(s, "GET / HTTP/1.1\r\n" HOST "\r\n");
    expect_between(close_of(s, answer, sizeof answer), 7 * COIL_SECOND,
                   8 * COIL_SECOND);
    ASSERT_STR_CONTAINS(answer, "root");
    end_server();
}

TIMED_TEST(http_server_does_not_wait_for_bodies_for_ever)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "POST /look HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab");
    expect_between(close_of(s, answer, sizeof answer), 5 * COIL_SECOND,
                   9 * COIL_SECOND);
    ASSERT_EQ(status_in(answer), 408);
    ASSERT_EQ(report_count, 0);
    end_server();
}

TIMED_TEST(http_server_does_not_wait_for_who_does_not_read)
{
    size_t before = large_size;
    struct coil_stream *s;

    large_size = 4 * 1024 * 1024;
    serve_defaults();
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(59 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 1);
    ASSERT_EQ(coil_sleep(10 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(report_count, 0);
    coil_stream_abort(s);
    end_server();
    large_size = before;
}

/* ---- the end ---------------------------------------------------------- */

TIMED_TEST(http_server_stopping_lets_requests_end)
{
    struct coil_stream *idle;
    struct coil_stream *busy;
    char answer[300];

    serve_defaults();
    idle = dial();
    busy = dial();
    send_text(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 2);
    coil_http_server_stop(server, COIL_MINUTE);
    expect_between(close_of(idle, answer, sizeof answer), 0, COIL_SECOND);
    expect_between(close_of(busy, answer, sizeof answer), 8 * COIL_SECOND,
                   10 * COIL_SECOND);
    ASSERT_STR_CONTAINS(answer, CLOSE);
    ASSERT_STR_CONTAINS(answer, "slow");
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

TIMED_TEST(http_server_stopping_cancels_what_takes_too_long)
{
    struct coil_stream *busy;
    char answer[300];

    serve_defaults();
    busy = dial();
    send_text(busy, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    coil_http_server_stop(server, 2 * COIL_SECOND);
    coil_http_server_stop(server, COIL_MINUTE);
    expect_between(close_of(busy, answer, sizeof answer), 2 * COIL_SECOND,
                   3 * COIL_SECOND);
    ASSERT_EQ(status_in(answer), 503);
    ASSERT_STR_CONTAINS(answer, CLOSE);
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

/*
 * A request that comes in the moment of the stop is served, or the connection is
 * closed: nothing between.
 */
static int served;

static void stop_as_it_comes(void)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    settle();
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    for (uint64_t i = 0; i < seed % 8; i++)
        ASSERT_EQ(coil_yield(), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    close_of(s, answer, sizeof answer);
    if (answer[0]) {
        served += strstr(answer, CLOSE) != NULL; /* after the stop */
        ASSERT_EQ(status_in(answer), 200);
        ASSERT_STR_EQ(body_in(answer), "hello");
    }
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

TEST(http_server_stopping_serves_what_has_come)
{
    served = 0;
    /* A few schedules alone do either. */
    unsetenv("COIL_TEST_SEEDS");
    timed_body = stop_as_it_comes;
    test_on_failure = say_where;
    for (seed = 0; seed < 10 * SEEDS; seed++)
        ASSERT_EQ(coil_test_run(run_timed, NULL, seed), 0);
    ASSERT_GT(served, 0);
    ASSERT_LT(served, 10 * SEEDS);
}

static int stop_when_told(void *arg)
{
    char byte;
    ptrdiff_t n = coil_stream_read(arg, &byte, 1);

    ASSERT_EQ(n, 1);
    coil_http_server_stop(server, COIL_MINUTE);
    return 0;
}

/*
 * The kernel tells of both in one turn, first of what stops the server: the
 * session is cancelled when it has its request, but has not run.
 */
KERNEL_TEST(http_server_stopping_serves_what_came_in_the_same_turn)
{
    struct pair p;
    struct coil_stream *s;
    struct coil_task *stopper;
    char answer[300];

    serve_defaults();
    p = connected();
    s = dial();
    stopper = start(stop_when_told, p.b);
    settle();
    send_text(p.a, "x");
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(end_of(stopper), 0);
    read_rest(s, answer, sizeof answer);
    coil_stream_abort(s);
    ASSERT_EQ(status_in(answer), 200);
    ASSERT_STR_CONTAINS(answer, CLOSE);
    ASSERT_STR_EQ(body_in(answer), "hello");
    hang_up(&p);
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

/* A request of which some bytes have come is in progress. */
TIMED_TEST(http_server_stopping_waits_for_a_head_that_has_begun)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "GET / HTTP");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    send_text(s, "/1.1\r\n" HOST "\r\n");
    close_of(s, answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "root");
    ASSERT_EQ(end_of(serving), 0);
    coil_http_server_free(server);
}

STREAM_TEST(http_server_stopped_before_it_serves_returns_at_once)
{
    serve_defaults();
    coil_http_server_stop(server, 0);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), -EINVAL);
    ASSERT_EQ(coil_http_server_serve(server), -EINVAL);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), -EALREADY);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
    ASSERT_STR_EQ(body_in(get("/")), "root");
    ASSERT_EQ(coil_http_server_serve(server), -EALREADY);
    end_server();
}

STREAM_TEST(http_server_cancelled_closes_everything)
{
    struct coil_stream *s;
    char answer[300];

    serve_defaults();
    s = dial();
    send_text(s, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    settle();
    ASSERT_EQ(end_by_cancelling(serving), -ECANCELED);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    read_rest(s, answer, sizeof answer);
    if (!simulated)
        ASSERT_EQ(status_in(answer), 503);
    ASSERT_NULL(strstr(answer, "slow"));
    coil_stream_abort(s);
    coil_http_server_free(server);
}

static int be_quick(void *arg)
{
    char *answer = arg;
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &address);

    if (rc < 0)
        return rc;
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    read_rest(s, answer, 300);
    coil_stream_abort(s);
    return 0;
}

STREAM_TEST(http_server_serves_so_many_connections_at_a_time)
{
    struct coil_task_group group;
    char answers[8][300];
    int rc;

    serve_with(&(struct coil_http_server_options){ .max_connections = 2 });
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 8; i++)
        rc = coil_task_group_create(&group, NULL, be_quick, answers[i]);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    for (int i = 0; i < 8; i++)
        ASSERT_STR_EQ(body_in(answers[i]), "hello");
    end_server();
}
