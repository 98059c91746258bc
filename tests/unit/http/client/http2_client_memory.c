/* SPDX-License-Identifier: MIT */
/* Trailers over HTTP/2 for which memory is lacking. */
#include <coil/http_client.h>
#include <coil/testing.h>

#include "http2_fake.h"
#include "http_client_test.h"

static struct coil_http_client *client;
static struct fake2 fake;

static int answer(struct fake2_request *r)
{
    char bytes[100];

    while (coil_stream_read(r->stream, bytes, sizeof bytes) > 0)
        ;
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    if (coil__http2_stream_is_gone(r->http2))
        return 0;
    ASSERT_EQ(coil_stream_write(r->stream, "hello", 5), 0);
    ASSERT_EQ(coil__http2_set_trailers(r->http2, "X-Sum: 5\r\n\r\n", 12), 0);
    return coil_stream_shutdown(r->stream);
}

static void open_fake(void)
{
    fake.handle = answer;
    fake2_start(&fake);
    client = new_client2();
}

static void close_fake(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
    fake = (struct fake2){ 0 };
}

static void expect_trailers(void)
{
    struct coil_http_response *r = fetch(client, fake.url);

    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ(r->trailer_count, 1);
    ASSERT_STR_EQ(r->trailers[0].value, "5");
    coil_http_response_free(r);
}

STREAM_TEST(http2_client_memory_for_trailers_that_come)
{
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    char bytes[10];

    open_fake();
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    for (ptrdiff_t size = 0; size < 5;) {
        ptrdiff_t n = coil_http_read(r, bytes, sizeof bytes);

        ASSERT_GT(n, 0);
        size += n;
    }
    settle();
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_http_read(r, bytes, sizeof bytes), -ENOMEM);
    coil_test_fail_allocation(0, false);
    coil_http_response_free(r);
    expect_trailers();
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static size_t pieces;

/* At the end of the body memory is lacking. */
static ptrdiff_t read_piece(void *arg, void *buffer, size_t size)
{
    (void)arg;
    (void)size;
    if (pieces == 0) {
        coil_test_fail_allocation(1, false);
        return 0;
    }
    pieces--;
    memcpy(buffer, "piece", 5);
    return 5;
}

STREAM_TEST(http2_client_memory_for_trailers_that_go)
{
    static const struct coil_http_header trailer = { "X-Sum", "5" };
    struct coil_http_source source = { .read = read_piece, .size = -1 };
    struct coil_http_request request = { .method = "POST",
                                         .source = &source,
                                         .trailers = &trailer,
                                         .trailer_count = 1 };

    open_fake();
    pieces = 3;
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), -ENOMEM);
    coil_test_fail_allocation(0, false);
    expect_trailers();
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}
