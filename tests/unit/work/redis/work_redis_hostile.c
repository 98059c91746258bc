/* SPDX-License-Identifier: MIT */
/* What no Redis answers to the scripts of a queue. */
#include <coil/error.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "base/memory.h"
#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"
#include "work/redis/engine.h"
#include "work/redis/redis.h"

static struct redis_fake fake;
static struct coil__work_engine *engine;

static void begin(void)
{
    const struct coil_work_options options = { .name = "q",
                                               .worker = "w",
                                               .allow_volatile = true };

    redis_fake_start(&fake);
    ASSERT_EQ(coil__work_redis_open(&engine, fake.url, &options), 0);
    engine->rules =
        (struct coil__work_rules){ .lease = COIL_SECOND, .max_deliveries = 1 };
    /* The server knows them all. */
    for (int i = 0; i < COIL__WORK_SCRIPTS; i++)
        memset(coil__work_redis_of(engine)->scripts.script[i].sha, 'a', 40);
}

static void finish(void)
{
    ASSERT_EQ(engine->ops->close(engine), 0);
    redis_fake_end(&fake);
}

typedef int (*operation_fn)(void);

static int claim(void)
{
    struct coil__work_claim claims[2];
    coil_time next;
    size_t count;
    int rc = engine->ops->claim(engine, claims, 2, &count, &next);

    if (rc < 0)
        ASSERT_EQ(count, 0);
    return rc;
}

static int list(void)
{
    struct coil_work_dead dead[2];
    size_t count;

    return engine->ops->list_dead(engine, 0, dead, 2, &count);
}

static int revive(void)
{
    size_t count;

    return engine->ops->revive(engine, NULL, &count);
}

static int get_stats(void)
{
    struct coil_work_stats stats;

    return engine->ops->stats(engine, &stats);
}

static int renew(void)
{
    struct coil__work_renewal renewal = { .key = 1 };

    return engine->ops->renew(engine, &renewal, 1);
}

static int put(void)
{
    const struct coil_work_item item = { .id = "x" };
    size_t added;

    return engine->ops->put(engine, &item, 1, &added);
}

static void expect(operation_fn operation, const char *answer, int result)
{
    fake.raw = answer;
    ASSERT_EQ(operation(), result);
    fake.raw = NULL;
}

#define JOB "$7\r\n\0\0\0\0\0\1i\r\n"

SOCKET_TEST(work_redis_hostile_answers_are_refused)
{
    static const struct {
        operation_fn operation;
        const char *answer;
    } cases[] = {
        { claim, "+OK\r\n" },
        { claim, "*0\r\n" },
        { claim, "*1\r\n$1\r\n0\r\n" },
        { claim, "*2\r\n:0\r\n:0\r\n" },
        { claim, "*5\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n:7\r\n" },
        { claim, "*5\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n$5\r\nshort\r\n" },
        { claim, "*5\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n$6\r\naa0000\r\n" },
        { claim, "*5\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n$6\r\n00zz00\r\n" },
        { claim, "*13\r\n:0\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
                 ":1\r\n:1\r\n:1\r\n:1\r\n" },
        { list, ":1\r\n" },
        { list, "*1\r\n:1\r\n" },
        { list, "*3\r\n$1\r\nx\r\n$0\r\n\r\n:1\r\n" },
        { list,
          "*9\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n" },
        { revive, "*0\r\n" },
        { revive, "*3\r\n$1\r\n1\r\n$0\r\n\r\n$0\r\n\r\n" },
        { revive, "*3\r\n:1\r\n:1\r\n$0\r\n\r\n" },
        { revive, "*3\r\n:1\r\n$0\r\n\r\n:1\r\n" },
        { get_stats, "*1\r\n:1\r\n" },
        { get_stats, "+OK\r\n" },
        { renew, "$0\r\n\r\n" },
        { renew, ":1\r\n" },
        { put, "+OK\r\n" },
    };

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i].operation, cases[i].answer, COIL_EREDIS_MALFORMED);
    finish();
}

/* With bytes that no text has. */
SOCKET_TEST(work_redis_hostile_jobs_are_refused)
{
    static const char sound[] = "*5\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n" JOB;
    static const char bad[] = "*5\r\n:0\r\n:1\r\n$1\r\n1\r\n:0\r\n" JOB;
    static const char second[] = "*9\r\n:0\r\n$1\r\n1\r\n$1\r\n1\r\n:0\r\n" JOB
                                 "$1\r\n1\r\n$0\r\n\r\n:0\r\n" JOB;
    static const char dead[] = "*3\r\n" JOB ":1\r\n:1\r\n";
    struct coil__work_claim claims[1];
    coil_time next;
    size_t count;

    begin();
    fake.raw = sound;
    fake.raw_size = sizeof sound - 1;
    ASSERT_EQ(engine->ops->claim(engine, claims, 1, &count, &next), 0);
    ASSERT_EQ(count, 1);
    ASSERT_STR_EQ(claims[0].id, "i");
    ASSERT_EQ(claims[0].size, 0);
    coil__free(claims[0].memory);
    fake.raw = bad;
    fake.raw_size = sizeof bad - 1;
    ASSERT_EQ(claim(), COIL_EREDIS_MALFORMED);
    fake.raw = second;
    fake.raw_size = sizeof second - 1;
    ASSERT_EQ(claim(), COIL_EREDIS_MALFORMED);
    fake.raw = dead;
    fake.raw_size = sizeof dead - 1;
    ASSERT_EQ(list(), COIL_EREDIS_MALFORMED);
    fake.raw = NULL;
    fake.raw_size = 0;
    finish();
}

/* Redis 6 has other words for what a script has met. */
SOCKET_TEST(work_redis_hostile_errors_have_their_codes)
{
    begin();
    expect(put,
           "-ERR Error running script (call to f_ab): @user_script:1: "
           "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
           -ENOSPC);
    expect(put, "-OOM command not allowed\r\n", -ENOSPC);
    expect(put, "-ERR something else\r\n", COIL_EREDIS);
    expect(put, "-LOADING Redis is loading\r\n", COIL_EREDIS_LOADING);
    finish();
}
