/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Trailers: fields behind a body in chunks, received and sent.
 */
#include <coil/http_client.h>
#include <coil/http_source.h>

#include "http_client_test.h"

#define BODY CHUNKED "5\r\nhello\r\n0\r\n"

static const char *trailer(const struct coil_http_response *r, const char *name)
{
    return coil_http_find_header(r->trailers, r->trailer_count, name);
}

static struct coil_http_response *get(const char *text, bool is_lenient,
                                      bool is_kept)
{
    struct line lines[] = { { text, is_kept ? KEEP : CLOSE } };
    const struct coil_http_client_options options = { .lenient = is_lenient };
    struct coil_http_client *client;
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 1);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ(coil_http_client_idle(client), is_kept);
    coil_http_client_free(client);
    fake_end(&fake);
    return r;
}

STREAM_TEST(http_trailers_are_there_when_the_body_has_been_read)
{
    struct coil_http_response *r = get(
        BODY "Digest-A: abc \r\nX:  y\r\n z\r\nEmpty:\r\n\r\n", false, true);

    ASSERT_EQ(r->trailer_count, 3);
    ASSERT_STR_EQ(trailer(r, "digest-a"), "abc");
    ASSERT_STR_EQ(trailer(r, "X"), "y z");
    ASSERT_STR_EQ(trailer(r, "Empty"), "");
    ASSERT_NULL(coil_http_response_header(r, "Digest-A"));
    coil_http_response_free(r);

    r = get(BODY "\r\n", false, true);
    ASSERT_EQ(r->trailer_count, 0);
    coil_http_response_free(r);
}

/* What would change the meaning of the message comes too late. */
STREAM_TEST(http_trailers_that_may_not_be_there_are_left_out)
{
    struct coil_http_response *r =
        get(BODY "Content-Length: 3\r\nset-cookie: a=b\r\nLocation: /\r\n"
                 "Transfer-Encoding: gzip\r\nX: y\r\nContent-Type: a/b\r\n"
                 "Vary: *\r\nWWW-Authenticate: Basic\r\n\r\n",
            false, true);

    ASSERT_EQ(r->trailer_count, 1);
    ASSERT_STR_EQ(r->trailers[0].name, "X");
    coil_http_response_free(r);
}

STREAM_TEST(http_trailers_of_sloppy_servers)
{
    struct coil_http_response *r = get(
        BODY "A: b\nwhat\nB : c\r\n\001\r\n f\r\nC: d\r\r\n\n", true, false);

    ASSERT_EQ(r->trailer_count, 3);
    ASSERT_STR_EQ(trailer(r, "A"), "b");
    ASSERT_STR_EQ(trailer(r, "B"), "c");
    ASSERT_STR_EQ(trailer(r, "C"), "d");
    coil_http_response_free(r);
    r = get(BODY "A: b\r\nB: c", true, false);
    ASSERT_EQ(r->trailer_count, 2);
    ASSERT_STR_EQ(trailer(r, "B"), "c");
    coil_http_response_free(r);
}

STREAM_TEST(http_trailers_of_an_open_response)
{
    struct line lines[] = { { BODY "A: b\r\n\r\n", KEEP },
                            { BODY "\r\n", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct fake fake;
    char bytes[8];
    ptrdiff_t n;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    for (size_t i = 0; i < 2; i++) {
        ASSERT_EQ(coil_http_open(client, &request, &r), 0);
        ASSERT_EQ(r->trailer_count, 0);
        do {
            n = coil_http_read(r, bytes, sizeof bytes);
            ASSERT_GE(n, 0);
        } while (n > 0);
        ASSERT_EQ(r->trailer_count, 1 - i);
        ASSERT_EQ(coil_http_client_idle(client), 1);
        if (i == 0)
            ASSERT_STR_EQ(trailer(r, "A"), "b");
        coil_http_response_free(r);
    }
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- too many of them -------------------------------------------------- */

static char many[40000];

/* A body with so many trailers. */
static const char *with_lines(size_t count)
{
    strcpy(many, BODY);
    for (size_t i = 0; i < count; i++)
        strcat(many, "a:\r\n");
    return strcat(many, "\r\n");
}

STREAM_TEST(http_trailers_are_limited)
{
    struct line lines[] = { { with_lines(257), KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r = get(with_lines(256), false, true);
    struct fake fake;
    char bytes[8];
    ptrdiff_t n;

    ASSERT_EQ(r->trailer_count, 256);
    coil_http_response_free(r);
    ASSERT_EQ(outcome_of(with_lines(257), KEEP), COIL_EHTTP_HEADERS_TOO_LARGE);

    /* The body has come, and then the error, which stays. */
    fake_start(&fake, lines, 1);
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    do
        n = coil_http_read(r, bytes, sizeof bytes);
    while (n > 0);
    ASSERT_EQ(n, COIL_EHTTP_HEADERS_TOO_LARGE);
    ASSERT_EQ(coil_http_read(r, bytes, 1), COIL_EHTTP_HEADERS_TOO_LARGE);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- sent -------------------------------------------------------------- */

static char sum[8];

/* One piece, and then its sum is known. */
static ptrdiff_t supply(void *arg, void *buffer, size_t size)
{
    size_t *left = arg;
    ptrdiff_t n = (ptrdiff_t)*left;

    ASSERT_GE(size, *left);
    memcpy(buffer, "hello", *left);
    *left = 0;
    snprintf(sum, sizeof sum, "%s", n == 0 ? "532" : "early");
    return n;
}

static int begin_again(void *arg)
{
    *(size_t *)arg = 5;
    return 0;
}

static char taken[512];

static int take_bytes(void *arg)
{
    struct coil_listener *listener = arg;
    struct coil_stream *s;
    size_t size = 0;

    int rc = coil_listener_accept(listener, &s);

    if (rc < 0)
        return rc;
    while (!strstr(taken, "\r\n\r\n5\r\nhello\r\n0\r\n") ||
           strcmp(taken + size - 4, "\r\n\r\n") != 0) {
        ptrdiff_t n =
            coil_stream_read(s, taken + size, sizeof taken - 1 - size);

        if (n <= 0)
            break;
        size += (size_t)n;
        taken[size] = '\0';
    }
    ASSERT_EQ(coil_stream_write(s, OK(2) "ok", strlen(OK(2) "ok")), 0);
    return coil_stream_close(s);
}

static int send_trailers(const struct coil_http_header *trailers, size_t count)
{
    struct coil_http_client *client = new_client();
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_http_response *r;
    struct coil_task *task;
    size_t left = 5;
    const struct coil_http_source source = { .read = supply,
                                             .rewind = begin_again,
                                             .arg = &left,
                                             .size = COIL_HTTP_CHUNKED };
    char url[64];
    int rc;

    memset(taken, 0, sizeof taken);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             coil_address_port(&address));
    task = start(take_bytes, listener);
    rc =
        coil_http_request(client,
                          &(struct coil_http_request){ .method = "PUT",
                                                       .url = url,
                                                       .source = &source,
                                                       .trailers = trailers,
                                                       .trailer_count = count },
                          &r);
    if (rc == 0)
        coil_http_response_free(r);
    coil_task_cancel(task);
    (void)!coil_task_await(task);
    coil_task_release(task);
    coil_listener_close(listener);
    coil_http_client_free(client);
    return rc;
}

SOCKET_TEST(http_trailers_are_sent_with_the_values_of_the_end)
{
    const struct coil_http_header trailers[] = { { "X-Sum", sum },
                                                 { "X-B", "c" } };

    ASSERT_EQ(send_trailers(trailers, 2), 0);
    ASSERT(strstr(taken, "\r\nTrailer: X-Sum\r\nTrailer: X-B\r\n"));
    ASSERT(strstr(taken, "\r\n0\r\nX-Sum: 532\r\nX-B: c\r\n\r\n"));
}

SOCKET_TEST(http_trailers_that_must_not_be_sent_are_refused)
{
    static const struct coil_http_header bad[] = {
        { "Content-Length", "5" },
        { "a b", "c" },
        { "", "c" },
        { "Authorization", "c" },
    };
    static const struct coil_http_source sized = { .size = 5 };
    const struct coil_http_header split = { "X", "y\r\nZ: z" };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .url = "http://127.0.0.1:1/",
                                         .trailers = &split,
                                         .trailer_count = 1 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_EQ(send_trailers(&bad[i], 1), COIL_EHTTP_BAD_HEADER);
    ASSERT_EQ(send_trailers(&split, 1), COIL_EHTTP_BAD_HEADER);
    ASSERT_NULL(strstr(taken, "Z: z"));
    /* There are no chunks. */
    ASSERT_EQ(fail_request(client, &request), -EINVAL);
    request.source = &sized;
    ASSERT_EQ(fail_request(client, &request), -EINVAL);
    coil_http_client_free(client);
}
