/* SPDX-License-Identifier: MIT */
/* The robots.txt of each origin: fetched once, kept for a while, shared by tasks. */
#include "fetch/robots_cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "simulated.h"

#define HOUR (60 * COIL_MINUTE)
#define DAY (24 * HOUR)

/* What the server does with the next requests. */
static struct {
    int rc;
    int status;
    const char *body;
    coil_time again;
    coil_time takes;
    unsigned requests;
    char url[128]; /* of the last one */
} server;

static int fetch(void *arg, const char *url, struct text *body,
                 struct robots_reply *reply)
{
    int rc = 0;

    ASSERT_STR_EQ(arg, "arg");
    server.requests++;
    snprintf(server.url, sizeof server.url, "%s", url);
    if (server.takes)
        rc = coil_sleep(server.takes);
    if (rc == 0)
        rc = server.rc;
    reply->status = server.status;
    reply->again = server.again;
    if (rc == 0 && server.body)
        text_add(body, server.body);
    return rc;
}

static struct robots_cache *made(struct robots_cache_options options)
{
    struct robots_cache *cache;

    options.agent = "coil-fetch";
    options.fetch = fetch;
    options.arg = "arg";
    ASSERT_EQ(robots_cache_new(&cache, &options), 0);
    return cache;
}

static void serve(int rc, int status, const char *body)
{
    server.rc = rc;
    server.status = status;
    server.body = body;
}

static struct robots_answer answer_for(struct robots_cache *cache,
                                       const char *url)
{
    struct robots_answer answer;

    ASSERT_EQ(robots_cache_ask(cache, url, &answer), 0);
    return answer;
}

static enum robots_verdict ask(struct robots_cache *cache, const char *url)
{
    return answer_for(cache, url).verdict;
}

static void conclude(void)
{
    check_nothing_is_left();
}

static void prepare(void)
{
    memset(&server, 0, sizeof server);
    serve(0, 200, "User-agent: *\nDisallow: /no\nCrawl-delay: 2\n");
}

SYNC_TEST(fetch_robots_cache_asks_each_origin_once)
{
    struct robots_cache *cache = made((struct robots_cache_options){ 0 });
    struct robots_answer answer;

    ASSERT_EQ(ask(cache, "http://h/a"), ROBOTS_ALLOWED);
    ASSERT_STR_EQ(server.url, "http://h:80/robots.txt");
    ASSERT_EQ(ask(cache, "http://user:pw@h:80/no?x"), ROBOTS_DISALLOWED);
    answer = answer_for(cache, "http://h?no");
    ASSERT_EQ(answer.verdict, ROBOTS_ALLOWED);
    ASSERT_EQ(answer.delay, 2 * COIL_SECOND);
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(server.requests, 1);
    ASSERT_EQ(ask(cache, "https://h/no"), ROBOTS_DISALLOWED);
    ASSERT_STR_EQ(server.url, "https://h:443/robots.txt");
    ASSERT_EQ(ask(cache, "http://h:8080/"), ROBOTS_ALLOWED);
    ASSERT_EQ(ask(cache, "http://[::1]:81/no"), ROBOTS_DISALLOWED);
    ASSERT_STR_EQ(server.url, "http://[::1]:81/robots.txt");
    ASSERT_EQ(ask(cache, "http://[fe80::1%25eth0]/no"), ROBOTS_DISALLOWED);
    ASSERT_STR_EQ(server.url, "http://[fe80::1%25eth0]:80/robots.txt");
    ASSERT_EQ(robots_cache_count(cache), 5u);
    ASSERT_EQ(robots_cache_ask(cache, "mailto:a@b", &answer),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(robots_cache_ask(cache, "http:// /", &answer),
              COIL_EHTTP_BAD_URL);
    ASSERT_EQ(server.requests, 5);
    robots_cache_free(cache);
    robots_cache_free(NULL);
}

SYNC_TEST(fetch_robots_cache_statuses_decide)
{
    static const struct {
        int rc;
        int status;
        enum robots_verdict verdict;
    } rows[] = {
        { 0, 200, ROBOTS_DISALLOWED },
        { 0, 206, ROBOTS_DISALLOWED },
        { 0, 301, ROBOTS_ALLOWED },
        { 0, 400, ROBOTS_ALLOWED },
        { 0, 401, ROBOTS_ALLOWED },
        { 0, 403, ROBOTS_ALLOWED },
        { 0, 404, ROBOTS_ALLOWED },
        { 0, 429, ROBOTS_ALLOWED },
        { 0, 500, ROBOTS_UNREACHABLE },
        { 0, 503, ROBOTS_UNREACHABLE },
        { COIL_EHTTP_TOO_MANY_REDIRECTS, 302, ROBOTS_ALLOWED },
        { COIL_EHTTP_BAD_REDIRECT, 302, ROBOTS_UNREACHABLE },
        { -ECONNREFUSED, 0, ROBOTS_UNREACHABLE },
        { -ETIMEDOUT, 0, ROBOTS_UNREACHABLE },
        { COIL_EHTTP_MALFORMED, 0, ROBOTS_UNREACHABLE },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct robots_cache *cache = made((struct robots_cache_options){ 0 });
        struct robots_answer answer;

        serve(rows[i].rc, rows[i].status, server.body);
        answer = answer_for(cache, "http://h/no");
        if (answer.verdict != rows[i].verdict)
            FAIL("row %zu", i);
        ASSERT_EQ(answer.status, rows[i].status);
        ASSERT_EQ(answer.error,
                  answer.verdict == ROBOTS_UNREACHABLE ? rows[i].rc : 0);
        if (answer.verdict == ROBOTS_UNREACHABLE)
            ASSERT_EQ(answer.until, coil_now() + 5 * COIL_MINUTE);
        ASSERT_EQ(ask(cache, "http://h/robots.txt"), ROBOTS_ALLOWED);
        robots_cache_free(cache);
    }
}

SYNC_TEST(fetch_robots_cache_empty_file_allows)
{
    struct robots_cache *cache = made((struct robots_cache_options){ 0 });

    serve(0, 204, NULL);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_ALLOWED);
    robots_cache_free(cache);
}

SYNC_TEST(fetch_robots_cache_keeps_a_file_for_a_day)
{
    struct robots_cache *cache = made((struct robots_cache_options){ 0 });

    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_DISALLOWED);
    serve(0, 404, NULL);
    ASSERT_EQ(coil_sleep(DAY - 1), 0);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 1);
    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_ALLOWED);
    ASSERT_EQ(server.requests, 2);
    robots_cache_free(cache);
}

/* RFC 9309, 2.3.1.4 and 2.4. */
SYNC_TEST(fetch_robots_cache_of_an_origin_that_cannot_be_reached)
{
    struct robots_cache *cache = made((struct robots_cache_options){ 0 });

    serve(0, 503, NULL);
    ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_UNREACHABLE);
    ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_UNREACHABLE);
    ASSERT_EQ(server.requests, 1);
    ASSERT_EQ(coil_sleep(5 * COIL_MINUTE), 0);
    serve(0, 200, "User-agent: *\nDisallow: /no\n");
    ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_ALLOWED);
    ASSERT_EQ(coil_sleep(DAY), 0);
    serve(-ECONNRESET, 0, NULL);
    ASSERT_EQ(ask(cache, "http://h/yes"), ROBOTS_ALLOWED);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 3);
    ASSERT_EQ(coil_sleep(29 * DAY), 0);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(coil_sleep(DAY), 0);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_ALLOWED);
    serve(0, 200, "User-agent: *\nDisallow: /no\n");
    ASSERT_EQ(coil_sleep(DAY), 0);
    ASSERT_EQ(ask(cache, "http://h/no"), ROBOTS_DISALLOWED);
    robots_cache_free(cache);
}

SYNC_TEST(fetch_robots_cache_unreachable_for_30_days_is_no_file)
{
    struct robots_cache *cache = made((struct robots_cache_options){
        .retry_after = DAY, .max_age = 2 * DAY });

    serve(-EHOSTUNREACH, 0, NULL);
    for (int day = 0; day < 30; day++) {
        ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_UNREACHABLE);
        ASSERT_EQ(coil_sleep(DAY), 0);
    }
    ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_ALLOWED);
    robots_cache_free(cache);
}

/* ---- patience ---- */

static coil_time began;

static void expect_next(struct robots_cache *cache, coil_time after)
{
    struct robots_answer answer = answer_for(cache, "http://h/");

    ASSERT_EQ(answer.verdict, ROBOTS_UNREACHABLE);
    ASSERT(!answer.is_given_up);
    ASSERT_EQ(answer.until - began, after);
    ASSERT_EQ(coil_sleep(answer.until - coil_now()), 0);
}

SYNC_TEST(fetch_robots_cache_asks_again_with_longer_pauses)
{
    struct robots_cache *cache =
        made((struct robots_cache_options){ .patience = 150 * COIL_SECOND });
    struct robots_answer answer;

    began = coil_now();
    serve(0, 500, NULL);
    for (unsigned n = 1; n <= 6; n++)
        expect_next(cache, ((1 << n) - 1) * COIL_SECOND);
    expect_next(cache, 123 * COIL_SECOND);
    expect_next(cache, 150 * COIL_SECOND);
    answer = answer_for(cache, "http://h/");
    ASSERT_EQ(answer.verdict, ROBOTS_UNREACHABLE);
    ASSERT(answer.is_given_up);
    ASSERT(answer.has_asked);
    ASSERT_EQ(answer.failures, 9u);
    ASSERT_EQ(server.requests, 9u);
    answer = answer_for(cache, "http://h/");
    ASSERT(answer.is_given_up);
    ASSERT(!answer.has_asked);
    ASSERT_EQ(coil_sleep(5 * COIL_MINUTE), 0);
    serve(0, 404, NULL);
    ASSERT_EQ(ask(cache, "http://h/"), ROBOTS_ALLOWED);
    robots_cache_free(cache);
}

/* What the server wants comes first, also if it is beyond our patience. */
SYNC_TEST(fetch_robots_cache_waits_as_the_server_wants)
{
    struct robots_cache *cache =
        made((struct robots_cache_options){ .patience = 10 * COIL_SECOND });

    began = coil_now();
    serve(0, 503, NULL);
    server.again = coil_after(5 * COIL_SECOND);
    expect_next(cache, 5 * COIL_SECOND);
    server.again = coil_after(50 * COIL_SECOND);
    expect_next(cache, 55 * COIL_SECOND);
    ASSERT(answer_for(cache, "http://h/").is_given_up);
    server.again = COIL_NEVER;
    ASSERT(answer_for(cache, "http://other/").is_given_up);
    robots_cache_free(cache);
}

/* ---- many tasks ---- */

static struct robots_cache *shared;

static int ask_once(void *url)
{
    struct robots_answer answer = { 0 };
    int rc = robots_cache_ask(shared, url, &answer);

    return rc < 0 ? rc : (int)answer.verdict;
}

enum { TASKS = 50 };

SIMULATED_TEST(fetch_robots_cache_one_request_for_many_tasks, prepare, conclude,
               0, 20)
{
    struct coil_task *tasks[TASKS];

    shared = made((struct robots_cache_options){ 0 });
    server.takes = COIL_SECOND;
    for (int i = 0; i < TASKS; i++)
        tasks[i] = start(ask_once, i % 2 ? "http://h/no" : "http://h/yes");
    for (int i = 0; i < TASKS; i++)
        ASSERT_EQ(end_of(tasks[i]), i % 2 ? ROBOTS_DISALLOWED : ROBOTS_ALLOWED);
    ASSERT_EQ(server.requests, 1);
    robots_cache_free(shared);
}

/* The task that fetches is cancelled: the next one begins anew. */
SYNC_TEST(fetch_robots_cache_survives_a_cancelled_fetcher)
{
    struct coil_task *fetcher;
    struct coil_task *waiters[3];

    shared = made((struct robots_cache_options){ 0 });
    server.takes = COIL_SECOND;
    fetcher = start_waiting(ask_once, "http://h/no");
    for (int i = 0; i < 3; i++)
        waiters[i] = start_waiting(ask_once, "http://h/no");
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    ASSERT_EQ(end_by_cancelling(fetcher), -ECANCELED);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 2);
    robots_cache_free(shared);
}

SYNC_TEST(fetch_robots_cache_survives_cancelled_waiters)
{
    struct coil_task *tasks[4];

    shared = made((struct robots_cache_options){ 0 });
    server.takes = COIL_SECOND;
    for (int i = 0; i < 4; i++)
        tasks[i] = start_waiting(ask_once, "http://h/no");
    ASSERT_EQ(end_by_cancelling(tasks[1]), -ECANCELED);
    ASSERT_EQ(end_by_cancelling(tasks[2]), -ECANCELED);
    ASSERT_EQ(end_of(tasks[0]), ROBOTS_DISALLOWED);
    ASSERT_EQ(end_of(tasks[3]), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 1);
    robots_cache_free(shared);
}

/* All are cancelled: nothing is known, and the next one asks again. */
SYNC_TEST(fetch_robots_cache_all_cancelled)
{
    struct coil_task *a;
    struct coil_task *b;

    shared = made((struct robots_cache_options){ 0 });
    server.takes = COIL_SECOND;
    a = start_waiting(ask_once, "http://h/no");
    b = start_waiting(ask_once, "http://h/no");
    cancel(a);
    cancel(b);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(ask(shared, "http://h/no"), ROBOTS_DISALLOWED);
    robots_cache_free(shared);
}

/* No memory says nothing of the origin. */
SYNC_TEST(fetch_robots_cache_after_a_lack_of_memory)
{
    struct coil_task *a;
    struct coil_task *b;

    shared = made((struct robots_cache_options){ 0 });
    server.takes = COIL_SECOND;
    serve(-ENOMEM, 0, NULL);
    a = start_waiting(ask_once, "http://h/no");
    b = start_waiting(ask_once, "http://h/no");
    ASSERT_EQ(end_of(a), -ENOMEM);
    ASSERT_EQ(end_of(b), -ENOMEM);
    serve(0, 404, NULL);
    ASSERT_EQ(ask(shared, "http://h/no"), ROBOTS_ALLOWED);
    robots_cache_free(shared);
}

/* ---- limits ---- */

SYNC_TEST(fetch_robots_cache_drops_the_origin_not_used_for_longest)
{
    struct robots_cache *cache =
        made((struct robots_cache_options){ .max_origins = 2 });

    ASSERT_EQ(ask(cache, "http://a/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(ask(cache, "http://b/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(ask(cache, "http://a/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(ask(cache, "http://c/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(robots_cache_count(cache), 2u);
    ASSERT_EQ(server.requests, 3);
    ASSERT_EQ(ask(cache, "http://a/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 3);
    ASSERT_EQ(ask(cache, "http://b/no"), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 4);
    robots_cache_free(cache);
}

SYNC_TEST(fetch_robots_cache_bounds_the_memory_of_rules)
{
    struct robots_cache *cache =
        made((struct robots_cache_options){ .max_size = 10000 });

    for (int i = 0; i < 200; i++) {
        char url[32];

        snprintf(url, sizeof url, "http://h%d/no", i);
        ASSERT_EQ(ask(cache, url), ROBOTS_DISALLOWED);
    }
    ASSERT_LT(robots_cache_count(cache), 40u);
    ASSERT_GT(robots_cache_count(cache), 5u);
    robots_cache_free(cache);
}

/* Origins that tasks wait for stay, whatever the limit. */
SYNC_TEST(fetch_robots_cache_keeps_what_tasks_wait_for)
{
    struct coil_task *tasks[4];

    shared = made((struct robots_cache_options){ .max_origins = 1 });
    server.takes = COIL_SECOND;
    tasks[0] = start_waiting(ask_once, "http://a/no");
    tasks[1] = start_waiting(ask_once, "http://b/no");
    tasks[2] = start_waiting(ask_once, "http://a/no");
    tasks[3] = start_waiting(ask_once, "http://c/no");
    ASSERT_EQ(robots_cache_count(shared), 3u);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(end_of(tasks[i]), ROBOTS_DISALLOWED);
    ASSERT_EQ(server.requests, 3);
    ASSERT_EQ(robots_cache_count(shared), 1u);
    robots_cache_free(shared);
}
