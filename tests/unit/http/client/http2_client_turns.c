/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Requests over HTTP/2 that end, or begin, just when a connection is made, is left
 * or rests: the others get their answers, and no place is lost.
 */
#include <coil/http_client.h>

#include "http2_fake.h"
#include "http_client_test.h"

static struct coil_http_client *client;
static struct fake2 fake;

static int hello(struct fake2_request *r)
{
    if (strstr(r->head.target, "slow") && coil_sleep(COIL_SECOND) < 0)
        return -ECANCELED;
    fake2_answer(r, 200, "\r\n", "hello");
    return 0;
}

static void open_with(struct coil_http_client_options options)
{
    options.http2_prior_knowledge = true;
    fake.handle = hello;
    fake2_start(&fake);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
}

static void close_fake(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
    fake = (struct fake2){ 0 };
}

static int get(void *arg)
{
    struct coil_http_request request = { .url = fake.url };
    struct coil_http_response *r;
    int rc;

    if (arg)
        request = *(const struct coil_http_request *)arg;
    if (!request.url)
        request.url = fake.url;
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body, "hello");
    coil_http_response_free(r);
    return 0;
}

/* ---- a connection has just been made ---------------------------------- */

static struct coil_task *victims[2];
static struct coil_task *late;

/* Called by who connects, in the step in which the connection becomes one. */
static void cancel_both(void *arg, const struct coil_http_event *event)
{
    (void)arg;
    if (event->moment != COIL_HTTP_CONNECTED)
        return;
    for (int i = 0; i < 2; i++)
        if (victims[i])
            coil_task_cancel(victims[i]);
}

/* Who has connected is cancelled before it asks; another has a place already. */
STREAM_TEST(http2_client_turns_from_the_one_who_connected_to_another)
{
    struct coil_http_request request = { .watch = cancel_both };
    struct coil_task *other;

    if (!simulated)
        return;
    open_with((struct coil_http_client_options){ .max_connections = 2 });
    victims[0] = victims[1] = NULL;
    victims[0] = start(get, &request);
    other = start(get, NULL);
    ASSERT_EQ(end_of(victims[0]), -ECANCELED);
    ASSERT_EQ(end_of(other), 0);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(get(NULL), 0);
    close_fake();
}

/* Who waits for a place needs none any more, and is cancelled meanwhile. */
STREAM_TEST(http2_client_turns_away_one_who_waits_for_a_place)
{
    struct coil_http_request request = { .watch = cancel_both };
    struct coil_task *first;

    if (!simulated)
        return;
    open_with((struct coil_http_client_options){ .max_connections = 1 });
    victims[0] = victims[1] = NULL;
    first = start(get, &request);
    victims[1] = start(get, NULL);
    ASSERT_EQ(end_of(first), 0);
    ASSERT_EQ(end_of(victims[1]), -ECANCELED);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(get(NULL), 0);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

static void begin_another(void *arg, const struct coil_http_event *event)
{
    (void)arg;
    if (event->moment == COIL_HTTP_CONNECTED && !late)
        late = start(get, NULL);
}

/* Two connect at the same time, and a third one comes in between. */
STREAM_TEST(http2_client_turns_to_the_first_of_two_connections)
{
    struct coil_http_request request = { .watch = begin_another };
    struct coil_task *first;
    struct coil_task *others[2];

    open_with((struct coil_http_client_options){ .connect_limit = COIL_NEVER });
    late = NULL;
    first = start_waiting(get, NULL);
    for (int i = 0; i < 2; i++)
        others[i] = start_waiting(get, &request);
    end_cancelled(first);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(end_of(others[i]), 0);
    ASSERT_EQ(end_of(late), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

/* ---- a connection that is left ---------------------------------------- */

/* A request that wants no more of its connection ends behind the next one. */
STREAM_TEST(http2_client_turns_to_a_new_connection_if_one_is_to_close)
{
    static const struct coil_http_header close = { "Connection", "close" };
    char url[80];
    struct coil_http_request request = { .url = url,
                                         .headers = &close,
                                         .header_count = 1 };
    struct coil_task *slow;

    open_with((struct coil_http_client_options){ 0 });
    snprintf(url, sizeof url, "%sslow", fake.url);
    ASSERT_EQ(get(NULL), 0);
    slow = start(get, &request);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    ASSERT_EQ(get(NULL), 0);
    ASSERT_EQ(fake.connections, 2);
    ASSERT_EQ(end_of(slow), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(get(NULL), 0);
    ASSERT_EQ(fake.connections, 2);
    close_fake();
}

/* ---- other hosts ------------------------------------------------------ */

static char host_seen[64];
static char target[80];

static int note_host(struct fake2_request *r)
{
    snprintf(host_seen, sizeof host_seen, "%s", fake2_header(r, "host"));
    return hello(r);
}

static int redirect(struct fake2_request *r)
{
    char lines[128];

    ASSERT_STR_EQ(fake2_header(r, "host"), "of-the-user");
    snprintf(lines, sizeof lines, "Location: %s\r\n\r\n", target);
    fake2_answer(r, 302, lines, "");
    return 0;
}

/* A Host of the user is that of the first origin alone. */
STREAM_TEST(http2_client_turns_to_another_host)
{
    static const struct coil_http_header host = { "Host", "of-the-user" };
    struct coil_http_request request = { .headers = &host, .header_count = 1 };
    struct fake2 other = { .handle = note_host };

    open_with((struct coil_http_client_options){ 0 });
    fake.handle = redirect;
    fake2_start(&other);
    snprintf(target, sizeof target, "%s", other.url);
    ASSERT_EQ(get(&request), 0);
    ASSERT_STR_CONTAINS(other.url, host_seen);
    close_fake();
    fake2_end(&other);
}

/* A proxy that forwards is asked by HTTP/1.1. */
STREAM_TEST(http2_client_turns_to_a_proxy)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", KEEP },
    };
    struct coil_http_client_options options = { .http2_prior_knowledge = true };
    struct coil_http_request request = { .url = "http://example.org/" };
    struct fake proxy;

    fake_start(&proxy, lines, 1);
    options.proxy = proxy.url;
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    ASSERT_EQ(get(&request), 0);
    ASSERT_STR_CONTAINS(proxy.heard, "GET http://example.org/ HTTP/1.1");
    coil_http_client_free(client);
    fake_end(&proxy);
}

/* ---- two tasks and a response ----------------------------------------- */

static int stall(struct fake2_request *r)
{
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    return coil_sleep(COIL_NEVER);
}

static int close_response(void *arg)
{
    coil_http_response_close(arg);
    return 0;
}

STREAM_TEST(http2_client_turns_a_reader_away)
{
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct coil_task *closer;
    char byte;

    open_with((struct coil_http_client_options){ 0 });
    fake.handle = stall;
    request.url = fake.url;
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    closer = start(close_response, r);
    ASSERT_EQ(coil_http_read(r, &byte, 1), -EBADF);
    ASSERT_EQ(end_of(closer), 0);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}
