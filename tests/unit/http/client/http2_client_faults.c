/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The client over HTTP/2, when a server refuses, resets, goes or breaks.
 */
#include <coil/http_client.h>
#include <coil/http_retry.h>

#include "http2_fake.h"
#include "http_client_test.h"

static struct coil_http_client *client;
static struct fake2 fake;

static void open_fake(int (*handle)(struct fake2_request *r))
{
    fake.handle = handle;
    fake2_start(&fake);
    client = new_client2();
}

static void close_fake(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
    fake = (struct fake2){ 0 };
}

static int hello(struct fake2_request *r)
{
    fake2_answer(r, 200, "\r\n", "hello");
    return 0;
}

/* Everything works, over a connection that is there or a new one. */
static void expect_hello(void)
{
    struct coil_http_response *r = fetch(client, fake.url);

    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body, "hello");
    coil_http_response_free(r);
}

/* ---- refused ---------------------------------------------------------- */

static struct coil_http_report report;

/* A POST, which is not repeated unless that is safe. */
static int post(void)
{
    struct coil_http_request request = { .url = fake.url,
                                         .method = "POST",
                                         .body = "abc",
                                         .body_size = 3,
                                         .report = &report };
    struct coil_http_response *r;
    int rc = coil_http_request(client, &request, &r);

    if (rc == 0) {
        ASSERT_STR_EQ(r->body, "hello");
        coil_http_response_free(r);
    }
    return rc;
}

STREAM_TEST(http2_client_repeats_what_was_refused)
{
    fake.refused = 1;
    open_fake(hello);
    ASSERT_EQ(post(), 0);
    ASSERT_EQ(fake.requests, 2);
    ASSERT_EQ(report.requests, 2);
    ASSERT(report.was_sent);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

/* A connection that refuses twice is left; all in all it is tried four times. */
STREAM_TEST(http2_client_gives_up_what_is_refused_again_and_again)
{
    fake.refused = 5;
    open_fake(hello);
    ASSERT_EQ(post(), -ECONNRESET);
    ASSERT(!coil_http_was_sent(&report));
    ASSERT_EQ(fake.requests, 4);
    ASSERT_EQ(fake.connections, 2);
    ASSERT_EQ(post(), 0);
    ASSERT_EQ(fake.requests, 6);
    close_fake();
}

static ptrdiff_t read_once(void *arg, void *buffer, size_t size)
{
    size_t *left = arg;

    if (size > *left)
        size = *left;
    memset(buffer, 'a', size);
    *left -= size;
    return (ptrdiff_t)size;
}

STREAM_TEST(http2_client_does_not_repeat_a_body_that_was_read)
{
    size_t left = 100000;
    struct coil_http_source source = { .read = read_once,
                                       .arg = &left,
                                       .size = 100000 };
    struct coil_http_request request = { .method = "POST", .source = &source };

    fake.refused = 1;
    open_fake(hello);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), -ECONNRESET);
    ASSERT_EQ(fake.requests, 1);
    expect_hello();
    close_fake();
}

static int reset_with(struct fake2_request *r, uint32_t code)
{
    coil__http2_reset(r->http2, code);
    return coil_sleep(COIL_SECOND);
}

static int cancel_it(struct fake2_request *r)
{
    return r->number == 1 ? reset_with(r, 0x8) : hello(r);
}

/* Something may have been done with it. */
STREAM_TEST(http2_client_does_not_repeat_what_was_reset)
{
    open_fake(cancel_it);
    ASSERT_EQ(post(), -ECONNRESET);
    ASSERT(coil_http_was_sent(&report));
    ASSERT_EQ(fake.requests, 1);
    ASSERT_EQ(post(), 0);
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int want_1(struct fake2_request *r)
{
    return reset_with(r, 0xd);
}

/* By prior knowledge there is nothing else: the server will not understand. */
STREAM_TEST(http2_client_asks_by_http1_where_that_is_required)
{
    open_fake(want_1);
    ASSERT_LT(post(), 0);
    ASSERT_EQ(fake.requests, 1);
    ASSERT_EQ(fake.connections, 2);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    close_fake();
}

/* ---- the server goes -------------------------------------------------- */

static int say_goodbye(struct fake2_request *r)
{
    if (r->number == 1) {
        coil__http2_session_go_away(r->session);
        if (coil_sleep(COIL_SECOND) < 0)
            return -ECANCELED;
    }
    return hello(r);
}

static int get(void *arg)
{
    (void)arg;
    expect_hello();
    return 0;
}

/* What the server has taken is answered; the next goes over a new connection. */
STREAM_TEST(http2_client_finishes_what_a_server_that_goes_has_taken)
{
    struct coil_task *first;

    open_fake(say_goodbye);
    first = start(get, NULL);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    expect_hello();
    ASSERT_EQ(fake.connections, 2);
    ASSERT_EQ(end_of(first), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    expect_hello();
    ASSERT_EQ(fake.connections, 2);
    close_fake();
}

/* Those behind the last one that the server has taken are asked anew. */
STREAM_TEST(http2_client_repeats_what_came_after_the_goodbye)
{
    struct coil_task_group group;
    int rc;

    open_fake(say_goodbye);
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 20; i++)
        rc = coil_task_group_create(&group, NULL, get, NULL);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    ASSERT_LE(fake.connections, 2);
    close_fake();
}

/* ---- the connection breaks -------------------------------------------- */

static int cut(struct fake2_request *r)
{
    if (r->number != 2)
        return hello(r);
    fake2_cut(r->fake);
    return coil_sleep(COIL_SECOND);
}

/* As over a kept connection of HTTP/1.1. */
STREAM_TEST(http2_client_repeats_a_get_if_the_connection_was_dead)
{
    open_fake(cut);
    expect_hello();
    expect_hello();
    ASSERT_EQ(fake.requests, 3);
    ASSERT_EQ(fake.connections, 2);
    close_fake();
}

STREAM_TEST(http2_client_does_not_repeat_a_post)
{
    int rc;

    open_fake(cut);
    expect_hello();
    rc = post();
    ASSERT(rc == -ECONNRESET || rc == COIL_EHTTP_TRUNCATED);
    ASSERT(coil_http_was_sent(&report));
    ASSERT_EQ(fake.requests, 2);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    expect_hello();
    close_fake();
}

static int cut_in_body(struct fake2_request *r)
{
    if (r->number > 1)
        return hello(r);
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    ASSERT_EQ(coil_stream_write(r->stream, "hel", 3), 0);
    if (coil_sleep(COIL_SECOND) < 0)
        return -ECANCELED;
    fake2_cut(r->fake);
    return coil_sleep(COIL_SECOND);
}

STREAM_TEST(http2_client_tells_a_body_that_was_cut)
{
    struct coil_http_request request;
    struct coil_http_response *r;
    char bytes[8];
    ptrdiff_t n;

    open_fake(cut_in_body);
    request = (struct coil_http_request){ .url = fake.url };
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_EQ(coil_http_read(r, bytes, sizeof bytes), 3);
    n = coil_http_read(r, bytes, sizeof bytes);
    ASSERT(n == -ECONNRESET || n == COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(coil_http_read(r, bytes, sizeof bytes), n);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    expect_hello();
    close_fake();
}

static int reset_in_body(struct fake2_request *r)
{
    if (r->number > 1)
        return hello(r);
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    ASSERT_EQ(coil_stream_write(r->stream, "hel", 3), 0);
    if (coil_sleep(COIL_SECOND) < 0)
        return -ECANCELED;
    return reset_with(r, 0x2);
}

STREAM_TEST(http2_client_tells_a_body_that_was_reset)
{
    struct coil_http_request request = { .report = &report };

    open_fake(reset_in_body);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), -ECONNRESET);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    expect_hello();
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

static int lie(struct fake2_request *r)
{
    if (r->number > 1)
        return hello(r);
    fake2_answer(r, 200, "Content-Length: 6\r\n\r\n", "hello");
    return 0;
}

STREAM_TEST(http2_client_tells_a_body_of_another_length)
{
    open_fake(lie);
    ASSERT_EQ(
        fail_request(client, &(struct coil_http_request){ .url = fake.url }),
        COIL_EHTTP_MALFORMED);
    expect_hello();
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

/* ---- a server that says nothing --------------------------------------- */

static int be_silent(struct fake2_request *r)
{
    return r->number == 1 ? coil_sleep(COIL_NEVER) : hello(r);
}

/* The server may be gone without a word: a new connection is made. */
STREAM_TEST(http2_client_leaves_a_connection_that_is_silent)
{
    struct coil_http_request request = { .first_byte_limit = 6 * COIL_SECOND };

    if (!simulated)
        return;
    open_fake(be_silent);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    expect_hello();
    ASSERT_EQ(fake.connections, 2);
    close_fake();
}

/* A limit that ends one request does no harm to the connection otherwise. */
STREAM_TEST(http2_client_keeps_a_connection_after_a_short_limit)
{
    struct coil_http_request request = { .first_byte_limit =
                                             50 * COIL_MILLISECOND };

    open_fake(be_silent);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    expect_hello();
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

/* ---- not HTTP/2 ------------------------------------------------------- */

STREAM_TEST(http2_client_refuses_what_is_no_http2)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", KEEP }
    };
    struct fake plain;

    client = new_client2();
    fake_start(&plain, lines, 1);
    ASSERT_LT(
        fail_request(client, &(struct coil_http_request){ .url = plain.url }),
        0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&plain);
}

/* ---- a server of bytes ------------------------------------------------ */

static struct coil_listener *listener;
static struct coil_task *bytes_task;
static char bytes_url[64];

static void open_bytes(coil_fn serve, coil_time idle_limit)
{
    const struct coil_http_client_options options = {
        .http2_prior_knowledge = true, .idle_limit = idle_limit
    };
    struct coil_address address;

    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    listener = listening(&address);
    snprintf(bytes_url, sizeof bytes_url, "http://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    bytes_task = start(serve, NULL);
}

static void close_bytes(void)
{
    coil_http_client_free(client);
    end_cancelled(bytes_task);
    coil_listener_close(listener);
}

/* Settings, and a head that is said to have a byte, which comes late. */
static int begin_heads(void *arg)
{
    static const char settings[] = "\0\0\0\4\0\0\0\0\0";
    static const char head[] = "\0\0\1\1\4\0\0\0\1";
    static const char status[] = "\x88";
    struct coil_stream *s;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_sleep(100 * COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_stream_write(s, settings, sizeof settings - 1);
    if (rc == 0)
        rc = coil_stream_write(s, head, sizeof head - 1);
    if (rc == 0)
        rc = coil_sleep(1500 * COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_stream_write(s, status, sizeof status - 1);
    if (rc == 0)
        rc = coil_stream_write(s, head, sizeof head - 1);
    if (rc == 0)
        rc = coil_sleep(COIL_NEVER);
    coil_stream_abort(s);
    return rc;
}

/* It is not waited for ever for the rest of a head: of the second one here. */
STREAM_TEST(http2_client_gives_a_head_so_much_time)
{
    struct coil_http_request request = { .url = bytes_url };
    coil_time began = coil_now();

    if (!simulated)
        return;
    open_bytes(begin_heads, 2 * COIL_SECOND);
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_IDLE_TIMEOUT);
    ASSERT_GE(coil_now() - began, 3 * COIL_SECOND);
    ASSERT_LE(coil_now() - began, 4 * COIL_SECOND);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    close_bytes();
}

static int read_nothing(void *arg)
{
    struct coil_stream *s;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_sleep(COIL_NEVER);
    coil_stream_abort(s);
    return rc;
}

/* Reads what comes, but late, and answers nothing. */
static int read_late(void *arg)
{
    struct coil_stream *s;
    char bytes[10000];
    ptrdiff_t n = 1;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_sleep(COIL_SECOND / 2);
    while (rc == 0 && n > 0)
        n = coil_stream_read(s, bytes, sizeof bytes);
    coil_stream_abort(s);
    return rc == 0 && n >= 0 ? coil_sleep(COIL_NEVER) : -ECANCELED;
}

static int send_large_head(void *arg)
{
    static char value[30000];
    const struct coil_http_header header = { "X-Large", value };
    struct coil_http_request request = { .url = bytes_url,
                                         .headers = &header,
                                         .header_count = 1,
                                         .first_byte_limit = COIL_SECOND };
    struct coil_http_response *r;

    (void)arg;
    memset(value, 'a', sizeof value - 1);
    ASSERT_EQ(coil_http_request(client, &request, &r),
              COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    return 0;
}

/* Heads that cannot go out, as the server takes nothing more, are given up. */
STREAM_TEST(http2_client_gives_up_a_connection_that_takes_nothing)
{
    struct coil_task_group group;
    int rc;

    open_bytes(read_nothing, COIL_NEVER);
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 100; i++)
        rc = coil_task_group_create(&group, NULL, send_large_head, NULL);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    close_bytes();
}

/* Those who could not even send wait on when the server takes something again. */
STREAM_TEST(http2_client_goes_on_when_a_connection_takes_more)
{
    struct coil_task_group group;
    int rc;

    if (!simulated)
        return;
    open_bytes(read_late, COIL_NEVER);
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 110; i++)
        rc = coil_task_group_create(&group, NULL, send_large_head, NULL);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    close_bytes();
}
