/* SPDX-License-Identifier: MIT */
/*
 * Connections over which nothing comes for a while: they have no task.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

static void run_seeds(int (*body)(void *))
{
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(body, NULL, seed), 0);
}

static size_t tasks(void)
{
    return coil_all_tasks(NULL, 0);
}

static void ask_on(struct coil_stream *s, const char *request,
                   const char *expected)
{
    char answer[1000];
    size_t got = 0;

    send_text(s, request);
    do {
        ptrdiff_t n =
            coil_stream_read(s, answer + got, sizeof answer - 1 - got);

        ASSERT_GT(n, 0);
        got += (size_t)n;
        answer[got] = '\0';
    } while (!strstr(answer, "\r\n\r\n") || !strstr(answer, expected));
    ASSERT_EQ(status_in(answer), 200);
}

static const char get_hello[] = "GET /hello HTTP/1.1\r\n" HOST "\r\n";

static int go_on_after_a_rest(void *arg)
{
    struct coil_stream *s[10];
    size_t before;

    (void)arg;
    serve_defaults();
    before = tasks();
    for (size_t i = 0; i < 10; i++) {
        s[i] = dial();
        if (i % 2)
            ask_on(s[i], get_hello, "hello");
    }
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(tasks(), before);
    ASSERT_EQ(coil_http_server_connections(server), 10);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 10; i++)
            ask_on(s[i], get_hello, "hello");
        ASSERT_EQ(coil_sleep(20 * COIL_SECOND), 0);
        ASSERT_EQ(tasks(), before);
    }

    /* A client that goes, and one that begins and does not go on. */
    coil_stream_abort(s[0]);
    settle();
    ASSERT_EQ(coil_http_server_connections(server), 9);
    send_text(s[1], "GET / HT");
    ASSERT_EQ(coil_sleep(29 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 9);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    {
        char answer[1000];

        read_rest(s[1], answer, sizeof answer);
        ASSERT_EQ(status_in(answer), 408);
        coil_stream_abort(s[1]);
    }
    for (size_t i = 2; i < 10; i++)
        coil_stream_abort(s[i]);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_server_idle_connections_have_no_task_and_go_on)
{
    run_seeds(go_on_after_a_rest);
}

/* The time that a connection may be idle is what was asked for. */
static int close_in_time(void *arg)
{
    char answer[1000];
    struct coil_stream *s;
    coil_time begun;

    (void)arg;
    serve_with(&(struct coil_http_server_options){
        .idle_timeout = 7 * COIL_SECOND, .header_timeout = 3 * COIL_SECOND });
    s = dial();
    begun = coil_now();
    ASSERT_EQ(read_rest(s, answer, sizeof answer), 0);
    ASSERT_GE(coil_now() - begun, 3 * COIL_SECOND);
    ASSERT_LE(coil_now() - begun, 4 * COIL_SECOND);
    coil_stream_abort(s);

    s = dial();
    for (int i = 0; i < 3; i++) {
        ask_on(s, get_hello, "hello");
        ASSERT_EQ(coil_sleep(6 * COIL_SECOND), 0);
    }
    begun = coil_now();
    ASSERT_EQ(read_rest(s, answer, sizeof answer), 0);
    ASSERT_LE(coil_now() - begun, COIL_SECOND + COIL_SECOND / 2);
    coil_stream_abort(s);
    end_server();
    return 0;
}

TEST(http_server_idle_connections_end_in_time)
{
    run_seeds(close_in_time);
}

/* Stopped, or cancelled, the server closes them at once. */
static int end_with_the_server(void *arg)
{
    char answer[1000];
    struct coil_stream *s[3];

    (void)arg;
    serve_defaults();
    for (size_t i = 0; i < 3; i++)
        s[i] = dial();
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    if (seed % 2) {
        coil_http_server_stop(server, COIL_MINUTE);
        ASSERT_EQ(end_of(serving), 0);
    } else {
        coil_task_cancel(serving);
        ASSERT_EQ(end_of(serving), -ECANCELED);
    }
    ASSERT_EQ(coil_http_server_connections(server), 0);
    for (size_t i = 0; i < 3; i++) {
        ASSERT_EQ(read_rest(s[i], answer, sizeof answer), 0);
        coil_stream_abort(s[i]);
    }
    coil_http_server_free(server);
    return 0;
}

TEST(http_server_idle_connections_end_with_the_server)
{
    run_seeds(end_with_the_server);
}

/* Less than the time after which a connection has no task. */
static int end_soon(void *arg)
{
    char answer[1000];
    struct coil_stream *s;
    coil_time begun;

    (void)arg;
    serve_with(&(struct coil_http_server_options){
        .idle_timeout = COIL_SECOND / 2, .header_timeout = COIL_SECOND / 4 });
    begun = coil_now();
    s = dial();
    ASSERT_EQ(read_rest(s, answer, sizeof answer), 0);
    coil_stream_abort(s);
    s = dial();
    ask_on(s, get_hello, "hello");
    ASSERT_EQ(read_rest(s, answer, sizeof answer), 0);
    coil_stream_abort(s);
    ASSERT_LE(coil_now() - begun, COIL_SECOND);
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

static int never_end(void *arg)
{
    struct coil_stream *s;

    (void)arg;
    serve_with(
        &(struct coil_http_server_options){ .idle_timeout = COIL_NEVER });
    s = dial();
    ask_on(s, get_hello, "hello");
    ASSERT_EQ(coil_sleep(1000 * 60 * COIL_MINUTE), 0);
    ask_on(s, get_hello, "hello");
    coil_stream_abort(s);
    end_server();
    return 0;
}

TEST(http_server_idle_connections_may_stay_for_ever)
{
    run_seeds(never_end);
}

TEST(http_server_idle_connections_end_soon_if_asked)
{
    run_seeds(end_soon);
}

/* There is no memory for a task just when the next request comes. */
static int lack_memory(void *arg)
{
    char answer[1000];
    struct coil_stream *s;

    (void)arg;
    serve_defaults();
    s = dial();
    ask_on(s, get_hello, "hello");
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    send_text(s, get_hello);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_test_settle(), 0);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_UNSEEN(-ENOMEM);
    ASSERT_PTR_EQ(reported.object, server);
    ASSERT_EQ(read_rest(s, answer, sizeof answer), 0);
    coil_stream_abort(s);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_server_idle_connections_without_memory_for_a_task)
{
    run_seeds(lack_memory);
}

/* What comes just as the connection is put to rest, or the server stops. */
static int come_in_the_moment(void *arg)
{
    struct coil_stream *s;
    char answer[1000];
    coil_time moment = COIL_SECOND + ((coil_time)(seed % 5) - 2) * 1000;

    (void)arg;
    serve_defaults();
    s = dial();
    ask_on(s, get_hello, "hello");
    ASSERT_EQ(coil_sleep(moment), 0);
    ask_on(s, get_hello, "hello");
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    send_text(s, get_hello);
    for (uint64_t i = 0; i < seed % 7; i++)
        ASSERT_EQ(coil_yield(), 0);
    coil_http_server_stop(server, COIL_MINUTE);
    read_rest(s, answer, sizeof answer);
    if (answer[0])
        ASSERT_EQ(status_in(answer), 200);
    coil_stream_abort(s);
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_EQ(report_count, 0);
    coil_http_server_free(server);
    return 0;
}

TEST(http_server_idle_connections_lose_nothing)
{
    run_seeds(come_in_the_moment);
}
