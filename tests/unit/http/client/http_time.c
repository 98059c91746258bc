/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The limits of time that hold where nothing is set, and their errors.
 */
#include <coil/http_client.h>
#include <coil/testing.h>

#include "http_client_test.h"

/* What a GET with a request's limits comes to, and when. */
static int outcome(const struct line *line, struct coil_http_request request,
                   coil_time *when)
{
    struct coil_http_client *client = new_client();
    coil_time began;
    struct fake fake;
    int rc;

    simulated = true;
    fake_start(&fake, line, 1);
    request.url = fake.url;
    began = coil_now();
    rc = fail_request(client, &request);
    *when = coil_now() - began;
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

#define ASSERT_ABOUT(when, time)                                               \
    do {                                                                       \
        ASSERT_GE((when), (time));                                             \
        ASSERT_LE((when), (time) + COIL_SECOND);                               \
    } while (0)

static int say_nothing(void *arg)
{
    static const struct line line = { "", HANG };
    static const struct line interim = { "HTTP/1.1 102 Processing\r\n\r\n",
                                         HANG };
    coil_time when;

    (void)arg;
    ASSERT_EQ(outcome(&line, (struct coil_http_request){ 0 }, &when),
              COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_ABOUT(when, 30 * COIL_SECOND);
    ASSERT_EQ(outcome(&line,
                      (struct coil_http_request){ .first_byte_limit =
                                                      2 * COIL_SECOND },
                      &when),
              COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_ABOUT(when, 2 * COIL_SECOND);

    /* An interim response is an answer, and so is its first byte. */
    ASSERT_EQ(outcome(&interim, (struct coil_http_request){ 0 }, &when),
              COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_ABOUT(when, 30 * COIL_SECOND);

    /* The limit of all has its own error. */
    ASSERT_EQ(outcome(&line, (struct coil_http_request){ .limit = COIL_SECOND },
                      &when),
              -ETIMEDOUT);
    ASSERT_ABOUT(when, COIL_SECOND);
    return 0;
}

TEST(http_time_of_a_server_that_says_nothing)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(say_nothing, NULL, seed), 0);
}

static int stop_in_the_middle(void *arg)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nContent-Le", HANG },
        { OK(10) "12345", HANG },
        { CHUNKED "2\r\nab\r\n", HANG },
        { "HTTP/1.1 200 OK\r\n\r\nabc", HANG },
    };
    coil_time when;

    (void)arg;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ASSERT_EQ(outcome(&lines[i], (struct coil_http_request){ 0 }, &when),
                  COIL_EHTTP_IDLE_TIMEOUT);
        ASSERT_ABOUT(when, 30 * COIL_SECOND);
        ASSERT_EQ(outcome(&lines[i],
                          (struct coil_http_request){ .idle_limit = COIL_SECOND,
                                                      .first_byte_limit =
                                                          COIL_NEVER },
                          &when),
                  COIL_EHTTP_IDLE_TIMEOUT);
        ASSERT_ABOUT(when, COIL_SECOND);
    }
    return 0;
}

TEST(http_time_of_a_server_that_stops_in_the_middle)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(stop_in_the_middle, NULL, seed), 0);
}

/* A byte a second, for much longer than any limit. */
static int be_slow(void *arg)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nX: 1234567890123456789012345678901234567890\r\n"
          "Content-Length: 40\r\n\r\n1234567890123456789012345678901234567890",
          KEEP },
    };
    struct coil_http_client *client;
    struct coil_http_response *r;
    coil_time began = coil_now();
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client();
    fake_start(&fake, lines, 1);
    fake.is_slow = true;
    r = fetch(client, fake.url);
    ASSERT_GE(coil_now() - began, 100 * COIL_SECOND);
    ASSERT_EQ(r->body_size, 40);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_time_of_a_slow_server_that_goes_on_has_no_limit)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(be_slow, NULL, seed), 0);
}

/* The idle limit is there between two reads of an open response, too. */
static int stop_an_open_response(void *arg)
{
    static const struct line lines[] = { { OK(10) "12345", HANG } };
    struct coil_http_request request = { .idle_limit = 3 * COIL_SECOND };
    struct coil_http_client *client;
    struct coil_http_response *r;
    struct fake fake;
    char body[16];
    size_t size = 0;
    ptrdiff_t n;

    (void)arg;
    simulated = true;
    client = new_client();
    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0); /* of the reader's own */
    do {
        n = coil_http_read(r, body, sizeof body);
        size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    ASSERT_EQ(n, COIL_EHTTP_IDLE_TIMEOUT);
    ASSERT_EQ(size, 5);
    ASSERT_EQ(coil_http_read(r, body, sizeof body), COIL_EHTTP_IDLE_TIMEOUT);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_time_of_an_open_response_counts_reading_only)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(stop_an_open_response, NULL, seed), 0);
}

static struct coil_stream *waiting[128];

static void fill_backlog(uint16_t port)
{
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        ASSERT_EQ(coil_tcp_connect(&waiting[i], "127.0.0.1", port), 0);
}

static void empty_backlog(void)
{
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        coil_stream_abort(waiting[i]);
}

/* Nobody accepts, and the queue of the listener is full. */
static int connect_to_nobody(void *arg)
{
    struct coil_http_request request = { .url = "http://127.0.0.1:9/" };
    struct coil_http_client *client;
    struct coil_listener *silent;
    coil_time began;

    (void)arg;
    simulated = true;
    client = new_client();
    ASSERT_EQ(coil_tcp_listen(&silent, "127.0.0.1", 9), 0);
    fill_backlog(9);
    began = coil_now();
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_CONNECT_TIMEOUT);
    ASSERT_ABOUT(coil_now() - began, 10 * COIL_SECOND);
    began = coil_now();
    request.connect_limit = COIL_SECOND;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_CONNECT_TIMEOUT);
    ASSERT_ABOUT(coil_now() - began, COIL_SECOND);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    coil_listener_close(silent);
    empty_backlog();
    return 0;
}

/* Each try has the limit of a connect, and nothing has been sent. */
static int connect_to_nobody_again(void *arg)
{
    static const struct coil_http_retry once = { .repeats = 1 };
    struct coil_http_report report;
    struct coil_http_request request = { .method = "POST",
                                         .url = "http://127.0.0.1:9/",
                                         .connect_limit = COIL_SECOND,
                                         .report = &report,
                                         .retry = &once };
    struct coil_http_client *client;
    struct coil_listener *silent;

    (void)arg;
    simulated = true;
    client = new_client();
    ASSERT_EQ(coil_tcp_listen(&silent, "127.0.0.1", 9), 0);
    fill_backlog(9);
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_CONNECT_TIMEOUT);
    ASSERT_EQ(report.requests, 2);
    ASSERT(!coil_http_was_sent(&report));
    coil_http_client_free(client);
    coil_listener_close(silent);
    empty_backlog();
    return 0;
}

TEST(http_time_to_connect_may_begin_anew)
{
    ASSERT_EQ(coil_test_run(connect_to_nobody_again, NULL, 0), 0);
}

TEST(http_time_to_connect_is_limited)
{
    ASSERT_EQ(coil_test_run(connect_to_nobody, NULL, 0), 0);
}
