/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 240 */
/*
 * Many requests over one connection of HTTP/2: how many connections there are, who
 * waits for what, and when they end.
 */
#include <coil/http_client.h>

#include "http2_fake.h"
#include "http_client_test.h"

enum { MUCH = 3000000 };

static struct coil_http_client *client;
static struct fake2 fake;

static void open_with(int (*handle)(struct fake2_request *r),
                      struct coil_http_client_options options)
{
    options.http2_prior_knowledge = true;
    fake.handle = handle;
    fake2_start(&fake);
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
}

static void open_fake(int (*handle)(struct fake2_request *r))
{
    open_with(handle, (struct coil_http_client_options){ 0 });
}

static void close_fake(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
    fake = (struct fake2){ 0 };
}

/* The body is the target, after a while. */
static int repeat_target(struct fake2_request *r)
{
    if (strstr(r->head.target, "slow") && coil_sleep(COIL_SECOND) < 0)
        return -ECANCELED;
    fake2_answer(r, 200, "\r\n", r->head.target);
    return 0;
}

struct job {
    const struct fake2 *at; /* NULL: `fake` */
    const char *path;
    coil_time limit;
    coil_time first_byte;
};

static int get(void *arg)
{
    const struct job *job = arg;
    char url[128];
    struct coil_http_request request = { .url = url,
                                         .limit = job->limit,
                                         .first_byte_limit = job->first_byte };
    struct coil_http_response *r;
    int rc;

    snprintf(url, sizeof url, "%s%s", (job->at ? job->at : &fake)->url,
             job->path);
    rc = coil_http_request(client, &request, &r);
    if (rc < 0)
        return rc;
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body + 1, job->path);
    coil_http_response_free(r);
    return 0;
}

static void get_at_once(struct job job, size_t count)
{
    const struct coil_task_options options = { .arg_size = sizeof job };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create_with(&group, NULL, get, &job, &options);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
}

static void get_one(const char *path)
{
    struct job job = { .path = path };

    ASSERT_EQ(get(&job), 0);
}

/* ---- together --------------------------------------------------------- */

STREAM_TEST(http2_client_makes_a_hundred_requests_over_one_connection)
{
    open_fake(repeat_target);
    get_at_once((struct job){ .path = "slow" }, 100);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(fake.requests, 100);
    ASSERT_EQ(fake.most, 100);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

/* Until the server has said how many it allows, some may be refused. */
STREAM_TEST(http2_client_makes_more_requests_than_the_server_allows_at_once)
{
    fake.max_streams = 3;
    open_fake(repeat_target);
    get_at_once((struct job){ .path = "a" }, 50);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(fake.requests, 50);
    ASSERT_LE(fake.most, 3);
    close_fake();
}

/* The wait for a stream counts in no limit. */
STREAM_TEST(http2_client_waits_for_a_stream_without_a_limit)
{
    if (!simulated)
        return;
    fake.max_streams = 1;
    open_fake(repeat_target);
    get_one("a");
    get_at_once((struct job){ .path = "slow",
                              .limit = 1900 * COIL_MILLISECOND,
                              .first_byte = 1900 * COIL_MILLISECOND },
                6);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(fake.most, 1);
    close_fake();
}

static int much_or_little(struct fake2_request *r)
{
    unsigned char *bytes;
    int rc;

    if (!strstr(r->head.target, "much"))
        return repeat_target(r);
    bytes = make_bytes(MUCH);
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    rc = coil_stream_write(r->stream, bytes, MUCH);
    free(bytes);
    if (rc == 0)
        rc = coil_stream_flush(r->stream);
    return rc < 0 ? rc : coil_stream_shutdown(r->stream);
}

/* A reader that stops does not stop others. */
STREAM_TEST(http2_client_reads_on_while_one_does_not)
{
    struct coil_http_response *stopped[3];
    unsigned char bytes[10000];
    char url[80];
    struct coil_http_request request = { .url = url };
    size_t size = 0;
    ptrdiff_t n;

    open_fake(much_or_little);
    snprintf(url, sizeof url, "%smuch", fake.url);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_http_open(client, &request, &stopped[i]), 0);
    settle();
    for (int i = 0; i < 10; i++)
        get_one("little");
    while ((n = coil_http_read(stopped[1], bytes, sizeof bytes)) > 0) {
        check_bytes(bytes, size, (size_t)n);
        size += (size_t)n;
    }
    ASSERT_EQ(n, 0);
    ASSERT_EQ(size, MUCH);
    for (int i = 0; i < 3; i++)
        coil_http_response_free(stopped[i]);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    get_one("little");
    ASSERT_EQ(fake.connections, 1);
    close_fake();
}

/* ---- places ----------------------------------------------------------- */

STREAM_TEST(http2_client_needs_one_place_for_a_connection)
{
    open_with(repeat_target,
              (struct coil_http_client_options){
                  .max_connections = 1, .max_connections_per_origin = 1 });
    get_at_once((struct job){ .path = "slow" }, 30);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(fake.most, 30);
    close_fake();
}

/* A client that has two origins and one connection: in turn. */
STREAM_TEST(http2_client_closes_an_idle_connection_to_make_room)
{
    struct fake2 other = { .handle = repeat_target };

    open_with(repeat_target,
              (struct coil_http_client_options){ .max_connections = 1 });
    fake2_start(&other);
    for (int i = 0; i < 3; i++) {
        get_at_once((struct job){ .path = "slow" }, 5);
        get_at_once((struct job){ .path = "slow", .at = &other }, 5);
        ASSERT_EQ(coil_http_client_connections(client), 1);
    }
    ASSERT_EQ(fake.connections, 3);
    ASSERT_EQ(other.connections, 3);
    close_fake();
    fake2_end(&other);
}

static int get_slow(void *arg)
{
    struct job job = { .path = "slow" };

    (void)arg;
    return get(&job);
}

/* Who waits for the place of another origin's connection gets it at its end. */
STREAM_TEST(http2_client_gives_its_place_to_another_origin)
{
    struct fake2 other = { .handle = repeat_target };
    struct coil_task *busy;

    open_with(repeat_target,
              (struct coil_http_client_options){ .max_connections = 1 });
    fake2_start(&other);
    busy = start(get_slow, NULL);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    get_at_once((struct job){ .path = "b", .at = &other }, 1);
    ASSERT_EQ(end_of(busy), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    get_one("a");
    close_fake();
    fake2_end(&other);
}

/* ---- who connects ----------------------------------------------------- */

static int get_nothing(void *arg)
{
    const struct job *job = arg;
    struct coil_http_response *r;
    int rc = coil_http_get(client, job->path, &r);

    ASSERT_EQ(rc, -ECONNREFUSED);
    return 0;
}

STREAM_TEST(http2_client_tells_all_that_nobody_is_there)
{
    struct coil_task_group group;
    struct job job;
    char url[64];
    int rc;

    open_fake(repeat_target);
    snprintf(url, sizeof url, "%s", fake.url);
    job.path = url;
    fake2_end(&fake);
    rc = coil_task_group_begin(&group);
    for (int i = 0; rc == 0 && i < 20; i++)
        rc = coil_task_group_create(&group, NULL, get_nothing, &job);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake = (struct fake2){ 0 };
}

/* The others connect if the one who does is cancelled. */
STREAM_TEST(http2_client_connects_when_the_one_who_did_is_cancelled)
{
    struct coil_task *first;
    struct coil_task *others[2];

    open_fake(repeat_target);
    first = start_waiting(get_slow, NULL);
    for (int i = 0; i < 2; i++)
        others[i] = start_waiting(get_slow, NULL);
    end_cancelled(first);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(end_of(others[i]), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    close_fake();
}

/* ---- the end of a connection ------------------------------------------ */

STREAM_TEST(http2_client_closes_what_was_idle_for_long)
{
    if (!simulated)
        return;
    open_with(repeat_target, (struct coil_http_client_options){
                                 .keep_limit = 10 * COIL_SECOND });
    get_one("a");
    ASSERT_EQ(coil_sleep(9 * COIL_SECOND), 0);
    get_one("a");
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_sleep(11 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_NULL(fake.session);
    get_one("a");
    ASSERT_EQ(fake.connections, 2);
    coil_http_client_close_idle(client);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    close_fake();
}

STREAM_TEST(http2_client_notices_that_the_server_has_closed)
{
    open_fake(repeat_target);
    get_one("a");
    fake2_cut(&fake);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(coil_http_client_idle(client), 0);
    get_one("a");
    coil__http2_session_go_away(fake.session);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    get_one("a");
    ASSERT_EQ(fake.connections, 3);
    close_fake();
}

/* A response that is not read to its end, and one that is cancelled. */
STREAM_TEST(http2_client_keeps_a_connection_of_which_one_gives_up)
{
    struct coil_http_response *r;
    struct coil_task *waiting;
    char url[80];
    struct coil_http_request request = { .url = url };
    char bytes[100];

    open_fake(much_or_little);
    snprintf(url, sizeof url, "%smuch", fake.url);
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    ASSERT_GT(coil_http_read(r, bytes, sizeof bytes), 0);
    waiting = start(get_slow, NULL);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    coil_http_response_close(r);
    ASSERT_EQ(coil_http_read(r, bytes, sizeof bytes), -EBADF);
    coil_http_response_free(r);
    end_cancelled(waiting);
    get_one("little");
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    settle();
    ASSERT_EQ(fake.at_work, 0);
    close_fake();
}

/* Who has a response has its connection, even without the client. */
STREAM_TEST(http2_client_is_freed_while_a_response_is_read)
{
    struct coil_http_response *r;
    unsigned char bytes[10000];
    char url[80];
    struct coil_http_request request = { .url = url };
    size_t size = 0;
    ptrdiff_t n;

    open_fake(much_or_little);
    snprintf(url, sizeof url, "%smuch", fake.url);
    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    coil_http_client_free(client);
    while ((n = coil_http_read(r, bytes, sizeof bytes)) > 0) {
        check_bytes(bytes, size, (size_t)n);
        size += (size_t)n;
    }
    ASSERT_EQ(n, 0);
    ASSERT_EQ(size, MUCH);
    coil_http_response_free(r);
    settle();
    ASSERT_NULL(fake.session);
    fake2_end(&fake);
    fake = (struct fake2){ 0 };
}
