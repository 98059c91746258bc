/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* The engine of coil/work.h that lies in a Redis: jobs that are dead. */
#include <stdio.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "test.h"
#include "work_redis_test.h"

static void expect_dead(const struct coil_work_dead *dead, const char *id,
                        const char *reason, unsigned deliveries)
{
    ASSERT_STR_EQ(dead->id, id);
    ASSERT_STR_EQ(dead->group, "host");
    ASSERT_STR_EQ(dead->reason, reason);
    ASSERT_STR_EQ(dead->body, id);
    ASSERT_EQ(dead->size, strlen(id));
    ASSERT_EQ(dead->deliveries, deliveries);
}

static void list_two(void)
{
    struct coil_work_dead dead[4];
    size_t count;

    ASSERT_EQ(b->ops->list_dead(b, 0, dead, 4, &count), 0);
    ASSERT_EQ(count, 2);
    expect_dead(&dead[0], "3", "", 3);
    expect_dead(&dead[1], "1", "it is bad", 1);
    coil_work_dead_free(&dead[0]);
    coil_work_dead_free(&dead[1]);
    ASSERT_EQ(b->ops->list_dead(b, 1, dead, 1, &count), 0);
    ASSERT_EQ(count, 1);
    expect_dead(&dead[0], "1", "it is bad", 1);
    coil_work_dead_free(&dead[0]);
    ASSERT_EQ(b->ops->list_dead(b, 2, dead, 1, &count), 0);
    ASSERT_EQ(count, 0);
    ASSERT_EQ(b->ops->list_dead(b, UINT64_MAX, dead, 1, &count), 0);
    ASSERT_EQ(count, 0);
}

static int bury_and_revive(void *arg)
{
    size_t count;

    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "host", 0, 0), 1);
    ASSERT_EQ(put_one("3", "host", -7, 0), 1);
    for (int i = 0; i < 3; i++) {
        claim_jobs(a, 1);
        ASSERT_EQ(retry_one(a, 0), 0);
    }
    SAID("3 3 3 ");
    for (int i = 0; i < 5; i++) {
        claim_jobs(b, 1);
        ASSERT_EQ(finish_one(b, COIL__WORK_RETURN), 0);
    }
    SAID("1 1 1 1 1 ");
    claim_jobs(b, 1);
    SAID("1 ");
    ASSERT_EQ(bury_one(b, "it is bad"), 0);
    expect_engine_stats(&(struct coil_work_stats){
        .put = 3, .queued = 1, .dead = 2, .retried = 3 });

    list_two();
    ASSERT_EQ(b->ops->revive(b, "2", &count), 0);
    ASSERT_EQ(count, 0);
    ASSERT_EQ(b->ops->revive(b, "1", &count), 0);
    ASSERT_EQ(count, 1);
    ASSERT_EQ(b->ops->revive(b, NULL, &count), 0);
    ASSERT_EQ(count, 1);
    claim_jobs(a, 8);
    SAID("3 1 2 ");
    ASSERT_EQ(claims[0].delivery, 1);
    ASSERT_EQ(claims[1].delivery, 1);
    finish_all(a);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_buries_lists_and_revives, bury_and_revive)

static int revive_many(void *arg)
{
    static struct coil_work_dead dead[400];
    size_t count;

    (void)arg;
    open_engines();
    for (int i = 0; i < 350; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        ASSERT_EQ(put_one(id, "host", i % 7, 0), 1);
    }
    for (int i = 0; i < 350; i++) {
        claim_jobs(a, 1);
        ASSERT_EQ(bury_one(a, NULL), 0);
    }
    forget();
    ASSERT_EQ(a->ops->list_dead(a, 0, dead, 400, &count), 0);
    ASSERT_EQ(count, 350);
    ASSERT_STR_EQ(dead[0].id, "0");
    ASSERT_STR_EQ(dead[1].id, "7");
    ASSERT_STR_EQ(dead[349].id, "349");
    while (count > 0)
        coil_work_dead_free(&dead[--count]);
    ASSERT_EQ(a->ops->revive(a, "349", &count), 0);
    ASSERT_EQ(count, 1);
    ASSERT_EQ(a->ops->revive(a, NULL, &count), 0);
    ASSERT_EQ(count, 349);
    expect_engine_stats(&(struct coil_work_stats){ .put = 350, .queued = 350 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_revives_many, revive_many)
