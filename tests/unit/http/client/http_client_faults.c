/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The client against servers that truncate, talk garbage, are slow, or do not
 * end; and responses that are read piece by piece.
 */
#include <coil/http_client.h>

#include "loop/operation.h"
#include "http_client_test.h"

/* ---- servers that misbehave ------------------------------------------- */

STREAM_TEST(http_client_tells_a_truncated_response_from_a_whole_one)
{
    ASSERT_EQ(outcome_of(OK(10) "short", CLOSE), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\r\nContent-Le", CLOSE),
              COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(outcome_of("", CLOSE), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(outcome_of(CHUNKED "5\r\nab", CLOSE), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(outcome_of(CHUNKED "2\r\nab\r\n", CLOSE), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(outcome_of(CHUNKED "2\r\nab\r\n0\r\n", CLOSE),
              COIL_EHTTP_TRUNCATED);
}

STREAM_TEST(http_client_refuses_garbage)
{
    /* Four digits come to a status of three for others. */
    ASSERT_EQ(outcome_of("HTTP/1.1 0200 OK\r\nContent-Length: 0\r\n\r\n", KEEP),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("SSH-2.0-OpenSSH_9.2p1\r\n", HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("\x16\x03\x01", HANG), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of(CHUNKED "zz\r\n", HANG), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                         "Content-Length: 3\r\n\r\nokk",
                         HANG),
              COIL_EHTTP_MALFORMED);
}

/* The body is read where the long head of an interim response was. */
static int read_behind_an_interim(void *arg)
{
    char text[3000];
    struct line lines[] = { { text, KEEP } };
    struct coil_http_client *client;
    struct coil_http_response *r;
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client();
    snprintf(
        text, sizeof text,
        "HTTP/1.1 103 Early Hints\r\nLink: %01000d\r\n\r\n" OK(10) "0123456789",
        0);
    fake_start(&fake, lines, 1);
    fake.is_slow = true;
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "0123456789");
    ASSERT_EQ(r->body_size, 10);
    ASSERT_EQ(r->header_count, 1);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_client_reads_a_body_piece_by_piece_behind_an_interim_response)
{
    ASSERT_EQ(coil_test_run(read_behind_an_interim, NULL, 0), 0);
}

/* More than was announced is not a response to anything. */
STREAM_TEST(http_client_does_not_reuse_a_connection_with_bytes_left_over)
{
    static const struct line lines[] = {
        { OK(2) "okHTTP/1.1 200 OK\r\n\r\n", KEEP }, { OK(2) "ko", KEEP }
    };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
    settle();
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ko");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_limits_the_size_of_a_head)
{
    char *text = calloc(1, 200 * 1024);
    size_t size = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\nX: ");

    memset(text + size, 'a', 100 * 1024);
    ASSERT_EQ(outcome_of(text, HANG), COIL_EHTTP_HEADERS_TOO_LARGE);

    text[size] = '\0';
    for (int i = 0; i < 257; i++)
        strcat(text, "a\r\nX: ");
    ASSERT_EQ(outcome_of(text, HANG), COIL_EHTTP_HEADERS_TOO_LARGE);
    free(text);
}

STREAM_TEST(http_client_limits_the_size_of_a_body)
{
    static const struct line lines[] = {
        { OK(11) "12345678901", CLOSE },
        { CHUNKED "6\r\n123456\r\n5\r\n78901\r\n", HANG },
        { "HTTP/1.1 200 OK\r\n\r\n12345678901", HANG },
        { "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", HANG },
        { OK(10) "1234567890", KEEP },
        { CHUNKED "a\r\n1234567890\r\n0\r\n\r\n", KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .max_body_size = 10 };
    struct fake fake;

    fake_start(&fake, lines, 6);
    request.url = fake.url;
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BODY_TOO_LARGE);
    for (int i = 0; i < 2; i++)
        coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(coil_http_client_connections(client), 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- time ------------------------------------------------------------- */

static void expect_slow(coil_time limit, int expected)
{
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *response = NULL;
    struct coil_timeout timeout;
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 1);
    fake.is_slow = true;
    ASSERT_EQ(coil_timeout_begin(&timeout, limit), 0);
    rc = coil_http_get(client, fake.url, &response);
    ASSERT_EQ(coil_timeout_end(&timeout, rc), expected);
    ASSERT_EQ(coil_http_client_connections(client), expected == 0);
    coil_http_response_free(response);
    coil_http_client_free(client);
    fake_end(&fake);
}

static int be_patient(void *arg)
{
    (void)arg;
    simulated = true;
    expect_slow(COIL_MINUTE, 0);
    expect_slow(20 * COIL_SECOND, -ETIMEDOUT);         /* in the head */
    expect_slow(38500 * COIL_MILLISECOND, -ETIMEDOUT); /* in the body */
    expect_slow(0, -ETIMEDOUT);
    return 0;
}

TEST(http_client_ends_with_the_scope_around_it)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(be_patient, NULL, seed), 0);
}

/* ---- streaming -------------------------------------------------------- */

/* Read the whole of an open response, `size` bytes at a time. */
static int read_streaming(struct coil_http_response *r, size_t size, char *out)
{
    size_t got = 0;
    ptrdiff_t n;

    while ((n = coil_http_read(r, out + got, size)) > 0) {
        ASSERT_LE(n, size);
        got += (size_t)n;
    }
    out[got] = '\0';
    return (int)n;
}

STREAM_TEST(http_client_streams_a_body)
{
    static const struct line lines[] = {
        { OK(10) "0123456789", KEEP },
        { CHUNKED "3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n", KEEP },
        { "HTTP/1.1 200 OK\r\n\r\n0123456789", CLOSE },
    };
    struct coil_http_client *client = new_client();
    struct fake fake;

    fake_start(&fake, lines, 3);
    for (size_t i = 0; i < 3; i++) {
        struct coil_http_request request = { .url = fake.url };
        struct coil_http_response *r;
        char body[32];

        ASSERT_EQ(coil_http_open(client, &request, &r), 0);
        ASSERT_EQ(r->status, 200);
        ASSERT_STR_EQ(r->body, "");
        ASSERT_EQ(coil_http_client_idle(client), 0);
        ASSERT_EQ(coil_http_client_connections(client), 1);
        ASSERT_EQ(coil_http_read(r, body, 0), 0);
        ASSERT_EQ(read_streaming(r, i + 2, body), 0);
        ASSERT_STR_EQ(body, "0123456789");
        ASSERT_EQ(coil_http_read(r, body, 1), 0);
        ASSERT_EQ(coil_http_client_idle(client), i < 2);
        coil_http_response_close(r);
        ASSERT_EQ(coil_http_client_idle(client), i < 2);
        coil_http_response_free(r);
    }
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_open_gives_an_empty_response_its_connection_back)
{
    static const struct line lines[] = { { OK(0), KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char byte;

    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    ASSERT_EQ(coil_http_read(r, &byte, 1), 0);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_closing_early_closes_the_connection)
{
    static const struct line lines[] = { { OK(10) "0123456789", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char byte;

    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(coil_http_read(r, &byte, 1), 1);
    coil_http_response_close(r);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(coil_http_read(r, &byte, 1), -EBADF);
    ASSERT_EQ(r->status, 200);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_streaming_tells_where_a_body_breaks)
{
    static const struct line lines[] = { { OK(10) "01234", CLOSE } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char body[32];

    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(read_streaming(r, 3, body), COIL_EHTTP_TRUNCATED);
    ASSERT_STR_EQ(body, "01234");
    ASSERT_EQ(coil_http_read(r, body, 1), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* What was asked for is read, and the connection is kept for nobody. */
STREAM_TEST(http_client_that_has_gone_keeps_no_connection)
{
    static const struct line lines[] = { { OK(4) "body", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    size_t sockets;
    struct fake fake;
    char bytes[8];

    fake_start(&fake, lines, 1);
    sockets = coil__backend_current()->sockets;
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(coil__backend_current()->sockets, sockets + 2);
    coil_http_client_free(client);
    for (size_t got = 0; got < 4;) {
        ptrdiff_t n = coil_http_read(r, bytes + got, sizeof bytes - got);

        ASSERT_GT(n, 0);
        got += (size_t)n;
    }
    ASSERT_MEM_EQ(bytes, "body", 4);
    settle();
    ASSERT_EQ(coil__backend_current()->sockets, sockets);
    ASSERT_EQ(coil_http_read(r, bytes, 1), 0);
    coil_http_response_free(r);
    fake_end(&fake);
}

/* Behind the end, too, a cancellation is told, and then what there is. */
STREAM_TEST(http_client_cancelled_at_the_end_of_a_body)
{
    static const struct line lines[] = { { OK(4) "body", KEEP },
                                         { OK(4) "body", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char byte;

    fake_start(&fake, lines, 2);
    r = fetch(client, fake.url);
    ASSERT_EQ(coil_http_read(r, &byte, 1), 0);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_http_read(r, &byte, 1), -ECANCELED);
    ASSERT_EQ(coil_http_read(r, &byte, 1), 0);
    coil_http_response_free(r);

    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    coil_http_response_close(r);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_http_read(r, &byte, 1), -ECANCELED);
    ASSERT_EQ(coil_http_read(r, &byte, 1), -EBADF);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_may_go_before_its_responses)
{
    static const struct line lines[] = { { OK(10) "0123456789", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char body[32];

    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    coil_http_client_free(client);
    ASSERT_EQ(read_streaming(r, 4, body), 0);
    ASSERT_STR_EQ(body, "0123456789");
    coil_http_response_free(r);
    fake_end(&fake);
}
