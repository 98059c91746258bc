/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* What the engine of coil/work.h that lies in a Redis promises. */
#include <stdio.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "base/memory.h"
#include "test.h"
#include "work_redis_test.h"


#define SHORT (20 * COIL_MILLISECOND)

/* ---- order ---- */

static int put_and_claim(void *arg)
{
    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("d", NULL, 1, 0), 1);
    ASSERT_EQ(put_one("b", "host", -5, 0), 1);
    ASSERT_EQ(put_one("a", NULL, -32768, 0), 1);
    ASSERT_EQ(put_one("c", "other", 0, 0), 1);
    ASSERT_EQ(put_one("e", "host", 1, 0), 1);
    ASSERT_EQ(put_one("f", NULL, 1, 0), 1);
    ASSERT_EQ(put_one("g", NULL, 32767, 0), 1);
    ASSERT_EQ(put_one("d", "host", 7, 0), 0);
    claim_jobs(b, 5);
    SAID("a b c d e ");
    ASSERT_EQ(claims[0].priority, -32768);
    ASSERT_STR_EQ(claims[0].group, "");
    ASSERT_EQ(claims[1].priority, -5);
    ASSERT_STR_EQ(claims[1].group, "host");
    ASSERT_EQ(claims[1].delivery, 1);
    ASSERT_LT(claims[0].token, claims[1].token);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 7, .queued = 2, .leased = 5 });
    finish_all(b);
    claim_jobs(a, 5);
    SAID("f g ");
    finish_all(a);
    expect_engine_stats(&(struct coil_work_stats){ .put = 7, .done = 7 });
    ASSERT_EQ(put_one("a", NULL, 0, 0), 0);
    claim_jobs(a, 5);
    SAID("");
    ASSERT_EQ(claim_next, COIL_NEVER);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_gives_the_best_job_first_and_each_id_once, put_and_claim)

/* Many jobs with priorities at random: two workers take them in order. */
static int take_many(void *arg)
{
    uint32_t chance = 1;
    int before = -32768;
    size_t taken = 0;

    (void)arg;
    open_engines();
    for (int i = 0; i < 500; i++) {
        char id[16];
        char group[16];

        chance = chance * 1103515245 + 12345;
        snprintf(id, sizeof id, "%d", i);
        snprintf(group, sizeof group, "g%u", chance >> 16 & 15);
        ASSERT_EQ(
            put_one(id, i % 3 ? group : NULL, (int)(chance >> 20 & 63), 0), 1);
    }
    while (taken < 500) {
        struct coil__work_engine *engine = taken % 2 ? a : b;

        claim_jobs(engine, 1 + taken % 33);
        forget();
        ASSERT_GT(claim_count, 0);
        for (size_t i = 0; i < claim_count; i++) {
            ASSERT_LE(before, claims[i].priority);
            before = claims[i].priority;
        }
        taken += claim_count;
        finish_all(engine);
    }
    expect_engine_stats(&(struct coil_work_stats){ .put = 500, .done = 500 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_keeps_the_order_over_groups, take_many)

static int put_together(void *arg)
{
    static const char binary[] = "x\0y\r\n";
    char id[COIL__WORK_ID_MAX + 1];
    const struct coil_work_item items[] = {
        { .id = "one", .body = binary, .size = sizeof binary },
        { .id = "one", .body = "again", .size = 5 },
        { .id = id, .group = "a b\n", .priority = 1 },
    };
    size_t added;

    (void)arg;
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    open_engines();
    ASSERT_EQ(a->ops->put(a, items, 3, &added), 0);
    ASSERT_EQ(added, 2);
    ASSERT_EQ(a->ops->put(a, items, 0, &added), 0);
    ASSERT_EQ(added, 0);
    ASSERT_EQ(b->ops->claim(b, claims, 8, &claim_count, &claim_next), 0);
    ASSERT_EQ(claim_count, 2);
    ASSERT_STR_EQ(claims[0].id, "one");
    ASSERT_EQ(claims[0].size, sizeof binary);
    ASSERT_MEM_EQ(claims[0].body, binary, sizeof binary);
    ASSERT_STR_EQ(claims[1].id, id);
    ASSERT_STR_EQ(claims[1].group, "a b\n");
    ASSERT_EQ(claims[1].size, 0);
    finish_all(b);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_puts_many_in_one_step, put_together)

/* ---- times ---- */

static int put_for_later(void *arg)
{
    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("late", "host", -9, HOUR), 1);
    ASSERT_EQ(put_one("soon", "host", 0, 0), 1);
    ASSERT_EQ(put_one("never", "host", 0, COIL_NEVER), 1);
    claim_jobs(a, 5);
    SAID("soon ");
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 3, .delayed = 2, .leased = 1 });
    finish_all(a);
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(b, 5);
    SAID("late ");
    ASSERT_EQ(claims[0].priority, -9);
    ASSERT_EQ(retry_one(b, HOUR), 0);
    expect_an_hour(a);
    let_an_hour_pass();
    claim_jobs(a, 5);
    SAID("late ");
    ASSERT_EQ(claims[0].delivery, 2);
    finish_all(a);
    expect_engine_stats(&(struct coil_work_stats){
        .put = 3, .done = 2, .delayed = 1, .retried = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_waits_with_what_is_for_later, put_for_later)

/* By the clock. */
static int wait_really(void *arg)
{
    coil_time begun = coil_now();

    (void)arg;
    open_engines();
    ASSERT_EQ(put_one("job", NULL, 0, SHORT), 1);
    await_job(a, "job");
    ASSERT_GE(coil_now() - begun, SHORT);
    ASSERT_EQ(finish_one(a, COIL__WORK_RETURN), 0);
    a->rules.lease = SHORT;
    begun = coil_now();
    claim_jobs(a, 1);
    SAID("job ");
    await_job(b, "job");
    ASSERT_GE(coil_now() - begun, SHORT);
    ASSERT_EQ(claims[0].delivery, 2);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_goes_by_the_clock, wait_really)

/* ---- groups ---- */

static int limit_groups(void *arg)
{
    (void)arg;
    rules.group_limit = 2;
    rules.lease = HOUR;
    open_engines();
    for (int i = 0; i < 4; i++) {
        static const char *const ids[] = { "1", "2", "3", "4" };
        static const char *const others[] = { "x", "y", "z", "w" };

        ASSERT_EQ(put_one(ids[i], "host", 0, 0), 1);
        ASSERT_EQ(put_one(others[i], NULL, 1, 0), 1);
    }
    claim_jobs(a, 1);
    SAID("1 ");
    claim_jobs(b, 3);
    SAID("2 x y ");
    claim_jobs(a, 8);
    SAID("z w ");
    finish_all(a);
    expect_an_hour(a);
    /* The leases end, and others begin. */
    let_an_hour_pass();
    claim_jobs(a, 2);
    SAID("1 2 ");
    ASSERT_EQ(claims[1].delivery, 2);
    finish_all(a);
    claim_jobs(a, 1);
    SAID("3 ");
    ASSERT_EQ(finish_one(a, COIL__WORK_RETURN), 0);
    claim_jobs(b, 8);
    SAID("3 4 x y ");
    ASSERT_EQ(claims[0].delivery, 1);
    ASSERT_EQ(claims[2].delivery, 2);
    finish_all(b);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_limits_groups_over_all_workers, limit_groups)

/* One at a time: the delay is from the end to the next beginning. */
static int delay_after_the_end(void *arg)
{
    (void)arg;
    rules.group_limit = 1;
    rules.group_delay = HOUR;
    rules.lease = HOUR;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "host", 0, 0), 1);
    ASSERT_EQ(put_one("3", "host", 0, 0), 1);
    claim_jobs(a, 8);
    SAID("1 ");
    expect_an_hour(b);
    let_an_hour_pass();
    /* The lease has ended, and the delay begins. */
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("1 ");
    ASSERT_EQ(finish_one(b, COIL__WORK_DONE), 0);
    expect_an_hour(a);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("2 ");
    /* It may have begun: its task was cancelled. */
    ASSERT_EQ(finish_one(a, COIL__WORK_RETURN), 0);
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("2 ");
    ASSERT_EQ(retry_one(b, 0), 0);
    expect_an_hour(a);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("2 ");
    ASSERT_EQ(bury_one(a, "bad"), 0);
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("3 ");
    finish_all(a);
    expect_engine_stats(&(struct coil_work_stats){
        .put = 3, .done = 2, .dead = 1, .retried = 1, .expired = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_delays_a_group_after_the_end_of_its_job,
           delay_after_the_end)

/* What is due when a lease ends waits for the delay, too. */
static int delay_what_is_due(void *arg)
{
    (void)arg;
    rules.group_limit = 1;
    rules.group_delay = HOUR;
    rules.lease = HOUR;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("0", "host", -1, HOUR), 1);
    claim_jobs(a, 1);
    SAID("1 ");
    let_an_hour_pass();
    expect_an_hour(a);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("0 ");
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_delays_what_is_due_when_a_lease_ends, delay_what_is_due)

/* Several at a time: the delay is from one beginning to the next. */
static int delay_between_beginnings(void *arg)
{
    (void)arg;
    rules.group_limit = 2;
    rules.group_delay = HOUR;
    open_engines();
    for (int i = 0; i < 4; i++) {
        static const char *const ids[] = { "1", "2", "3", "4" };

        ASSERT_EQ(put_one(ids[i], "host", 0, 0), 1);
    }
    ASSERT_EQ(put_one("x", NULL, 0, 0), 1);
    ASSERT_EQ(put_one("y", NULL, 0, 0), 1);
    claim_jobs(a, 8);
    SAID("1 x y ");
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("2 ");
    /* There are two. */
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("");
    claim_jobs(a, 8);
    let_an_hour_pass();
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_delays_a_group_between_beginnings,
           delay_between_beginnings)

static int pause_a_group(void *arg)
{
    (void)arg;
    rules.group_limit = 1;
    open_engines();
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    ASSERT_EQ(put_one("2", "host", 0, 0), 1);
    ASSERT_EQ(put_one("x", "other", 0, 0), 1);
    ASSERT_EQ(put_one("y", NULL, 0, 0), 1);
    ASSERT_EQ(b->ops->pause(b, "host", HOUR), 0);
    ASSERT_EQ(b->ops->pause(b, "host", COIL_MINUTE), 0);
    claim_jobs(a, 8);
    SAID("x y ");
    /* Neither what comes nor what ends lets it begin. */
    ASSERT_EQ(put_one("0", "host", -1, 0), 1);
    finish_all(a);
    expect_an_hour(a);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("0 ");
    ASSERT_EQ(a->ops->pause(a, "host", HOUR), 0);
    finish_all(a);
    expect_an_hour(b);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("1 ");
    /* The pause ends before the job does. */
    ASSERT_EQ(b->ops->pause(b, "host", HOUR), 0);
    let_an_hour_pass();
    {
        struct coil__work_claim other;
        size_t count;

        ASSERT_EQ(b->ops->claim(b, &other, 1, &count, &claim_next), 0);
        ASSERT_EQ(count, 0);
    }
    finish_all(a);
    claim_jobs(b, 8);
    SAID("2 ");
    ASSERT_EQ(a->ops->pause(a, "host", COIL_NEVER), 0);
    finish_all(b);
    ASSERT_EQ(put_one("3", "host", 0, 0), 1);
    claim_jobs(b, 8);
    SAID("");
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_pauses_a_group, pause_a_group)

/* ---- leases ---- */

static int let_leases_end(void *arg)
{
    struct coil__work_outcome late = { .end = COIL__WORK_DONE };
    uint64_t fence;

    (void)arg;
    rules.lease = HOUR;
    open_engines();
    ASSERT_EQ(put_one("job", "host", 3, 0), 1);
    claim_jobs(a, 1);
    SAID("job ");
    late.key = claims[0].key;
    late.token = fence = claims[0].token;
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("job ");
    ASSERT_EQ(claims[0].delivery, 2);
    ASSERT_EQ(claims[0].priority, 3);
    ASSERT_GT(claims[0].token, fence);
    ASSERT_EQ(a->ops->finish(a, &late, 1), 0);
    ASSERT_EQ(late.result, -ESTALE);
    let_an_hour_pass();
    claim_jobs(a, 8);
    SAID("job ");
    ASSERT_EQ(claims[0].delivery, 3);
    /* That was the last one. */
    let_an_hour_pass();
    claim_jobs(b, 8);
    SAID("");
    expect_engine_stats(
        &(struct coil_work_stats){ .put = 1, .dead = 1, .expired = 3 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_gives_a_job_to_another_when_its_lease_ends,
           let_leases_end)

static int keep_leases(void *arg)
{
    struct coil__work_claim other;
    size_t count;

    (void)arg;
    rules.lease = HOUR + COIL_MINUTE;
    open_engines();
    ASSERT_EQ(put_one("job", NULL, 0, 0), 1);
    claim_jobs(a, 1);
    SAID("job ");
    for (int i = 0; i < 3; i++) {
        let_an_hour_pass();
        ASSERT_EQ(renew_one(a), 0);
        ASSERT_EQ(b->ops->claim(b, &other, 1, &count, &claim_next), 0);
        ASSERT_EQ(count, 0);
        ASSERT_GT(claim_next, HOUR);
    }
    ASSERT_EQ(finish_one(a, COIL__WORK_DONE), 0);
    ASSERT_EQ(renew_one(a), -ESTALE);
    ASSERT_EQ(finish_one(a, COIL__WORK_DONE), -ESTALE);
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_keeps_a_lease_that_is_renewed, keep_leases)

/* More leases than a call has room for. */
enum { MANY = 1500 };

static int hold_many(void *arg)
{
    static struct coil__work_claim many[MANY];
    static struct coil__work_renewal renewals[MANY];
    static struct coil__work_outcome outcomes[MANY];
    static struct coil_work_item items[MANY];
    static char ids[MANY][16];
    size_t count;

    (void)arg;
    open_engines();
    for (int i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        items[i] = (struct coil_work_item){ .id = ids[i], .group = ids[i % 7] };
    }
    ASSERT_EQ(a->ops->put(a, items, MANY, &count), 0);
    ASSERT_EQ(count, MANY);
    ASSERT_EQ(a->ops->claim(a, many, MANY, &count, &claim_next), 0);
    ASSERT_EQ(count, 1000);
    ASSERT_EQ(claim_next, 0);
    ASSERT_EQ(a->ops->claim(a, many + 1000, 500, &count, &claim_next), 0);
    ASSERT_EQ(count, 500);
    for (int i = 0; i < MANY; i++) {
        ASSERT_STR_EQ(many[i].id, ids[i]);
        renewals[i] =
            (struct coil__work_renewal){ many[i].key, many[i].token, 1 };
        outcomes[i] = (struct coil__work_outcome){ .key = many[i].key,
                                                   .token = many[i].token };
        coil__free(many[i].memory);
    }
    renewals[1400].token++;
    outcomes[1400].token++;
    ASSERT_EQ(a->ops->renew(a, renewals, MANY), 0);
    ASSERT_EQ(a->ops->finish(a, outcomes, MANY), 0);
    for (int i = 0; i < MANY; i++) {
        ASSERT_EQ(renewals[i].result, i == 1400 ? -ESTALE : 0);
        ASSERT_EQ(outcomes[i].result, i == 1400 ? -ESTALE : 0);
    }
    ASSERT_EQ(a->ops->renew(a, renewals, 0), 0);
    ASSERT_EQ(a->ops->finish(a, outcomes, 0), 0);
    expect_engine_stats(
        &(struct coil_work_stats){ .put = MANY, .done = 1499, .leased = 1 });
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_holds_many_leases, hold_many)

/* ---- the bell ---- */

static int await_bell(void *arg)
{
    (void)arg;
    return b->ops->wait(b, 4 * COIL_SECOND);
}

static void expect_bell(struct coil_task *task, coil_time begun)
{
    ASSERT_EQ(end_of(task), 0);
    ASSERT_LT(coil_now() - begun, 3 * COIL_SECOND);
}

static int ring(void *arg)
{
    struct coil__work_claim other;
    struct coil_task *task;
    coil_time begun;
    size_t count;

    (void)arg;
    rules.group_limit = 1;
    open_engines();
    /* The first time it may have been too late. */
    ASSERT_EQ(b->ops->wait(b, 4 * COIL_SECOND), 0);
    begun = coil_now();
    ASSERT_EQ(b->ops->wait(b, SHORT), 0);
    ASSERT_GE(coil_now() - begun, SHORT);

    claim_jobs(b, 1);
    begun = coil_now();
    task = start_waiting(await_bell, NULL);
    ASSERT_EQ(put_one("1", "host", 0, 0), 1);
    expect_bell(task, begun);

    claim_jobs(a, 1);
    SAID("1 ");
    ASSERT_EQ(put_one("2", "host", 0, 0), 1);
    ASSERT_EQ(b->ops->claim(b, &other, 1, &count, &claim_next), 0);
    ASSERT_EQ(count, 0);
    begun = coil_now();
    task = start_waiting(await_bell, NULL);
    ASSERT_EQ(finish_one(a, COIL__WORK_DONE), 0);
    expect_bell(task, begun);

    claim_jobs(b, 2);
    SAID("2 ");
    begun = coil_now();
    task = start_waiting(await_bell, NULL);
    ASSERT_EQ(put_one("later", NULL, 0, COIL_SECOND), 1);
    expect_bell(task, begun);

    end_by_cancelling(start_waiting(await_bell, NULL));
    close_engines();
    return 0;
}

REDIS_TEST(work_redis_rings_when_there_may_be_a_job, ring)
