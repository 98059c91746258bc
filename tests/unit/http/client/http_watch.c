/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What is told of a request while it is under way, and what is known of it when
 * it has failed; and requests that are sent again.
 */
#include <coil/http_client.h>
#include <coil/http_watch.h>

#include "http_client_test.h"

static char story[1024];

static void note(void *arg, const struct coil_http_event *event)
{
    size_t size = strlen(story);

    (void)arg;
    snprintf(story + size, sizeof story - size, "%s%s:%u", size ? " " : "",
             coil_http_moment_name(event->moment), event->number);
    size = strlen(story);
    if (event->status)
        snprintf(story + size, sizeof story - size, "(%d)", event->status);
    if (event->moment == COIL_HTTP_CONNECTED) {
        ASSERT_GT(event->address->length, 0);
        if (event->is_reused)
            strcat(story, "(reused)");
    }
    if (event->error)
        strcat(story, "(error)");
}

static struct coil_http_request watched(const char *url,
                                        struct coil_http_report *report)
{
    story[0] = '\0';
    return (struct coil_http_request){ .url = url,
                                       .watch = note,
                                       .report = report };
}

SOCKET_TEST(http_watch_tells_what_happens)
{
    static const struct line lines[] = {
        { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK(2) "ok", KEEP },
        { "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { OK(2) "ok", KEEP },
        { "", CLOSE },
        { OK(2) "ok", CLOSE },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_report report;
    struct coil_http_request request;
    struct fake fake;

    fake_start(&fake, lines, 5);
    request = watched(fake.url, &report);
    coil_http_response_free(send_request(client, &request));
    ASSERT_STR_EQ(story, "placed:1 resolved:1 connected:1 sent:1 "
                         "interim response:1(103) first byte:1(200) "
                         "done:1(200)");
    ASSERT(!report.is_reused);
    ASSERT_EQ(report.requests, 1);
    ASSERT_LE(report.began, report.placed);
    ASSERT_LE(report.placed, report.resolved);
    ASSERT_LE(report.resolved, report.connected);
    ASSERT_LE(report.connected, report.sent);
    ASSERT_LE(report.sent, report.first_byte);
    ASSERT_LE(report.first_byte, report.done);
    ASSERT_EQ(report.secured, 0);

    request = watched(fake.url, &report);
    coil_http_response_free(send_request(client, &request));
    ASSERT_STR_EQ(story, "placed:1 connected:1(reused) sent:1 "
                         "first byte:1(302) redirected:1(302) "
                         "placed:2 connected:2(reused) sent:2 "
                         "first byte:2(200) done:2(200)");
    ASSERT(report.is_reused);
    ASSERT_EQ(report.requests, 2);
    ASSERT_EQ(report.resolved, 0);

    request = watched(fake.url, &report);
    coil_http_response_free(send_request(client, &request));
    ASSERT_STR_EQ(story, "placed:1 connected:1(reused) sent:1 "
                         "repeated:1(error) placed:2 resolved:2 connected:2 "
                         "sent:2 first byte:2(200) done:2(200)");
    ASSERT_EQ(report.requests, 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* Who wants the report at the end alone need not watch. */
STREAM_TEST(http_watch_or_have_a_report_alone)
{
    static const struct line lines[] = { { OK(4) "text", KEEP },
                                         { OK(4) "text", KEEP },
                                         { OK(4) "text", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_report report;
    struct fake fake;

    fake_start(&fake, lines, 3);
    request.url = fake.url;
    for (int i = 0; i < 3; i++) {
        request.report = i == 1 ? NULL : &report;
        coil_http_response_free(send_request(client, &request));
        ASSERT_EQ(report.is_reused, i == 2);
    }
    ASSERT_GE(report.done, report.first_byte);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_watch_tells_the_end_of_an_open_response)
{
    static const struct line lines[] = { { OK(4) "text", KEEP },
                                         { OK(4) "te", CLOSE } };
    struct coil_http_client *client;
    struct coil_http_request request;
    struct coil_http_response *r;
    struct fake fake;
    char body[8];

    fake_start(&fake, lines, 2);
    ASSERT_EQ(coil_http_client_new(
                  &client, &(struct coil_http_client_options){ .watch = note }),
              0);
    request = (struct coil_http_request){ .url = fake.url };
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT(!strstr(story, "done"));
    while (coil_http_read(r, body, sizeof body) > 0)
        ;
    ASSERT(strstr(story, " done:1(200)"));
    coil_http_response_free(r);

    story[0] = '\0';
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    while (coil_http_read(r, body, sizeof body) > 0)
        ;
    ASSERT(strstr(story, " done:1(200)(error)"));
    coil_http_response_free(r);
    story[0] = '\0';
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- was it sent? ------------------------------------------------------- */

SOCKET_TEST(http_watch_says_whether_a_request_can_have_been_acted_on)
{
    static const struct line lines[] = { { "", CLOSE } };
    struct coil_http_client *client = new_client();
    struct coil_http_report report;
    struct coil_http_request request;
    struct fake fake;

    fake_start(&fake, lines, 1);
    request = watched(fake.url, &report);
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_TRUNCATED);
    ASSERT(coil_http_was_sent(&report));
    ASSERT(strstr(story, "sent:1 done:1(error)"));
    fake_end(&fake);

    /* Nobody listens there any more. */
    request = watched(fake.url, &report);
    ASSERT_EQ(fail_request(client, &request), -ECONNREFUSED);
    ASSERT(!coil_http_was_sent(&report));
    ASSERT_STR_EQ(story, "placed:1 resolved:1 done:1(error)");
    request.url = "http://:1/";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_URL);
    ASSERT(!coil_http_was_sent(&report));
    ASSERT_EQ(report.requests, 0);
    coil_http_client_free(client);
}

/* ---- once more ---------------------------------------------------------- */

/* A POST that meets a connection which the server closes just then. */
static int meet_a_dead_connection(struct coil_http_request request,
                                  size_t *connections)
{
    static const struct line lines[] = { { OK(0), KEEP },
                                         { "", CLOSE },
                                         { OK(0), KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 3);
    coil_http_response_free(fetch(client, fake.url));
    request.method = "POST";
    request.url = fake.url;
    rc = coil_http_request(client, &request, &r);
    if (rc == 0)
        coil_http_response_free(r);
    *connections = fake.connections;
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

/* Three bytes. */
struct letters {
    int rewound;
    size_t at;
};

static ptrdiff_t read_letters(void *arg, void *buffer, size_t size)
{
    struct letters *letters = arg;

    if (letters->at == 3 || size == 0)
        return 0;
    *(char *)buffer = "abc"[letters->at++];
    return 1;
}

static int rewind_letters(void *arg)
{
    struct letters *letters = arg;

    letters->rewound++;
    letters->at = 0;
    return 0;
}

STREAM_TEST(http_watch_what_may_be_sent_twice_is_sent_twice)
{
    static const struct coil_http_header key = { "idempotency-key", "7" };
    struct letters letters = { 0, 0 };
    struct coil_http_source source = { .read = read_letters,
                                       .arg = &letters,
                                       .size = 3 };
    size_t connections;

    ASSERT_EQ(
        meet_a_dead_connection((struct coil_http_request){ 0 }, &connections),
        COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(connections, 1);
    ASSERT_EQ(
        meet_a_dead_connection((struct coil_http_request){ .idempotent = true },
                               &connections),
        0);
    ASSERT_EQ(connections, 2);
    ASSERT_EQ(
        meet_a_dead_connection(
            (struct coil_http_request){ .headers = &key, .header_count = 1 },
            &connections),
        0);
    ASSERT_EQ(connections, 2);

    /* A source has to begin anew. */
    ASSERT_LT(
        meet_a_dead_connection(
            (struct coil_http_request){ .idempotent = true, .source = &source },
            &connections),
        0);
    ASSERT_EQ(connections, 1);
    source.rewind = rewind_letters;
    letters.at = 0;
    ASSERT_EQ(
        meet_a_dead_connection(
            (struct coil_http_request){ .idempotent = true, .source = &source },
            &connections),
        0);
    ASSERT_EQ(connections, 2);
    ASSERT_EQ(letters.rewound, 1);
}

/* A redirect that keeps the method needs the body again, too. */
static int redirect_a_source(int (*rewind)(void *arg), struct letters *letters)
{
    static const struct line lines[] = {
        { "HTTP/1.1 307 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { OK(0), KEEP },
    };
    struct coil_http_source source = {
        .read = read_letters, .rewind = rewind, .arg = letters, .size = 3
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .method = "POST", .source = &source };
    struct coil_http_response *r;
    struct fake fake;
    int status;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    r = send_request(client, &request);
    status = r->status;
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    return status;
}

STREAM_TEST(http_watch_a_redirected_source_begins_anew)
{
    struct letters letters = { 0, 0 };

    ASSERT_EQ(redirect_a_source(NULL, &letters), 307);
    letters.at = 0;
    ASSERT_EQ(redirect_a_source(rewind_letters, &letters), 200);
    ASSERT_EQ(letters.rewound, 1);
}

/* 417: once more, without Expect. */
STREAM_TEST(http_watch_a_refused_expectation_is_dropped)
{
    static const struct line lines[] = {
        { "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", HANG },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = {
        .method = "PUT", .body = "abc", .body_size = 3, .expect_continue = true
    };
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 200);
    ASSERT(!strstr(fake.heard, "Expect"));
    ASSERT_STR_EQ(fake.body, "abc");
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* What a PUT of three letters comes to that the server answers with 417. */
static int refuse_expectation(const struct coil_http_request *how,
                              struct coil_http_source *source, size_t *said)
{
    static const struct line lines[] = {
        { "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", KEEP },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_request request = *how;
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    int status;

    fake_start(&fake, lines, 2);
    request.method = "PUT";
    request.url = fake.url;
    request.source = source;
    r = send_request(client, &request);
    status = r->status;
    *said = fake.said;
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    return status;
}

/* The server says nothing until it has the body, which has been sent then. */
static int refuse_late(void *arg)
{
    const struct coil_http_request expecting = { .expect_continue = true };
    struct letters letters = { 0, 0 };
    struct coil_http_source source = { .read = read_letters,
                                       .arg = &letters,
                                       .size = 3 };
    size_t said;

    (void)arg;
    simulated = true;
    ASSERT_EQ(refuse_expectation(&expecting, &source, &said), 417);
    ASSERT_EQ(said, 1);
    source.rewind = rewind_letters;
    letters.at = 0;
    ASSERT_EQ(refuse_expectation(&expecting, &source, &said), 200);
    ASSERT_EQ(said, 2);
    ASSERT_EQ(letters.rewound, 1);
    return 0;
}

TEST(http_watch_an_expectation_refused_late_needs_the_body_again)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(refuse_late, NULL, seed), 0);
}

STREAM_TEST(http_watch_417_of_what_nobody_expected_is_a_response)
{
    const struct coil_http_request request = { .body = "abc", .body_size = 3 };
    size_t said;

    ASSERT_EQ(refuse_expectation(&request, NULL, &said), 417);
    ASSERT_EQ(said, 1);
}
