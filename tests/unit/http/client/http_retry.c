/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Requests that are made again: after what, after how long, and how often.
 */
#include <netdb.h>

#include <coil/http_client.h>
#include <coil/resolver.h>

#include "http_client_test.h"
#include "resolver_test.h"

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define LATER(status, more)                                                    \
    "HTTP/1.1 " #status " Later\r\nContent-Length: 0\r\n" more "\r\n"

static const struct coil_http_retry thrice = { .repeats = 3 };

/* What a request comes to: its status or error, how long it took. */
static int outcome(const struct line *lines, size_t count,
                   struct coil_http_request request, size_t *said,
                   coil_time *took)
{
    struct coil_http_client *client = new_client();
    coil_time began = coil_now();
    struct coil_http_response *r;
    struct fake fake;
    int rc;

    fake_start(&fake, lines, count);
    request.url = fake.url;
    rc = coil_http_request(client, &request, &r);
    if (rc == 0) {
        rc = r->status;
        coil_http_response_free(r);
    }
    *said = fake.said;
    *took = coil_now() - began;
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

static int back_off(void *arg)
{
    static const struct line lines[] = {
        { "", CLOSE }, { BUSY, KEEP }, { LATER(429, ""), KEEP }, { OK(0), KEEP }
    };
    /* Three times and no more: the last response is the result. */
    static const struct line busy[] = { { BUSY, KEEP },
                                        { BUSY, KEEP },
                                        { BUSY, KEEP },
                                        { BUSY, KEEP },
                                        { OK(0), KEEP } };
    struct coil_http_request request = { .retry = &thrice };
    coil_time took;
    size_t said;

    (void)arg;
    simulated = true;
    ASSERT_EQ(outcome(lines, 4, request, &said, &took), 200);
    ASSERT_EQ(said, 4);
    /* 200, 400 and 800 ms, of which up to a half is left out. */
    ASSERT_GE(took, 700 * COIL_MILLISECOND);
    ASSERT_LE(took, 1400 * COIL_MILLISECOND);

    ASSERT_EQ(outcome(busy, 5, request, &said, &took), 503);
    ASSERT_EQ(said, 4);
    request.retry = NULL;
    ASSERT_EQ(outcome(busy, 5, request, &said, &took), 503);
    ASSERT_EQ(said, 1);
    return 0;
}

/* No pause is longer than the longest; and what is sent once is not repeated. */
static int back_off_a_little(void *arg)
{
    static const struct line busy[] = {
        { LATER(503, ""), KEEP },
        { LATER(503, ""), KEEP },
        { LATER(503, ""), KEEP },
        { LATER(503, ""), KEEP },
    };
    static const struct coil_http_retry little = {
        .repeats = 3,
        .first_delay = 4 * COIL_SECOND,
        .max_delay = COIL_SECOND,
    };
    static const struct coil_http_retry doubling = {
        .repeats = 3,
        .first_delay = COIL_SECOND,
        .max_delay = 2 * COIL_SECOND,
    };
    struct coil_http_request request = { .retry = &little };
    coil_time took;
    size_t said;

    (void)arg;
    simulated = true;
    ASSERT_EQ(outcome(busy, 4, request, &said, &took), 503);
    ASSERT_EQ(said, 4);
    ASSERT_GE(took, 3 * COIL_SECOND / 2);
    ASSERT_LE(took, 3 * COIL_SECOND + COIL_SECOND / 2);
    request.retry = &doubling;
    ASSERT_EQ(outcome(busy, 4, request, &said, &took), 503);
    ASSERT_LE(took, 5 * COIL_SECOND + COIL_SECOND / 2);
    return 0;
}

TEST(http_retry_has_a_longest_pause)
{
    for (seed = 0; seed < 20; seed++)
        ASSERT_EQ(coil_test_run(back_off_a_little, NULL, seed), 0);
}

static int refuse_to_begin_anew(void *arg)
{
    (void)arg;
    return -ESPIPE;
}

static ptrdiff_t give_all(void *arg, void *buffer, size_t size)
{
    (void)arg;
    memset(buffer, 'a', size);
    return (ptrdiff_t)size;
}

static const struct coil_http_retry soon = { .repeats = 3,
                                             .first_delay = COIL_MILLISECOND };

/* What a redirect has left behind need not begin anew. */
STREAM_TEST(http_retry_of_a_redirect_without_its_body_is_made)
{
    static const struct line lines[] = {
        { "HTTP/1.1 303 See\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { BUSY, KEEP },
        { "", CLOSE },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_source source = { .read = give_all, .size = 10 };
    struct coil_http_request request = { .method = "POST",
                                         .source = &source,
                                         .retry = &soon };
    coil_time took;
    size_t said;

    ASSERT_EQ(outcome(lines, 4, request, &said, &took), 200);
    ASSERT_EQ(said, 4);
}

/* Who is cancelled while the rest of a response is passed over ends with that. */
STREAM_TEST(http_retry_is_cancelled_before_its_pause)
{
    static const struct line lines[] = {
        { "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nab", HANG },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_request request = { .retry = &thrice };
    struct coil_http_client *c = new_client();
    struct coil_timeout timeout;
    struct coil_http_response *r;
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    ASSERT_EQ(coil_timeout_begin(&timeout, 50 * COIL_MILLISECOND), 0);
    rc = coil_http_request(c, &request, &r);
    ASSERT_EQ(coil_timeout_end(&timeout, rc), -ETIMEDOUT);
    ASSERT_NULL(r);
    ASSERT_EQ(fake.said, 1);
    ASSERT_EQ(coil_http_client_connections(c), 0);
    coil_http_response_free(send_request(c, &request));
    coil_http_client_free(c);
    fake_end(&fake);
}

/* It is to be sent once more, and cannot. */
static int repeat_in_vain(void *arg)
{
    static const struct line lines[] = {
        { "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", KEEP },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP },
    };
    static const struct coil_http_retry once = { .repeats = 1 };
    struct coil_http_source source = { .read = give_all, .size = 10 };
    struct coil_http_request request = { .method = "PUT",
                                         .source = &source,
                                         .retry = &once };
    struct coil_http_response *r;
    struct coil_http_client *client;
    struct fake fake;

    (void)arg;
    simulated = true;
    for (int i = 0; i < 2; i++) {
        fake_start(&fake, lines, 2);
        request.url = fake.url;
        ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
        source.rewind = i ? refuse_to_begin_anew : NULL;
        /* Without a way to begin anew, the first response is the last. */
        ASSERT_EQ(coil_http_request(client, &request, &r), i ? -ESPIPE : 0);
        if (i == 0) {
            ASSERT_EQ(r->status, 503);
            coil_http_response_free(r);
        }
        coil_http_client_free(client);
        fake_end(&fake);
    }
    return 0;
}

TEST(http_retry_of_a_source_that_cannot_begin_anew_is_not_made)
{
    ASSERT_EQ(coil_test_run(repeat_in_vain, NULL, 0), 0);
}

/* The policy of a client is that of its requests. */
static int retry_by_default(void *arg)
{
    static const struct line lines[] = { { LATER(503, ""), KEEP },
                                         { OK(2) "ok", KEEP } };
    static const struct coil_http_retry once = { .repeats = 1 };
    struct coil_http_client *c;
    struct fake fake;

    (void)arg;
    simulated = true;
    fake_start(&fake, lines, 2);
    ASSERT_EQ(coil_http_client_new(
                  &c, &(struct coil_http_client_options){ .retry = &once }),
              0);
    coil_http_response_free(fetch(c, fake.url));
    ASSERT_EQ(fake.said, 2);
    coil_http_client_free(c);
    fake_end(&fake);
    return 0;
}

TEST(http_retry_may_be_that_of_the_client)
{
    ASSERT_EQ(coil_test_run(retry_by_default, NULL, 0), 0);
}

/* No socket, or no address for it: nothing has been sent. */
static int retry_what_lacks(void *arg)
{
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    static const int errors[] = { -EADDRNOTAVAIL, -ENETDOWN, -ENETUNREACH };

    (void)arg;
    simulated = true;
    for (size_t i = 0; i < 3; i++) {
        struct coil_http_client *c = new_client();
        struct coil_http_request request = { .retry = &thrice };
        struct fake fake;

        fake_start(&fake, lines, 1);
        request.url = fake.url;
        settle();
        ASSERT_EQ(coil_test_fail_call(2, errors[i]), 0);
        coil_http_response_free(send_request(c, &request));
        coil_http_client_free(c);
        fake_end(&fake);
    }
    return 0;
}

/* No socket of that kind may be had: that will be so the next time, too. */
static int retry_what_is_forbidden(void *arg)
{
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    struct coil_http_client *c;
    struct coil_http_report report;
    struct coil_http_request request = { .retry = &thrice, .report = &report };
    struct fake fake;

    (void)arg;
    simulated = true;
    c = new_client();
    fake_start(&fake, lines, 1);
    request.url = fake.url;
    settle();
    ASSERT_EQ(coil_test_fail_call(2, -EACCES), 0);
    ASSERT_EQ(fail_request(c, &request), -EACCES);
    ASSERT_EQ(report.requests, 1);
    coil_http_response_free(send_request(c, &request));
    coil_http_client_free(c);
    fake_end(&fake);
    return 0;
}

TEST(http_retry_of_what_is_forbidden_is_not_made)
{
    ASSERT_EQ(coil_test_run(retry_what_is_forbidden, NULL, 0), 0);
}

TEST(http_retry_of_what_lacks)
{
    ASSERT_EQ(coil_test_run(retry_what_lacks, NULL, 0), 0);
}

TEST(http_retry_backs_off)
{
    for (seed = 0; seed < 20; seed++)
        ASSERT_EQ(coil_test_run(back_off, NULL, seed), 0);
}

static int obey(void *arg)
{
    static const struct {
        const char *line;
        int status;
        coil_time least;
    } cases[] = {
        { LATER(503, "Retry-After: 7\r\n"), 200, 7 * COIL_SECOND },
        { LATER(429, "Retry-After: 0\r\n"), 200, 0 },
        { LATER(503, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Retry-After: Sun, 06 Nov 1994 08:50:00 GMT\r\n"),
          200, 23 * COIL_SECOND },
        { LATER(503, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Retry-After: Sunday, 06-Nov-94 08:49:00 GMT\r\n"),
          200, 0 },
        { LATER(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 200,
          0 },
        { LATER(503, "Date: today\r\n"
                     "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
          200, 0 },
        { LATER(503, "Retry-After: -5\r\n"), 200, 0 },
        { LATER(503, "Retry-After: soon\r\n"), 200, 0 },
        { LATER(503, "Retry-After: \r\n"), 200, 0 },
        /* Too long to be waited for. */
        { LATER(503, "Retry-After: 121\r\n"), 503, 0 },
        { LATER(503, "Retry-After: 99999999999999999999\r\n"), 503, 0 },
        { LATER(503, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Retry-After: Sun, 06 Nov 2094 08:50:00 GMT\r\n"),
          503, 0 },
        /* Other statuses say nothing of another try. */
        { LATER(500, "Retry-After: 1\r\n"), 500, 0 },
        { LATER(404, "Retry-After: 1\r\n"), 404, 0 },
    };

    (void)arg;
    simulated = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line lines[] = { { cases[i].line, KEEP }, { OK(0), KEEP } };
        struct coil_http_request request = { .retry = &thrice };
        coil_time took;
        size_t said;

        ASSERT_EQ(outcome(lines, 2, request, &said, &took), cases[i].status);
        ASSERT_GE(took, cases[i].least);
        ASSERT_LE(took, cases[i].least + COIL_SECOND);
    }
    return 0;
}

TEST(http_retry_after_is_obeyed)
{
    for (seed = 0; seed < 5; seed++)
        ASSERT_EQ(coil_test_run(obey, NULL, seed), 0);
}

STREAM_TEST(http_retry_of_what_may_have_had_an_effect_is_not_made)
{
    static const struct line lines[] = { { BUSY, KEEP }, { OK(0), KEEP } };
    static const struct line dead[] = { { "", CLOSE }, { OK(0), KEEP } };
    struct coil_http_request request = { .method = "POST", .retry = &soon };
    coil_time took;
    size_t said;

    ASSERT_EQ(outcome(lines, 2, request, &said, &took), 503);
    ASSERT_EQ(outcome(dead, 2, request, &said, &took), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(said, 1);
    request.idempotent = true;
    ASSERT_EQ(outcome(lines, 2, request, &said, &took), 200);
    ASSERT_EQ(outcome(dead, 2, request, &said, &took), 200);
}

/* A byte of a response has come: the server has acted. */
STREAM_TEST(http_retry_of_a_broken_response_is_not_made)
{
    static const struct line lines[] = { { "HTTP/1.1 200", CLOSE },
                                         { OK(0), KEEP } };
    struct coil_http_request request = { .retry = &thrice };
    coil_time took;
    size_t said;

    ASSERT_EQ(outcome(lines, 2, request, &said, &took), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(said, 1);
}

static int open_late(void *arg)
{
    static const struct line lines[] = { { OK(0), KEEP } };
    struct fake *fake = arg;
    int rc = coil_sleep(COIL_SECOND / 2);

    ASSERT_EQ(rc, 0);
    fake_start_at(fake, "127.0.0.1", 4321, lines, 1);
    return 0;
}

/* Nobody listens yet: nothing was sent, so a POST is made again, too. */
static int connect_again(void *arg)
{
    struct coil_http_request request = { .method = "POST",
                                         .url = "http://127.0.0.1:4321/",
                                         .retry = &thrice };
    struct coil_http_report report;
    struct coil_http_client *client;
    struct coil_task *opener;
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client();
    request.report = &report;
    opener = start(open_late, &fake);
    coil_http_response_free(send_request(client, &request));
    ASSERT_GE(report.requests, 2);
    ASSERT_EQ(end_of(opener), 0);
    fake_end(&fake);
    ASSERT_EQ(fail_request(client, &request), -ECONNREFUSED);
    ASSERT_EQ(report.requests, 4);
    ASSERT(!coil_http_was_sent(&report));

    /* No longer than the limit of all allows. */
    request.limit = COIL_SECOND;
    ASSERT_EQ(fail_request(client, &request), -ECONNREFUSED);
    ASSERT_LT(report.requests, 4);
    coil_http_client_free(client);
    return 0;
}

TEST(http_retry_connects_again)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(connect_again, NULL, seed), 0);
}

/* A source need not begin anew if nobody has read it. */
static int connect_again_with_a_source(void *arg)
{
    struct coil_http_source source = { .read = give_all, .size = 10 };
    struct coil_http_request request = { .method = "POST",
                                         .url = "http://127.0.0.1:4321/",
                                         .source = &source,
                                         .retry = &thrice };
    struct coil_http_client *client;
    struct coil_task *opener;
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client();
    opener = start(open_late, &fake);
    coil_http_response_free(send_request(client, &request));
    ASSERT_STR_EQ(fake.body, "aaaaaaaaaa");
    ASSERT_EQ(end_of(opener), 0);
    fake_end(&fake);
    coil_http_client_free(client);
    return 0;
}

TEST(http_retry_connects_again_with_a_source)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(connect_again_with_a_source, NULL, seed), 0);
}

/* Name servers that do not answer at first, or say that there is no such name. */
static int name_error;
static unsigned names_asked;

static int look_up(struct coil_lookup *lookup, void *arg)
{
    (void)arg;
    return names_asked++ == 0 ? name_error : add(lookup, "127.0.0.1");
}

static int ask_for_names_again(void *arg)
{
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    static const struct coil_resolver_source source = { .name = "test",
                                                        .look_up = look_up };
    const struct coil_resolver_options options = { .source = &source,
                                                   .ttl_failure = -1 };
    struct coil_http_request request = { .url = "http://site.test:4321/",
                                         .retry = &thrice };
    struct coil_http_client *client;
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client();
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    fake_start_at(&fake, "127.0.0.1", 4321, lines, 1);
    name_error = COIL_ERESOLVE(EAI_NONAME);
    names_asked = 0;
    ASSERT_EQ(fail_request(client, &request), name_error);
    ASSERT_EQ(names_asked, 1);
    name_error = COIL_ERESOLVE(EAI_AGAIN);
    names_asked = 0;
    coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(names_asked, 2);
    fake_end(&fake);
    coil_http_client_free(client);
    return 0;
}

TEST(http_retry_asks_for_names_again)
{
    ASSERT_EQ(coil_test_run(ask_for_names_again, NULL, 0), 0);
}

/* A server that is down gets no multiple of the requests. */
static int spend_the_budget(void *arg)
{
    struct coil_http_client *client;
    struct coil_http_request request = { .url = "http://127.0.0.1:4321/",
                                         .retry = &thrice };
    struct coil_http_report report;
    unsigned requests = 0;

    (void)arg;
    simulated = true;
    client = new_client();
    request.report = &report;
    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(fail_request(client, &request), -ECONNREFUSED);
        requests += report.requests;
    }
    ASSERT_GE(requests, 110);
    ASSERT_LE(requests, 130);
    coil_http_client_free(client);
    return 0;
}

TEST(http_retry_has_a_budget)
{
    ASSERT_EQ(coil_test_run(spend_the_budget, NULL, 0), 0);
}
