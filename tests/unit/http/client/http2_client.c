/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The client over HTTP/2: heads, bodies and trailers, both ways.
 */
#include <coil/http_client.h>
#include <coil/http_source.h>

#include "http2_fake.h"
#include "http_client_test.h"

enum { MUCH = 300000 };

static struct coil_http_client *client;
static struct fake2 fake;

static void open_fake(int (*handle)(struct fake2_request *r))
{
    fake = (struct fake2){ .handle = handle };
    fake2_start(&fake);
    client = new_client2();
}

static void close_fake(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
}

/* ---- heads ------------------------------------------------------------ */

static int hello(struct fake2_request *r)
{
    ASSERT_STR_EQ(r->head.method, "GET");
    ASSERT_STR_EQ(r->head.target, "/");
    ASSERT(strstr(fake.url, r->head.host));
    ASSERT_STR_EQ(fake2_header(r, "accept"), "*/*");
    ASSERT_NULL(fake2_header(r, "connection"));
    fake2_answer(r, 200, "X-One: 1\r\n\r\n", "hello");
    return 0;
}

STREAM_TEST(http2_client_gets_pages_over_one_connection)
{
    open_fake(hello);
    for (int i = 0; i < 3; i++) {
        struct coil_http_report report;
        struct coil_http_request request = { .url = fake.url,
                                             .report = &report };
        struct coil_http_response *r = send_request(client, &request);

        ASSERT_EQ(r->status, 200);
        ASSERT_STR_EQ(r->reason, "OK");
        ASSERT_STR_EQ(r->body, "hello");
        ASSERT_EQ(r->body_size, 5);
        ASSERT_EQ(r->content_length, -1);
        ASSERT_EQ(r->version, COIL_HTTP_2);
        ASSERT_STR_EQ(coil_http_response_header(r, "X-One"), "1");
        ASSERT_EQ(report.is_reused, i > 0);
        ASSERT_EQ(report.version, COIL_HTTP_2);
        ASSERT(report.was_sent);
        ASSERT_GE(report.first_byte, report.sent);
        coil_http_response_free(r);
        ASSERT_EQ(coil_http_client_connections(client), 1);
        ASSERT_EQ(coil_http_client_idle(client), 1);
    }
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int look(struct fake2_request *r)
{
    ASSERT_STR_EQ(r->head.method, "DELETE");
    ASSERT_STR_EQ(r->head.target, "/?a=b");
    ASSERT_STR_EQ(r->head.host, "other.example");
    ASSERT_STR_EQ(fake2_header(r, "cookie"), "a=1; b=2");
    ASSERT_STR_EQ(fake2_header(r, "priority"), "u=1, i");
    ASSERT_STR_EQ(fake2_header(r, "te"), "trailers");
    ASSERT_STR_EQ(fake2_header(r, "user-agent"), "me");
    ASSERT_NULL(fake2_header(r, "connection"));
    fake2_head(r, 204, "Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n", 0);
    return 0;
}

/* What is about the connection is not sent, and it is closed as wished. */
STREAM_TEST(http2_client_sends_the_headers_of_a_request)
{
    static const struct coil_http_header headers[] = {
        { "Host", "other.example" },
        { "Cookie", "a=1; b=2" },
        { "Priority", "u=1, i" },
        { "TE", "trailers" },
        { "TE", "gzip" },
        { "User-Agent", "me" },
        { "Connection", "close" },
        { "Keep-Alive", "1" },
    };
    struct coil_http_request request = { .method = "DELETE",
                                         .headers = headers,
                                         .header_count = 8 };
    struct coil_http_response *r;
    char url[80];

    open_fake(look);
    snprintf(url, sizeof url, "%.*s?a=b", (int)strlen(fake.url) - 1, fake.url);
    request.url = url;
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 204);
    ASSERT_EQ(r->header_count, 2);
    ASSERT_STR_EQ(r->headers[1].value, "b");
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    close_fake();
}

static int with_length(struct fake2_request *r)
{
    if (strcmp(r->head.method, "HEAD") == 0)
        fake2_head(r, 200, "Content-Length: 5\r\n\r\n", 0);
    else if (strcmp(r->head.target, "/304") == 0)
        fake2_head(r, 304, "Content-Length: 5\r\n\r\n", 0);
    else
        fake2_answer(r, 200, "Content-Length: 5\r\n\r\n", "hello");
    return 0;
}

STREAM_TEST(http2_client_knows_what_has_no_body)
{
    struct coil_http_request request = { .method = "HEAD" };
    struct coil_http_response *r;

    open_fake(with_length);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(r->content_length, 5);
    ASSERT_EQ(r->body_size, 0);
    coil_http_response_free(r);
    request.method = "GET";
    r = send_request(client, &request);
    ASSERT_EQ(r->content_length, 5);
    ASSERT_STR_EQ(r->body, "hello");
    coil_http_response_free(r);
    strcat(fake.url, "304");
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 304);
    ASSERT_EQ(r->body_size, 0);
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int with_hints(struct fake2_request *r)
{
    fake2_head(r, 103, "Link: a\r\n\r\n", 0);
    fake2_head(r, 102, "\r\n", 0);
    fake2_answer(r, 200, "\r\n", "hello");
    return 0;
}

static void note_interim(void *arg, const struct coil_http_event *event)
{
    (void)arg;
    if (event->moment == COIL_HTTP_INTERIM)
        say("%d ", event->status);
    if (event->moment == COIL_HTTP_FIRST_BYTE)
        say("%d over %d ", event->status, (int)event->version);
}

STREAM_TEST(http2_client_passes_interim_responses_over)
{
    struct coil_http_request request = { .watch = note_interim };
    struct coil_http_response *r;

    open_fake(with_hints);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ(r->header_count, 0);
    coil_http_response_free(r);
    SAID("103 102 200 over 20 ");
    close_fake();
}

static int hint_for_ever(struct fake2_request *r)
{
    for (int i = 0; i < 33; i++)
        fake2_head(r, 103, "Link: a\r\n\r\n", 0);
    fake2_answer(r, 200, "\r\n", "hello");
    return 0;
}

STREAM_TEST(http2_client_takes_so_many_interim_responses)
{
    struct coil_http_request request = { .method = "POST" };

    open_fake(hint_for_ever);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_MALFORMED);
    close_fake();
}

static int boast(struct fake2_request *r)
{
    static char lines[100 * 1024];
    size_t at = 0;

    if (r->number > 1) {
        fake2_answer(r, 200, "\r\n", "hello");
        return 0;
    }
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(lines + at, sizeof lines - at,
                               "X-%d: %0100d\r\n", i, i);
    snprintf(lines + at, sizeof lines - at, "\r\n");
    fake2_answer(r, 200, lines, "hello");
    return 0;
}

/* One response that is too much does no harm to the next. */
STREAM_TEST(http2_client_refuses_a_head_that_is_too_large)
{
    const struct coil_http_client_options options = { .http2_prior_knowledge =
                                                          true,
                                                      .max_header_size = 4096 };
    struct coil_http_response *r;

    fake = (struct fake2){ .handle = boast };
    fake2_start(&fake);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    ASSERT_EQ(
        fail_request(client, &(struct coil_http_request){ .url = fake.url }),
        COIL_EHTTP_HEADERS_TOO_LARGE);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "hello");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

/* ---- bodies ----------------------------------------------------------- */

static int much(struct fake2_request *r)
{
    unsigned char *bytes = make_bytes(MUCH);
    int rc;

    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    ASSERT_EQ(coil_stream_write(r->stream, bytes, MUCH), 0);
    free(bytes);
    rc = coil_stream_flush(r->stream);
    return rc < 0 ? rc : coil_stream_shutdown(r->stream);
}

STREAM_TEST(http2_client_reads_much)
{
    struct coil_http_response *r;

    open_fake(much);
    r = fetch(client, fake.url);
    ASSERT_EQ(r->body_size, MUCH);
    check_bytes((const unsigned char *)r->body, 0, MUCH);
    coil_http_response_free(r);
    close_fake();
}

STREAM_TEST(http2_client_reads_piece_by_piece)
{
    unsigned char bytes[1000];
    struct coil_http_response *r;
    struct coil_http_request request;
    size_t size = 0;
    ptrdiff_t n;

    open_fake(much);
    request = (struct coil_http_request){ .url = fake.url };
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    while ((n = coil_http_read(r, bytes, sizeof bytes)) > 0) {
        check_bytes(bytes, size, (size_t)n);
        size += (size_t)n;
    }
    ASSERT_EQ(n, 0);
    ASSERT_EQ(size, MUCH);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_response_free(r);
    close_fake();
}

STREAM_TEST(http2_client_reads_no_more_than_it_may)
{
    struct coil_http_request request = { .max_body_size = MUCH - 1 };
    struct coil_http_response *r;

    open_fake(much);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BODY_TOO_LARGE);
    request.max_body_size = MUCH;
    r = send_request(client, &request);
    ASSERT_EQ(r->body_size, MUCH);
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int sum(struct fake2_request *r)
{
    unsigned char bytes[1000];
    char text[32];
    size_t size = 0;
    ptrdiff_t n;

    while ((n = coil_stream_read(r->stream, bytes, sizeof bytes)) > 0) {
        check_bytes(bytes, size, (size_t)n);
        size += (size_t)n;
    }
    if (n < 0)
        return (int)n;
    ASSERT(r->head.content_length == -1 ||
           (size_t)r->head.content_length == size);
    snprintf(text, sizeof text, "%zu", size);
    fake2_answer(r, 200, "\r\n", text);
    return 0;
}

static void send_much(size_t size)
{
    unsigned char *bytes = make_bytes(size);
    struct coil_http_request request = {
        .url = fake.url, .method = "POST", .body = bytes, .body_size = size
    };
    struct coil_http_response *r = send_request(client, &request);

    ASSERT_EQ((size_t)atoi(r->body), size);
    coil_http_response_free(r);
    free(bytes);
}

STREAM_TEST(http2_client_sends_bodies_of_all_sizes)
{
    static const size_t sizes[] = { 0, 1, 16384, 16385, 65536, MUCH };

    open_fake(sum);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        send_much(sizes[i]);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

/* A source of bytes, 1000 at a time, with a pause now and then. */
struct pieces {
    size_t at;
    size_t size;
};

static ptrdiff_t read_pieces(void *arg, void *buffer, size_t size)
{
    struct pieces *p = arg;
    size_t n = p->size - p->at;

    if (p->at % 7000 == 0 && coil_sleep(COIL_MILLISECOND) < 0)
        return -ECANCELED;
    if (n > size)
        n = size;
    if (n > 1000)
        n = 1000;
    fill_bytes(buffer, p->at, n);
    p->at += n;
    return (ptrdiff_t)n;
}

static int rewind_pieces(void *arg)
{
    struct pieces *p = arg;

    p->at = 0;
    return 0;
}

static struct coil_http_source source_of(struct pieces *p, int64_t size)
{
    return (struct coil_http_source){
        .read = read_pieces, .rewind = rewind_pieces, .arg = p, .size = size
    };
}

STREAM_TEST(http2_client_sends_what_a_source_has)
{
    struct pieces pieces = { .size = 50000 };
    struct coil_http_source open = source_of(&pieces, COIL_HTTP_CHUNKED);
    struct coil_http_source sized = source_of(&pieces, 50000);
    struct coil_http_request request = { .method = "PUT", .source = &open };
    struct coil_http_response *r;

    open_fake(sum);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "50000");
    coil_http_response_free(r);
    pieces.at = 0;
    request.source = &sized;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "50000");
    coil_http_response_free(r);
    pieces = (struct pieces){ .size = 49999 };
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_SHORT_SOURCE);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int accept_first(struct fake2_request *r)
{
    ASSERT_STR_EQ(fake2_header(r, "expect"), "100-continue");
    if (coil_sleep(COIL_MILLISECOND) < 0)
        return -ECANCELED;
    if (strcmp(r->head.target, "/417") == 0) {
        fake2_head(r, 413, "\r\n", 0);
        return 0;
    }
    ASSERT_EQ(r->http2->received.size, 0);
    fake2_head(r, 100, "\r\n", 0);
    return sum(r);
}

STREAM_TEST(http2_client_waits_for_100)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_http_request request = { .method = "POST",
                                         .body = bytes,
                                         .body_size = MUCH,
                                         .expect_continue = true };
    struct coil_http_response *r;

    open_fake(accept_first);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(atoi(r->body), MUCH);
    coil_http_response_free(r);
    strcat(fake.url, "417");
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 413);
    coil_http_response_free(r);
    free(bytes);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

/* The server has heard enough, and the connection lives on. */
static int answer_early(struct fake2_request *r)
{
    fake2_answer(r, 403, "\r\n", "enough");
    return 0;
}

STREAM_TEST(http2_client_stops_sending_after_an_early_answer)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_http_request request = { .method = "POST",
                                         .body = bytes,
                                         .body_size = MUCH };
    struct coil_http_response *r;

    open_fake(answer_early);
    request.url = fake.url;
    for (int i = 0; i < 3; i++) {
        r = send_request(client, &request);
        ASSERT_EQ(r->status, 403);
        ASSERT_STR_EQ(r->body, "enough");
        coil_http_response_free(r);
    }
    ASSERT_EQ(fake.connections, 1);
    free(bytes);
    close_fake();
}

/* ---- trailers --------------------------------------------------------- */

static int trail(struct fake2_request *r)
{
    static const char lines[] = "X-Sum: 5\r\nContent-Length: 3\r\n\r\n";
    int rc = sum(r);
    const struct coil__http2_head *head = r->http2->trailers;

    (void)rc;
    ASSERT(head);
    say("%zu %s ", head->fields, (const char *)coil__buffer_bytes(&head->text));
    (void)lines;
    return 0;
}

STREAM_TEST(http2_client_sends_trailers)
{
    static const struct coil_http_header trailers[] = { { "X-Sum", "abc" } };
    struct pieces pieces = { .size = 50000 };
    struct coil_http_source source = source_of(&pieces, COIL_HTTP_CHUNKED);
    struct coil_http_request request = { .method = "PUT",
                                         .source = &source,
                                         .trailers = trailers,
                                         .trailer_count = 1 };
    struct coil_http_response *r;

    open_fake(trail);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "50000");
    coil_http_response_free(r);
    SAID("1 x-sum ");
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int answer_with_trailers(struct fake2_request *r)
{
    static const char lines[] = "X-Sum: 5\r\nDate: now\r\n\r\n";

    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    if (r->number == 1)
        ASSERT_EQ(coil_stream_write(r->stream, "hello", 5), 0);
    ASSERT_EQ(coil__http2_set_trailers(r->http2, lines, sizeof lines - 1), 0);
    ASSERT_EQ(coil_stream_shutdown(r->stream), 0);
    return 0;
}

STREAM_TEST(http2_client_shows_trailers)
{
    open_fake(answer_with_trailers);
    for (int i = 0; i < 2; i++) {
        struct coil_http_response *r = fetch(client, fake.url);

        ASSERT_STR_EQ(r->body, i == 0 ? "hello" : "");
        ASSERT_EQ(r->trailer_count, 1);
        ASSERT_STR_EQ(r->trailers[0].name, "x-sum");
        ASSERT_STR_EQ(r->trailers[0].value, "5");
        coil_http_response_free(r);
    }
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}
