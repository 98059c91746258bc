/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Responses whose framing contradicts their status, and bytes that nobody asked
 * for: none of them may become the answer to the next request.
 */
#include <coil/http_client.h>

#include "http_client_test.h"

/* What looks like a response, and would be the body of the one in front. */
#define FORGED "HTTP/1.1 200 OK\r\nX: forged\r\nContent-Length: 4\r\n\r\nEVIL"

#define NONE ""
#define ZERO "Content-Length: 0\r\n"
#define ZEROS "Content-Length: 0, 0\r\nContent-Length: 00\r\n"
#define LENGTH "Content-Length: 57\r\n"
#define LENGTHS "Content-Length: 57\r\nContent-Length: 57\r\n"
#define CODING "Transfer-Encoding: chunked\r\n"
#define FOLDED "Content-Length:\r\n 57\r\n"

#define AT_ONCE(status, framing) "HTTP/1.1 " status "\r\n" framing "\r\n"
#define BEHIND(interim, framing) AT_ONCE(interim, framing) OK(2) "ok"

struct exchange {
    const char *method;
    const char *text;
    int status;
    bool is_kept;
};

static const struct exchange exchanges[] = {
    { "GET", AT_ONCE("204 No Content", NONE), 204, true },
    { "GET", AT_ONCE("204 No Content", ZERO), 204, true },
    { "GET", AT_ONCE("204 No Content", ZEROS), 204, true },
    { "GET", AT_ONCE("204 No Content", LENGTH), 204, false },
    { "GET", AT_ONCE("204 No Content", LENGTHS), 204, false },
    { "GET", AT_ONCE("204 No Content", CODING), 204, false },
    { "GET", AT_ONCE("204 No Content", FOLDED), 204, false },
    { "PUT", AT_ONCE("204 No Content", LENGTH), 204, false },
    { "DELETE", AT_ONCE("204 No Content", CODING), 204, false },
    { "GET", AT_ONCE("304 Not Modified", NONE), 304, true },
    { "GET", AT_ONCE("304 Not Modified", ZERO), 304, true },
    { "GET", AT_ONCE("304 Not Modified", LENGTH), 304, false },
    { "GET", AT_ONCE("304 Not Modified", CODING), 304, false },

    /* What GET would have brought may be announced, and no more than that. */
    { "HEAD", AT_ONCE("200 OK", NONE), 200, true },
    { "HEAD", AT_ONCE("200 OK", ZERO), 200, true },
    { "HEAD", AT_ONCE("200 OK", LENGTH), 200, true },
    { "HEAD", AT_ONCE("200 OK", CODING), 200, true },
    { "HEAD", AT_ONCE("404 Not Found", LENGTH), 404, true },
    { "HEAD", AT_ONCE("204 No Content", NONE), 204, true },
    { "HEAD", AT_ONCE("204 No Content", LENGTH), 204, false },
    { "HEAD", AT_ONCE("204 No Content", CODING), 204, false },
    { "HEAD", AT_ONCE("304 Not Modified", LENGTH), 304, false },
    { "HEAD", AT_ONCE("304 Not Modified", CODING), 304, false },

    { "GET", BEHIND("100 Continue", NONE), 200, true },
    { "GET", BEHIND("100 Continue", ZERO), 200, true },
    { "GET", BEHIND("100 Continue", LENGTH), 200, false },
    { "GET", BEHIND("100 Continue", CODING), 200, false },
    { "GET", BEHIND("102 Processing", LENGTH), 200, false },
    { "GET", BEHIND("103 Early Hints", LENGTH), 200, false },
    { "GET", BEHIND("103 Early Hints", CODING), 200, false },
    { "GET", BEHIND("199 Odd", CODING), 200, false },
    { "GET", AT_ONCE("103 Hints", LENGTH) BEHIND("103 Hints", NONE), 200,
      false },
    { "GET", AT_ONCE("103 Hints", NONE) BEHIND("103 Hints", LENGTH), 200,
      false },
    { "HEAD", AT_ONCE("103 Hints", LENGTH) AT_ONCE("200 OK", NONE), 200,
      false },

    /* Another protocol follows, of which this client knows nothing. */
    { "GET", AT_ONCE("101 Switching Protocols", NONE), 101, false },
    { "GET", AT_ONCE("101 Switching Protocols", ZERO), 101, false },
    { "GET", AT_ONCE("101 Switching Protocols", LENGTH), 101, false },
    { "HEAD", AT_ONCE("101 Switching Protocols", NONE), 101, false },

    /* The length says what comes. */
    { "GET", AT_ONCE("200 OK", ZERO), 200, true },
    { "GET", AT_ONCE("205 Reset Content", ZERO), 205, true },
    { "GET", AT_ONCE("200 OK", CODING) "0\r\n\r\n", 200, true },
    { "GET", AT_ONCE("205 Reset Content", CODING) "0\r\n\r\n", 205, true },
};

/*
 * The connection is kept as said; whatever comes over it later, the next request
 * gets its own answer if it is not kept.
 */
static void expect_exchange(const struct exchange *e)
{
    struct line lines[] = { { e->text, KEEP }, { OK(2) "ok", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    fake.late = FORGED;
    r = send_request(client, &(struct coil_http_request){ .method = e->method,
                                                          .url = fake.url });
    ASSERT_EQ(r->status, e->status);
    coil_http_response_free(r);
    if (coil_http_client_idle(client) != e->is_kept)
        FAIL("%s, %s: kept %zu", e->method, e->text,
             coil_http_client_idle(client));
    ASSERT_EQ(coil_http_client_connections(client), e->is_kept);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, e->is_kept ? "EVIL" : "ok");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, e->is_kept ? 1 : 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_framing_that_contradicts_the_status_ends_the_connection)
{
    for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++)
        expect_exchange(&exchanges[i]);
}

/* The same with the response in the hands of its user meanwhile. */
STREAM_TEST(http_framing_that_contradicts_the_status_of_an_open_response)
{
    static const struct line lines[] = {
        { AT_ONCE("204 No Content", LENGTH), KEEP }, { OK(2) "ok", KEEP }
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char byte;

    fake_start(&fake, lines, 2);
    fake.late = FORGED;
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(r->status, 204);
    ASSERT_EQ(r->content_length, 57);
    ASSERT_EQ(coil_http_read(r, &byte, 1), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- what nobody asked for -------------------------------------------- */

static const char *answered;
static const char *unasked; /* NULL: it is behind the answer */
static const char *method;

static void say_answer(void)
{
    fprintf(stderr, "%s: %s, and %s\n", method, answered,
            unasked ? unasked : "no more");
}

static int send_unasked(void *arg)
{
    struct line lines[] = { { answered, KEEP }, { OK(2) "ok", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    (void)arg;
    fake_start(&fake, lines, 2);
    fake.unasked = unasked;
    r = send_request(client, &(struct coil_http_request){ .method = method,
                                                          .url = fake.url });
    ASSERT_NULL(coil_http_response_header(r, "X"));
    coil_http_response_free(r);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    fake.unasked = NULL;
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 2);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

static void expect_not_used(const char *with, const char *text,
                            const char *later)
{
    method = with;
    answered = text;
    unasked = later;
    test_on_failure = say_answer;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(send_unasked, NULL, seed), 0);
}

TEST(http_framing_bytes_behind_a_response_are_no_response)
{
    simulated = true;
    expect_not_used("GET", OK(2) "ok" FORGED, NULL);
    expect_not_used("GET", OK(2) "ok\r\n", NULL);
    expect_not_used("GET", OK(0) "x", NULL);
    expect_not_used("GET", CHUNKED "2\r\nok\r\n0\r\n\r\n" FORGED, NULL);
    expect_not_used("GET", AT_ONCE("204 No Content", NONE) FORGED, NULL);
    expect_not_used("GET", AT_ONCE("204 No Content", ZERO) FORGED, NULL);
    expect_not_used("GET", AT_ONCE("204 No Content", LENGTH) FORGED, NULL);
    expect_not_used("GET", AT_ONCE("304 Not Modified", NONE) FORGED, NULL);
    expect_not_used("GET", AT_ONCE("101 Go", NONE) FORGED, NULL);
    expect_not_used("HEAD", OK(57) FORGED, NULL);
    expect_not_used("HEAD", CHUNKED "0\r\n\r\n", NULL);
}

TEST(http_framing_bytes_to_an_idle_connection_are_no_response)
{
    simulated = true;
    expect_not_used("GET", OK(2) "ok", FORGED);
    expect_not_used("GET", OK(2) "ok", "\r\n");
    expect_not_used("GET", OK(2) "ok",
                    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                    "Content-Length: 0\r\n\r\n");
    expect_not_used("GET", AT_ONCE("204 No Content", NONE), "0\r\n\r\n");
    expect_not_used("GET", AT_ONCE("304 Not Modified", ZERO), FORGED);
    expect_not_used("HEAD", OK(57), FORGED);
    expect_not_used("HEAD", CHUNKED, "0\r\n\r\n");
}
