/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/* The engine of coil/work.h that lies in a Redis, when something fails. */
#include <coil.h>
#include <coil/redis.h>
#include <coil/testing.h>
#include <coil/work.h>

#include "actors.h"
#include "base/memory.h"
#include "test.h"
#include "work/redis/engine.h"
#include "work_redis_test.h"

#define SHORT (20 * COIL_MILLISECOND)

static size_t put_error(int error)
{
    const struct coil_work_item item = { .id = "new", .body = "new" };
    size_t added;

    ASSERT_EQ(a->ops->put(a, &item, 1, &added), error);
    return added;
}

/* The same claim again, since its answer was lost. */
static void claim_again(struct coil__work_engine *engine, size_t n)
{
    coil__work_redis_of(engine)->claims--;
    claim_jobs(engine, n);
}

/* ---- lost answers ---- */

static int claim_twice(void *arg)
{
    uint64_t fence;

    (void)arg;
    rules.group_limit = 1;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", NULL, 0, 0), 1);
    ASSERT_EQ(put_one("3", NULL, 0, 0), 1);
    claim_jobs(a, 2);
    SAID("1 2 ");
    fence = claims[0].token;
    let_an_hour_pass();
    claim_again(a, 2);
    SAID("1 2 ");
    ASSERT_EQ(claims[0].token, fence);
    ASSERT_EQ(claims[0].delivery, 1);
    /* Its lease began again. */
    for (int i = 0; i < 23; i++)
        let_an_hour_pass();
    ASSERT_EQ(renew_one(a), 0);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 3, .queued = 1, .leased = 2 });
    /* For one there is no room any more. */
    claim_again(a, 1);
    SAID("1 ");
    claim_jobs(b, 8);
    SAID("2 3 ");
    ASSERT_EQ(claims[0].delivery, 1);
    finish_all(b);
    claim_again(a, 1);
    SAID("1 ");
    ASSERT_EQ(finish_one(a, COIL__WORK_DONE), 0);
    /* What was finished meanwhile is not given again. */
    claim_again(a, 8);
    SAID("");
    expect_engine_stats(&(struct coil_work_stats){ .put = 3, .done = 3 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_a_claim_is_repeated, claim_twice)

/* What is given back makes room in its group. */
static int claim_less(void *arg)
{
    (void)arg;
    rules.group_limit = 1;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "other", 0, 0), 1);
    claim_jobs(a, 2);
    SAID("1 2 ");
    claim_again(a, 1);
    SAID("1 ");
    claim_jobs(b, 2);
    SAID("2 ");
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_a_claim_is_repeated_for_less, claim_less)

static int finish_twice(void *arg)
{
    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    claim_jobs(a, 1);
    ASSERT_EQ(retry_one(a, 0), 0);
    coil__work_redis_of(a)->finishes--;
    ASSERT_EQ(retry_one(a, 0), 0);
    ASSERT_EQ(retry_one(a, 0), -ESTALE);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 1, .queued = 1, .retried = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_a_finish_is_repeated, finish_twice)

static int claim_one(void *arg)
{
    (void)arg;
    return a->ops->claim(a, claims, 1, &claim_count, &claim_next);
}

/* The answer to a claim that was cancelled comes with the next one. */
static int cancel_a_claim(void *arg)
{
    struct coil_task *task;

    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    ASSERT_EQ(put_one("2", NULL, 0, 0), 1);
    claim_jobs(a, 0);
    tell_redis("CLIENT PAUSE 300");
    task = start_waiting(claim_one, NULL);
    /* It is sent by another task. */
    turn();
    turn();
    turn();
    ASSERT_EQ(end_by_cancelling(task), COIL_EUNKNOWN);
    claim_jobs(a, 1);
    SAID("1 ");
    ASSERT_EQ(claims[0].delivery, 1);
    finish_all(a);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 2, .done = 1, .queued = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_a_cancelled_claim_loses_nothing, cancel_a_claim)

/* ---- the server ---- */

static int forget_scripts(void *arg)
{
    struct coil_work_stats stats;

    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    tell_redis("SCRIPT FLUSH");
    ASSERT_EQ(put_one("2", NULL, 0, 0), 1);
    claim_jobs(a, 1);
    tell_redis("SCRIPT FLUSH");
    finish_all(a);
    ASSERT_EQ(a->ops->stats(a, &stats), 0);
    tell_redis("SCRIPT FLUSH");
    ASSERT_EQ(a->ops->stats(a, &stats), 0);
    ASSERT_EQ(stats.done, 1);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_scripts_are_flushed, forget_scripts)

static int forget_everything(void *arg)
{
    uint64_t fence;

    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    claim_jobs(a, 1);
    SAID("1 ");
    fence = claims[0].token;
    tell_redis("FLUSHALL");
    ASSERT_EQ(renew_one(a), -ESTALE);
    ASSERT_EQ(finish_one(a, COIL__WORK_DONE), -ESTALE);
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    claim_jobs(a, 1);
    SAID("1 ");
    ASSERT_EQ(claims[0].key, 1);
    ASSERT_GT(claims[0].token, fence);
    finish_all(a);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_database_is_flushed, forget_everything)

/* What was acknowledged is there when the server is. */
static int restart(void *arg)
{
    struct coil__work_outcome outcome = { .end = COIL__WORK_DONE };

    (void)arg;
    rules.group_limit = 1;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "host", 0, 0), 1);
    ASSERT_EQ(put_one("3", NULL, 1, 0), 1);
    ASSERT_EQ(put_one("4", NULL, 0, HOUR), 1);
    claim_jobs(a, 1);
    SAID("1 ");
    outcome.key = claims[0].key;
    outcome.token = claims[0].token;
    kill_redis();
    start_redis();
    ASSERT_EQ(put_one("3", NULL, 1, 0), 0);
    expect_engine_stats(&(struct coil_work_stats){
        .put = 4, .queued = 2, .delayed = 1, .leased = 1 });
    claim_jobs(b, 8);
    SAID("3 ");
    ASSERT_GT(claims[0].token, outcome.token);
    kill_redis();
    start_redis();
    ASSERT_EQ(a->ops->finish(a, &outcome, 1), 0);
    ASSERT_EQ(outcome.result, 0);
    ASSERT_EQ(retry_one(b, 0), 0);
    kill_redis();
    start_redis();
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("2 4 3 ");
    finish_all(b);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 4, .done = 4, .retried = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_server_is_killed, restart)

static int put_ten(void *arg)
{
    static const char *const ids[] = { "0", "1", "2", "3", "4",
                                       "5", "6", "7", "8", "9" };

    (void)arg;
    for (int i = 0; i < 10; i++)
        (void)put_one(ids[i], NULL, i, 0);
    return 0;
}

/* What is asked for while there is no server is done when there is one. */
static int be_away(void *arg)
{
    struct coil_task *task;

    (void)arg;
    open_engines();
    kill_redis();
    task = start_waiting(put_ten, NULL);
    ASSERT_EQ(coil_sleep(SHORT), 0);
    start_redis();
    ASSERT_EQ(end_of(task), 0);
    claim_jobs(b, 16);
    SAID("0 1 2 3 4 5 6 7 8 9 ");
    finish_all(b);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_server_is_away, be_away)

static int be_a_replica(void *arg)
{
    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    claim_jobs(b, 1);
    SAID("1 ");
    tell_redis("REPLICAOF 127.0.0.1 1");
    put_error(COIL_EREDIS_READONLY);
    ASSERT_EQ(claim_one(NULL), COIL_EREDIS_READONLY);
    ASSERT_EQ(a->ops->pause(a, "host", HOUR), COIL_EREDIS_READONLY);
    tell_redis("REPLICAOF NO ONE");
    claim_count = 1;
    ASSERT_EQ(finish_one(b, COIL__WORK_DONE), 0);
    ASSERT_EQ(put_error(0), 1);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_server_becomes_a_replica, be_a_replica)

/* Jobs that are there can be worked off, which makes room. */
static int use_all_memory(void *arg)
{
    (void)arg;
    rules.group_limit = 1;
    rules.group_delay = HOUR;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "other", 0, 0), 1);
    ASSERT_EQ(put_one("3", NULL, 0, HOUR), 1);
    ASSERT_EQ(put_one("4", "third", 0, 0), 1);
    claim_jobs(a, 1);
    SAID("1 ");
    tell_redis("CONFIG SET maxmemory 1");
    ASSERT_EQ(put_error(-ENOSPC), 0);
    ASSERT_EQ(renew_one(a), 0);
    ASSERT_EQ(a->ops->pause(a, "third", HOUR), 0);
    finish_all(a);
    claim_jobs(a, 8);
    SAID("2 ");
    claim_again(a, 8);
    SAID("2 ");
    ASSERT_EQ(retry_one(a, HOUR), 0);
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("2 3 4 ");
    ASSERT_EQ(bury_one(b, "bad"), 0);
    tell_redis("CONFIG SET maxmemory 0");
    ASSERT_EQ(put_error(0), 1);
    expect_engine_stats(&(struct coil_work_stats){ .put = 5,
                                                   .done = 1,
                                                   .queued = 1,
                                                   .leased = 2,
                                                   .dead = 1,
                                                   .retried = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_memory_is_used_up, use_all_memory)

/* ---- opening ---- */

static void expect_refusal(const char *setting, const char *usual)
{
    struct coil__work_engine *engine;

    tell_redis(setting);
    ASSERT_EQ(try_open_engine(&engine, "worker"), -EPERM);
    work_options.allow_volatile = true;
    ASSERT_EQ(try_open_engine(&engine, "worker"), 0);
    ASSERT_EQ(engine->ops->close(engine), 0);
    work_options.allow_volatile = false;
    tell_redis(usual);
    ASSERT_EQ(try_open_engine(&engine, "worker"), 0);
    ASSERT_EQ(engine->ops->close(engine), 0);
}

static int refuse(void *arg)
{
    struct coil__work_engine *engine;

    (void)arg;
    expect_refusal("CONFIG SET appendfsync everysec",
                   "CONFIG SET appendfsync always");
    expect_refusal("CONFIG SET appendonly no", "CONFIG SET appendonly yes");
    expect_refusal("CONFIG SET maxmemory-policy allkeys-lru",
                   "CONFIG SET maxmemory-policy noeviction");
    expect_refusal("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE");
    expect_refusal("ACL SETUSER default -config",
                   "ACL SETUSER default +config");
    expect_refusal("ACL SETUSER default -role", "ACL SETUSER default +role");
    kill_redis();
    work_options.redis = &(struct coil_redis_options){ .patience = SHORT };
    ASSERT_EQ(try_open_engine(&engine, "worker"), -ECONNREFUSED);
    ASSERT_NULL(engine);
    start_redis();
    ASSERT_EQ(try_open_engine(&engine, "worker"), 0);
    cancel_self();
    ASSERT_EQ(engine->ops->close(engine), -ECANCELED);
    cancel_self();
    ASSERT_EQ(try_open_engine(&engine, "worker"), -ECANCELED);
    return 0;
}

REDIS_TEST(work_redis_failures_a_server_that_may_forget_is_refused, refuse)

/* Who has the keys alone can use the queue, and looks by himself for jobs. */
static int lack_rights(void *arg)
{
    coil_time begun;

    (void)arg;
    tell_redis("ACL SETUSER ann on >word resetchannels ~{q}:* +@all "
               "-@dangerous -subscribe");
    work_options.redis = &(struct coil_redis_options){ .name = "ann-1",
                                                       .user = "ann",
                                                       .password = "word" };
    work_options.allow_volatile = true;
    open_engines();
    claim_jobs(b, 1);
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    begun = coil_now();
    ASSERT_EQ(b->ops->wait(b, 2 * SHORT), 0);
    ASSERT_GE(coil_now() - begun, 2 * SHORT);
    claim_jobs(b, 1);
    SAID("1 ");
    finish_all(b);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_user_has_the_keys_alone, lack_rights)

/* ---- the bell ---- */

static int lose_the_bell(void *arg)
{
    coil_time begun;

    (void)arg;
    open_engines();
    ASSERT_EQ(a->ops->wait(a, COIL_NEVER), 0);
    tell_redis("CLIENT KILL TYPE pubsub");
    begun = coil_now();
    ASSERT_EQ(a->ops->wait(a, SHORT), 0);
    ASSERT_GE(coil_now() - begun, SHORT);
    /* Nobody knows what it would have told. */
    begun = coil_now();
    ASSERT_EQ(a->ops->wait(a, 4 * COIL_SECOND), 0);
    ASSERT_LT(coil_now() - begun, 3 * COIL_SECOND);
    claim_jobs(a, 1);
    ASSERT_EQ(put_one("1", NULL, 0, 0), 1);
    begun = coil_now();
    ASSERT_EQ(a->ops->wait(a, 4 * COIL_SECOND), 0);
    ASSERT_LT(coil_now() - begun, 3 * COIL_SECOND);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_failures_the_bell_is_lost, lose_the_bell)

/* ---- memory of our own ---- */

static int work_once(struct coil__work_engine *engine)
{
    const struct coil_work_item item = { .id = "1", .body = "1", .size = 1 };
    struct coil__work_outcome outcome = { .end = COIL__WORK_BURY,
                                          .reason = "bad" };
    struct coil__work_renewal renewal;
    struct coil_work_dead dead;
    struct coil_work_stats stats;
    size_t count;
    int rc = engine->ops->put(engine, &item, 1, &count);

    if (rc == 0)
        rc = engine->ops->claim(engine, claims, 1, &count, &claim_next);
    if (rc == 0 && count == 1) {
        outcome.key = renewal.key = claims[0].key;
        outcome.token = renewal.token = claims[0].token;
        coil__free(claims[0].memory);
        rc = engine->ops->renew(engine, &renewal, 1);
        if (rc == 0)
            rc = engine->ops->finish(engine, &outcome, 1);
    }
    if (rc == 0)
        rc = engine->ops->list_dead(engine, 0, &dead, 1, &count);
    if (rc == 0)
        coil_work_dead_free(&dead);
    if (rc == 0)
        rc = engine->ops->stats(engine, &stats);
    if (rc == 0)
        rc = engine->ops->pause(engine, "host", HOUR);
    if (rc == 0)
        rc = engine->ops->wait(engine, COIL_MILLISECOND);
    if (rc == 0)
        rc = engine->ops->revive(engine, NULL, &count);
    /* It may have been done before, and the answer was lost. */
    if (rc == 0)
        ASSERT_LE(count, 1);
    return rc;
}

static int lack_memory(void *arg)
{
    size_t live;
    size_t n = 0;
    size_t before;
    int rc;

    (void)arg;
    open_engines();
    ASSERT_EQ(work_once(a), 0);
    close_engines();
    live = coil_test_live_allocations();
    do {
        struct coil__work_engine *engine;

        tell_redis("FLUSHALL");
        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = try_open_engine(&engine, "worker");
        if (rc == 0)
            rc = work_once(engine);
        before = coil_test_allocations() - before;
        coil_test_fail_allocation(0, false);
        if (rc < 0)
            ASSERT_EQ(rc, -ENOMEM);
        if (engine)
            ASSERT_EQ(engine->ops->close(engine), 0);
        ASSERT_EQ(coil_test_live_allocations(), live);
    } while (before >= n);
    ASSERT_EQ(rc, 0);
    return 0;
}

REDIS_TEST(work_redis_failures_memory_is_short, lack_memory)
