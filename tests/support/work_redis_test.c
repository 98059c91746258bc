/* SPDX-License-Identifier: MIT */
#include "work_redis_test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <coil.h>

#include "actors.h"
#include "base/memory.h"
#include "folder.h"
#include "program.h"
#include "work_test.h"

char redis_url[96];
struct coil__work_rules rules;
struct coil_work_options work_options;
struct coil__work_engine *a;
struct coil__work_engine *b;
struct coil__work_claim claims[64];
size_t claim_count;
coil_time claim_next;

static struct program server;
static char folder[] = "/tmp/coil-work-XXXXXX";
static char path[64];

/* ---- the server ---- */

void start_redis(void)
{
    const char *argv[] = { "redis-server", "--port", "0",
                           "--unixsocket", path,     "--dir",
                           folder,         "--save", "",
                           "--appendonly", "yes",    "--appendfsync",
                           "always",       NULL };

    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, "eady to accept connections"));
}

void kill_redis(void)
{
    ASSERT_EQ(kill(server.pid, SIGKILL), 0);
    ASSERT_EQ(program_wait(&server), 128 + SIGKILL);
}

void run_with_redis(coil_fn fn)
{
    if (system("command -v redis-server >/dev/null") != 0)
        SKIP("redis-server is not installed");
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(redis_url, sizeof redis_url, "unix://%s", path);
    start_redis();
    rules =
        (struct coil__work_rules){ .lease = 24 * HOUR, .max_deliveries = 3 };
    work_options = (struct coil_work_options){ .name = "q" };
    ASSERT_EQ(coil_run(fn, NULL), 0);
    (void)program_stop(&server);
    remove_folder(folder);
}

struct coil_redis_reply *ask_redis(const char *command)
{
    struct coil_redis *redis;
    struct coil_redis_reply *reply;

    ASSERT_EQ(coil_redis_open(&redis, redis_url, NULL), 0);
    ASSERT_EQ(coil_redis_command(redis, &reply, command), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
    return reply;
}

void tell_redis(const char *command)
{
    coil_redis_reply_free(ask_redis(command));
}

void let_an_hour_pass(void)
{
    static const char script[] =
        "redis.call('DEL', 'nothing') " /* memory may be used up */
        "for _, place in ipairs({ 'wait', 'later', 'lease' }) do "
        "  local key = '{q}:' .. place "
        "  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do "
        "    redis.call('ZINCRBY', key, -3600000000, member) "
        "  end "
        "end";
    struct coil_redis *redis;

    ASSERT_EQ(coil_redis_open(&redis, redis_url, NULL), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "EVAL %s 0", script), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

/* ---- engines ---- */

int try_open_engine(struct coil__work_engine **engine, const char *worker)
{
    int rc;

    work_options.worker = worker;
    rc = coil__work_redis_open(engine, redis_url, &work_options);
    if (rc == 0)
        (*engine)->rules = rules;
    return rc;
}

void open_engines(void)
{
    ASSERT_EQ(try_open_engine(&a, "worker a"), 0);
    ASSERT_EQ(try_open_engine(&b, "worker b"), 0);
}

static void free_claims(void)
{
    while (claim_count > 0) {
        coil__free(claims[--claim_count].memory);
        claims[claim_count].memory = NULL;
    }
}

void close_engines(void)
{
    free_claims();
    ASSERT_EQ(a->ops->close(a), 0);
    ASSERT_EQ(b->ops->close(b), 0);
}

/* ---- operations ---- */

size_t put_one(const char *id, const char *group, int priority, coil_time delay)
{
    const struct coil_work_item item = {
        .id = id,
        .group = group,
        .priority = (int16_t)priority,
        .delay = delay,
        .body = id,
        .size = strlen(id),
    };
    size_t added;

    ASSERT_EQ(a->ops->put(a, &item, 1, &added), 0);
    return added;
}

static void claim(struct coil__work_engine *engine, size_t n)
{
    free_claims();
    ASSERT_EQ(engine->ops->claim(engine, claims, n, &claim_count, &claim_next),
              0);
    ASSERT_LE(claim_count, n);
    for (size_t i = 0; i < claim_count; i++) {
        ASSERT_STR_EQ(claims[i].body, claims[i].id);
        ASSERT_EQ(claims[i].size, strlen(claims[i].id));
    }
}

void claim_jobs(struct coil__work_engine *engine, size_t n)
{
    claim(engine, n);
    for (size_t i = 0; i < claim_count; i++)
        say("%s ", claims[i].id);
}

void expect_an_hour(struct coil__work_engine *engine)
{
    claim(engine, 8);
    ASSERT_EQ(claim_count, 0);
    ASSERT_LE(claim_next, HOUR);
    ASSERT_GT(claim_next, HOUR - 10 * COIL_MINUTE);
}

void await_job(struct coil__work_engine *engine, const char *id)
{
    coil_time deadline = coil_after(20 * COIL_SECOND);

    do {
        ASSERT_LT(coil_now(), deadline);
        claim(engine, 1);
        if (claim_count == 0)
            ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    } while (claim_count == 0);
    ASSERT_STR_EQ(claims[0].id, id);
}

static int finish(struct coil__work_engine *engine, enum coil__work_end end,
                  coil_time delay, const char *reason)
{
    struct coil__work_outcome outcome = {
        .key = claims[0].key,
        .token = claims[0].token,
        .end = end,
        .delay = delay,
        .reason = reason,
        .result = 1,
    };

    ASSERT_EQ(engine->ops->finish(engine, &outcome, 1), 0);
    return outcome.result;
}

int finish_one(struct coil__work_engine *engine, enum coil__work_end end)
{
    return finish(engine, end, 0, NULL);
}

int retry_one(struct coil__work_engine *engine, coil_time delay)
{
    return finish(engine, COIL__WORK_RETRY, delay, NULL);
}

int bury_one(struct coil__work_engine *engine, const char *reason)
{
    return finish(engine, COIL__WORK_BURY, 0, reason);
}

int renew_one(struct coil__work_engine *engine)
{
    struct coil__work_renewal renewal = { claims[0].key, claims[0].token, 1 };

    ASSERT_EQ(engine->ops->renew(engine, &renewal, 1), 0);
    return renewal.result;
}

void finish_all(struct coil__work_engine *engine)
{
    struct coil__work_outcome outcomes[64];

    for (size_t i = 0; i < claim_count; i++)
        outcomes[i] = (struct coil__work_outcome){ .key = claims[i].key,
                                                   .token = claims[i].token,
                                                   .end = COIL__WORK_DONE,
                                                   .result = 1 };
    ASSERT_EQ(engine->ops->finish(engine, outcomes, claim_count), 0);
    for (size_t i = 0; i < claim_count; i++)
        ASSERT_EQ(outcomes[i].result, 0);
}

void expect_engine_stats(const struct coil_work_stats *expected)
{
    struct coil_work_stats stats;

    ASSERT_EQ(a->ops->stats(a, &stats), 0);
    expect_same_stats(&stats, expected);
}

/* ---- queues ---- */

struct coil_work *one;
struct coil_work *two;

void open_queues(const struct coil_work_options *options)
{
    ASSERT_EQ(coil_work_open(&one, redis_url, options), 0);
    ASSERT_EQ(coil_work_open(&two, redis_url, options), 0);
}

void close_queues(void)
{
    ASSERT_EQ(coil_work_close(two), 0);
    ASSERT_EQ(coil_work_close(one), 0);
}
