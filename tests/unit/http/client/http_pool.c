/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Connections that are used again: which, how many, for how long, and what
 * happens when they have died meanwhile.
 */
#include <sys/resource.h>
#include <unistd.h>

#include <coil/http_client.h>

#include "http_test.h"
#include "reports.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static struct coil_http_client *
new_client(const struct coil_http_client_options *options)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, options), 0);
    return client;
}

static void get_ok(struct coil_http_client *client, const char *url)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    ASSERT_STR_EQ(response->body, "ok");
    coil_http_response_free(response);
}

/* ---- reuse ------------------------------------------------------------ */

STREAM_TEST(http_pool_uses_a_connection_again)
{
    static const struct line lines[] = { { OK, KEEP },
                                         { OK, KEEP },
                                         { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    struct fake fake;

    fake_start(&fake, lines, 3);
    for (int i = 0; i < 3; i++)
        get_ok(client, fake.url);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_client_close_idle(client);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_pool_keeps_origins_apart)
{
    static const struct line lines[] = { { OK, KEEP }, { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    struct fake fakes[20];

    for (size_t i = 0; i < 20; i++) {
        fake_start(&fakes[i], lines, 2);
        get_ok(client, fakes[i].url);
    }
    ASSERT_EQ(coil_http_client_idle(client), 20);
    for (size_t i = 0; i < 20; i++) {
        get_ok(client, fakes[i].url);
        ASSERT_EQ(fakes[i].connections, 1);
    }
    coil_http_client_free(client);
    for (size_t i = 0; i < 20; i++)
        fake_end(&fakes[i]);
}

/*
 * The pool finds an origin by a number of 32 bits, which these have in common:
 * with another port, another length, another host.
 */
STREAM_TEST(http_pool_keeps_origins_apart_whose_hash_is_the_same)
{
    static const struct {
        const char *host;
        uint16_t port;
    } equal[][2] = {
        { { "127.6.24.59", 8080 }, { "127.0.0.12", 16215 } },
        { { "127.0.181.69", 8080 }, { "127.7.115.144", 8080 } },
        { { "127.3.122.108", 8080 }, { "127.1.162.212", 8080 } },
    };
    static const struct line lines[] = { { OK, KEEP }, { OK, KEEP } };

    if (!simulated) /* the kernel may not have the ports */
        return;
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        struct coil_http_client *client = new_client(NULL);
        struct fake fakes[2];

        for (size_t n = 0; n < 2; n++)
            fake_start_at(&fakes[n], equal[i][n].host, equal[i][n].port, lines,
                          2);
        for (size_t round = 0; round < 2; round++)
            for (size_t n = 0; n < 2; n++)
                get_ok(client, fakes[n].url);
        ASSERT_EQ(coil_http_client_idle(client), 2);
        for (size_t n = 0; n < 2; n++) {
            ASSERT_EQ(fakes[n].connections, 1);
            ASSERT_EQ(fakes[n].said, 2);
        }
        coil_http_client_free(client);
        for (size_t n = 0; n < 2; n++)
            fake_end(&fakes[n]);
    }
}

struct fetch {
    struct coil_http_client *client;
    const char *url;
};

static int fetch(void *arg)
{
    const struct fetch *f = arg;
    struct coil_http_response *response;
    int rc = coil_http_get(f->client, f->url, &response);

    if (rc == 0)
        coil_http_response_free(response);
    return rc;
}

/* `count` at a time. */
static void fetch_at_once(struct coil_http_client *client, const char *url,
                          size_t count)
{
    struct fetch f = { client, url };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create(&group, NULL, fetch, &f);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
}

static void fill_lines(struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct line){ OK, KEEP };
}

STREAM_TEST(http_pool_keeps_so_many_idle_connections)
{
    struct coil_http_client *client =
        new_client(&(struct coil_http_client_options){
            .max_connections_per_origin = 10, .max_idle_per_origin = 3 });
    struct line lines[10];
    struct fake fake;

    fill_lines(lines, 10);
    fake_start(&fake, lines, 10);
    fetch_at_once(client, fake.url, 10);
    ASSERT_LE(coil_http_client_idle(client), 3);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_pool_closes_the_one_idle_longest)
{
    static const struct line lines[] = { { OK, KEEP }, { OK, KEEP } };
    struct coil_http_client *client =
        new_client(&(struct coil_http_client_options){ .max_idle = 2 });
    struct fake fakes[3];

    for (size_t i = 0; i < 3; i++) {
        fake_start(&fakes[i], lines, 2);
        get_ok(client, fakes[i].url);
    }
    ASSERT_EQ(coil_http_client_idle(client), 2);
    for (size_t i = 3; i-- > 0;)
        get_ok(client, fakes[i].url);
    ASSERT_EQ(fakes[2].connections, 1);
    ASSERT_EQ(fakes[1].connections, 1);
    ASSERT_EQ(fakes[0].connections, 2);
    coil_http_client_free(client);
    for (size_t i = 0; i < 3; i++)
        fake_end(&fakes[i]);
}

STREAM_TEST(http_pool_opens_no_more_than_so_many_connections)
{
    struct coil_http_client *client = new_client(
        &(struct coil_http_client_options){ .max_connections_per_origin = 2 });
    struct line lines[12];
    struct fake fake;

    fill_lines(lines, 12);
    fake_start(&fake, lines, 12);
    fetch_at_once(client, fake.url, 12);
    ASSERT_LE(fake.connections, 2);
    ASSERT_EQ(coil_http_client_connections(client), fake.connections);
    coil_http_client_free(client);
    fake_end(&fake);
}

static int let_them_idle(void *arg)
{
    static const struct line lines[] = { { OK, KEEP },
                                         { OK, KEEP },
                                         { OK, KEEP } };
    struct coil_http_client *client = new_client(
        &(struct coil_http_client_options){ .keep_limit = 10 * COIL_SECOND });
    struct fake fake;

    (void)arg;
    simulated = true;
    fake_start(&fake, lines, 3);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_sleep(9 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_sleep(9 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    get_ok(client, fake.url);
    ASSERT_EQ(fake.connections, 2);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_pool_closes_what_is_idle_for_too_long)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(let_them_idle, NULL, seed), 0);
}

static int let_one_idle_for_ever(void *arg)
{
    static const struct line lines[] = { { OK, KEEP }, { OK, KEEP } };
    struct coil_http_client *client = new_client(
        &(struct coil_http_client_options){ .keep_limit = COIL_NEVER });
    struct fake fake;

    (void)arg;
    simulated = true;
    fake_start(&fake, lines, 2);
    for (int i = 0; i < 2; i++) {
        get_ok(client, fake.url);
        ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
        ASSERT_EQ(coil_http_client_idle(client), 1);
    }
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_pool_may_keep_idle_ones_for_ever)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(let_one_idle_for_ever, NULL, seed), 0);
}

/* What holds where nothing is set. */
static int use_the_defaults(void *arg)
{
    struct coil_http_client *client = new_client(NULL);
    struct line lines[20];
    struct fake fake;

    (void)arg;
    simulated = true;
    fill_lines(lines, 20);
    fake_start(&fake, lines, 20);
    fetch_at_once(client, fake.url, 15);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_sleep(29 * COIL_SECOND + COIL_SECOND / 2), 0);
    ASSERT_GE(coil_http_client_idle(client), 1);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_pool_has_defaults)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(use_the_defaults, NULL, seed), 0);
}

/* ---- connections that died -------------------------------------------- */

STREAM_TEST(http_pool_does_not_use_a_connection_that_was_closed)
{
    static const struct line lines[] = { { OK, CLOSE }, { OK, CLOSE } };
    struct coil_http_client *client = new_client(NULL);
    struct fake fake;

    fake_start(&fake, lines, 2);
    get_ok(client, fake.url);
    settle();
    get_ok(client, fake.url);
    ASSERT_EQ(fake.connections, 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* Nobody has to use them. */
STREAM_TEST(http_pool_hears_of_connections_that_were_closed)
{
    static const struct line lines[] = {
        { OK, CLOSE }, { OK, BREAK }, { OK, KEEP }, { OK, KEEP }
    };
    struct coil_http_client *client = new_client(NULL);
    struct fake fake;

    fake_start(&fake, lines, 4);
    for (int i = 0; i < 2; i++) {
        get_ok(client, fake.url);
        settle();
        ASSERT_EQ(coil_http_client_connections(client), 0);
    }
    get_ok(client, fake.url);
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 1);
    get_ok(client, fake.url);
    ASSERT_EQ(fake.connections, 3);
    coil_http_client_free(client);
    fake_end(&fake);
}

static int say_what_nobody_asked_for(void *arg)
{
    static const struct line lines[] = { { OK, KEEP } };
    struct coil_http_client *client;
    struct fake fake;

    (void)arg;
    simulated = true;
    client = new_client(NULL);
    fake_start(&fake, lines, 1);
    fake.unasked = OK;
    get_ok(client, fake.url);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return 0;
}

TEST(http_pool_closes_what_says_more_than_was_asked_for)
{
    for (seed = 0; seed < SEEDS; seed++)
        ASSERT_EQ(coil_test_run(say_what_nobody_asked_for, NULL, seed), 0);
}

/*
 * The server closes a connection when the second request has come over it: as
 * if it had been closed while the request was on its way.
 */
static int second_request(const char *method, bool once, size_t *connections)
{
    static const struct line lines[] = { { OK, KEEP },
                                         { "", CLOSE },
                                         { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    struct coil_http_request request = { .method = method, .once = once };
    struct coil_http_response *response;
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 3);
    request.url = fake.url;
    get_ok(client, fake.url);
    rc = coil_http_request(client, &request, &response);
    if (rc == 0)
        coil_http_response_free(response);
    *connections = fake.connections;
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

STREAM_TEST(http_pool_repeats_an_idempotent_request_that_met_a_dead_connection)
{
    size_t connections;

    ASSERT_EQ(second_request("GET", false, &connections), 0);
    ASSERT_EQ(connections, 2);
    ASSERT_EQ(second_request("PUT", false, &connections), 0);
    ASSERT_EQ(connections, 2);
}

STREAM_TEST(http_pool_does_not_repeat_what_may_have_had_an_effect)
{
    size_t connections;

    ASSERT_EQ(second_request("POST", false, &connections),
              COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(connections, 1);
    ASSERT_EQ(second_request("PATCH", false, &connections),
              COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(connections, 1);
}

STREAM_TEST(http_pool_does_not_repeat_what_is_to_be_sent_once)
{
    size_t connections;

    ASSERT_EQ(second_request("GET", true, &connections), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(connections, 1);
}

STREAM_TEST(http_pool_does_not_repeat_once_a_byte_has_come)
{
    static const struct line lines[] = { { OK, KEEP },
                                         { "HTTP", CLOSE },
                                         { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    struct coil_http_response *response;
    struct fake fake;

    fake_start(&fake, lines, 3);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_http_get(client, fake.url, &response), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_pool_repeats_only_once)
{
    static const struct line lines[] = {
        { OK, KEEP }, { "", CLOSE }, { "", CLOSE }, { OK, KEEP }
    };
    struct coil_http_client *client = new_client(NULL);
    struct coil_http_response *response;
    struct fake fake;

    fake_start(&fake, lines, 4);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_http_get(client, fake.url, &response), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(fake.connections, 2);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* Fresh means fresh, even if the limit leaves no room beside the idle ones. */
STREAM_TEST(http_pool_repeats_within_the_limit_of_connections)
{
    static const struct line lines[] = { { OK, KEEP },
                                         { "", CLOSE },
                                         { OK, KEEP } };
    struct coil_http_client *client = new_client(
        &(struct coil_http_client_options){ .max_connections_per_origin = 1 });
    struct fake fake;

    fake_start(&fake, lines, 3);
    get_ok(client, fake.url);
    get_ok(client, fake.url);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- descriptors ------------------------------------------------------ */

/* Let no descriptor be opened beyond those that are open. */
static struct rlimit forbid_descriptors(void)
{
    struct rlimit before;
    struct rlimit limit;
    int next = dup(STDERR_FILENO);

    ASSERT_GE(next, 0);
    close(next);
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)next;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

KERNEL_TEST(http_pool_gives_idle_descriptors_up_for_a_new_connection)
{
    static const struct line lines[] = { { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    struct rlimit before;
    struct fake fakes[4];

    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    for (size_t i = 0; i < 4; i++)
        fake_start(&fakes[i], lines, 1);
    for (size_t i = 0; i < 3; i++)
        get_ok(client, fakes[i].url);
    before = forbid_descriptors();
    get_ok(client, fakes[3].url);
    ASSERT_LT(coil_http_client_idle(client), 4);
    ASSERT_GE(coil_http_client_idle(client), 1);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    coil_http_client_free(client);
    for (size_t i = 0; i < 4; i++)
        fake_end(&fakes[i]);
}

/* The same for each way in which descriptors may lack, and no longer than that.
 */
static int lack_descriptors(void *arg)
{
    static const struct line lines[] = { { OK, KEEP } };
    struct coil_http_client *client = new_client(NULL);
    const int *error = arg;
    struct fake fakes[4];

    simulated = true;
    for (size_t i = 0; i < 4; i++)
        fake_start(&fakes[i], lines, 1);
    for (size_t i = 0; i < 2; i++)
        get_ok(client, fakes[i].url);
    settle();
    ASSERT_EQ(coil_test_fail_call(1, *error), 0);
    get_ok(client, fakes[2].url);
    ASSERT_EQ(coil_http_client_idle(client), 2);

    /* There is none to be given up: others may have closed one in a while. */
    coil_http_client_close_idle(client);
    settle();
    ASSERT_EQ(coil_test_fail_call(1, *error), 0);
    get_ok(client, fakes[3].url);
    coil_http_client_free(client);
    for (size_t i = 0; i < 4; i++)
        fake_end(&fakes[i]);
    return 0;
}

TEST(http_pool_gives_up_idle_ones_for_want_of_descriptors)
{
    int errors[] = { -EMFILE, -ENFILE };

    for (size_t i = 0; i < 2; i++)
        for (seed = 0; seed < 10; seed++)
            ASSERT_EQ(coil_test_run(lack_descriptors, &errors[i], seed), 0);
}
