/* SPDX-License-Identifier: MIT */
/*
 * Handlers whose client goes, and connections that are prepared.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

static int outcome;
static int waits;

/* Waits for ten seconds, but not for who has gone. */
static int wait_for_client(struct coil_http_exchange *x, void *arg)
{
    int rc = arg ? coil_http_exchange_cancel_when_gone(x) : 0;

    if (rc == 0)
        rc = coil_http_exchange_cancel_when_gone(x); /* twice is once */
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_http_exchange_is_gone(x), false);
    waits++;
    outcome = coil_sleep(10 * COIL_SECOND);
    waits--;
    if (outcome < 0) {
        ASSERT(coil_http_exchange_is_gone(x));
        return outcome;
    }
    return coil_http_respond(x, 200, NULL, "done", 4);
}

static void hear_nothing(void *arg)
{
    (void)arg;
}

/* Somebody else has asked to hear of the connection. */
static int ask_while_watched(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream_watch watch;

    (void)arg;
    ASSERT_EQ(coil_stream_watch(coil_http_exchange_stream(x), &watch,
                                hear_nothing, NULL),
              0);
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), -EBUSY);
    ASSERT(coil_stream_unwatch(&watch));
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), 0);
    return coil_http_respond(x, 200, NULL, "watched", 7);
}

/* Goes on after its client has gone. */
static int ignore_absence(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), 0);
    outcome = coil_sleep(10 * COIL_SECOND);
    return coil_http_respond(x, 200, NULL, "late", 4);
}

static int go_unnoticed(void *arg)
{
    struct coil_stream *s;

    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/ignore", ignore_absence, NULL),
        0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/watched",
                                     ask_while_watched, NULL),
              0);
    ASSERT_STR_EQ(body_in(get("/watched")), "watched");
    outcome = 1;
    s = dial();
    send_text(s, "GET /ignore HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_stream_abort(s);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(outcome, -ECANCELED);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_absence_may_be_ignored)
{
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(go_unnoticed, NULL, seed), 0);
}

static int ask_before_the_body(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;

    (void)arg;
    ASSERT_EQ(coil_http_exchange_cancel_when_gone(x), -EBUSY);
    if (coil_http_exchange_body(x, &body, &size) < 0)
        return -ECANCELED;
    return wait_for_client(x, "");
}

static int go_away(void *arg)
{
    struct coil_stream *s;
    char answer[1000];

    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/wait", wait_for_client, ""), 0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/wait",
                                     ask_before_the_body, NULL),
              0);

    for (int i = 0; i < 3; i++) {
        static const char *const requests[] = {
            "GET /wait HTTP/1.1\r\n" HOST "\r\n",
            "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab",
            "GET /wait HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST
            "\r\n",
        };

        outcome = 1;
        s = dial();
        send_text(s, requests[i]);
        ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
        ASSERT_EQ(waits, 1);
        coil_stream_abort(s);
        ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
        ASSERT_EQ(outcome, -ECANCELED);
        ASSERT_EQ(coil_http_server_connections(server), 0);
    }

    /* Who stays gets the answer, and one to the next request. */
    s = dial();
    send_text(s, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    read_rest(s, answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "done");
    ASSERT_STR_CONTAINS(answer, "hello");
    coil_stream_abort(s);
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_absence_cancels_a_handler_that_asked_for_it)
{
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(go_away, NULL, seed), 0);
}

/* ---- what comes before requests --------------------------------------- */

/* Expects a word, and says another. */
static int expect_word(struct coil_stream *stream, void *arg)
{
    char word[5];
    int rc = coil_stream_read_exactly(stream, word, 5, NULL);

    if (rc < 0)
        return rc;
    if (memcmp(word, arg, 5) != 0)
        return -EPROTO;
    return coil_stream_write(stream, "enter", 5);
}

static int prepare_connections(void *arg)
{
    struct coil_stream *s;
    char answer[1000];
    coil_time begun;

    (void)arg;
    simulated = true;
    serve_with(&(struct coil_http_server_options){ .prepare = expect_word,
                                                   .prepare_arg = "sesam" });
    s = dial();
    send_text(s, "sesamGET /hello HTTP/1.1\r\n" HOST "\r\n");
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    read_rest(s, answer, sizeof answer);
    ASSERT_EQ(strncmp(answer, "enterHTTP/1.1 200", 17), 0);
    coil_stream_abort(s);

    s = dial();
    send_text(s, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    read_rest(s, answer, sizeof answer);
    ASSERT_STR_EQ(answer, "");
    coil_stream_abort(s);

    begun = coil_now();
    s = dial();
    send_text(s, "ses");
    read_rest(s, answer, sizeof answer);
    ASSERT_STR_EQ(answer, "");
    ASSERT_LE(coil_now() - begun, 31 * COIL_SECOND);
    coil_stream_abort(s);
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_absence_of_a_word_closes_a_connection)
{
    test_on_failure = say_where;
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(prepare_connections, NULL, seed), 0);
}
