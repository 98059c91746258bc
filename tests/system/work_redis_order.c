/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Two workers of an engine in a Redis do all that can be done with jobs, in an order at
 * random, against a model: which jobs a claim gives, and in which order, for each limit
 * and delay of groups.  And no job is lost when the limit changes on the way.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "base/memory.h"
#include "test.h"
#include "work_redis_test.h"

enum { JOBS = 400, GROUPS = 5, STEPS = 600, MOST_HELD = 40 };

/* ---- the model ---- */

enum state { NOWHERE, QUEUED, LATER, HELD, DEAD, DONE };

struct job {
    enum state state;
    int group; /* 0: none */
    int priority;
    uint64_t key;
    uint64_t token;
    struct coil__work_engine *holder;
};

static struct job jobs[JOBS];
static int put_count;
static bool waits[GROUPS];
static uint32_t chance;
static bool is_ordered;

static uint32_t below(uint32_t n)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % n;
}

static int count_held(int group)
{
    int n = 0;

    for (int i = 0; i < put_count; i++)
        n += jobs[i].state == HELD && (group < 0 || jobs[i].group == group);
    return n;
}

static bool may_begin(int group)
{
    if (group == 0)
        return true;
    return !waits[group] && (rules.group_limit == 0 ||
                             count_held(group) < (int)rules.group_limit);
}

/* The number of the job that is to come next, or -1. */
static int best_job(void)
{
    int best = -1;

    for (int i = 0; i < put_count; i++)
        if (jobs[i].state == QUEUED && may_begin(jobs[i].group) &&
            (best < 0 || jobs[i].priority < jobs[best].priority))
            best = i;
    return best;
}

/* Does the delay of the group begin with the end of a job, or with its begin? */
static bool delays_at(bool end)
{
    return rules.group_delay > 0 && (rules.group_limit == 1) == end;
}

static struct job *any_of(enum state state)
{
    int i = (int)below((uint32_t)put_count + 1);

    for (int n = 0; n < put_count; n++, i++)
        if (jobs[i % put_count].state == state)
            return &jobs[i % put_count];
    return NULL;
}

/* ---- what is done ---- */

static void put_next(void)
{
    static const char *const groups[] = { NULL, "one", "two", "three", "a b" };
    struct job *job = &jobs[put_count];
    bool is_late = below(8) == 0;
    char id[16];

    if (put_count == JOBS)
        return;
    snprintf(id, sizeof id, "%d", put_count++);
    *job = (struct job){ .state = is_late ? LATER : QUEUED,
                         .group = (int)below(GROUPS),
                         .priority = (int)below(7) - 3 };
    ASSERT_EQ(
        put_one(id, groups[job->group], job->priority, is_late ? HOUR : 0), 1);
}

static void note_claims(struct coil__work_engine *engine)
{
    for (size_t i = 0; i < claim_count; i++) {
        struct job *job = &jobs[atoi(claims[i].id)];

        ASSERT_EQ(job->state, QUEUED);
        job->state = HELD;
        job->key = claims[i].key;
        job->token = claims[i].token;
        job->holder = engine;
    }
}

/* The model is asked first, as it is to begin them one after the other. */
static void expect_claims(struct coil__work_engine *engine, size_t n)
{
    char expected[512] = "";
    int begun[16];
    size_t count = 0;

    for (int job; count < n && (job = best_job()) >= 0; count++) {
        sprintf(expected + strlen(expected), "%d ", job);
        begun[count] = job;
        jobs[job].state = HELD;
        if (jobs[job].group && delays_at(false))
            waits[jobs[job].group] = true;
    }
    while (count > 0)
        jobs[begun[--count]].state = QUEUED;
    claim_jobs(engine, n);
    SAID(expected);
}

static void claim_some(struct coil__work_engine *engine)
{
    size_t n = 1 + below(8);

    if (count_held(-1) + (int)n > MOST_HELD)
        return;
    if (is_ordered)
        expect_claims(engine, n);
    else
        claim_jobs(engine, n);
    forget();
    note_claims(engine);
}

static void end(struct job *job, enum coil__work_end how, coil_time delay)
{
    struct coil__work_outcome outcome = { .key = job->key,
                                          .token = job->token,
                                          .end = how,
                                          .delay = delay,
                                          .reason = "no good",
                                          .result = 1 };

    ASSERT_EQ(job->holder->ops->finish(job->holder, &outcome, 1), 0);
    ASSERT_EQ(outcome.result, 0);
    if (job->group && delays_at(true))
        waits[job->group] = true;
}

static void end_one(void)
{
    struct job *job = any_of(HELD);
    uint32_t how = below(10);

    if (!job)
        return;
    if (how < 5) {
        end(job, COIL__WORK_DONE, 0);
        job->state = DONE;
    } else if (how < 6) {
        end(job, COIL__WORK_BURY, 0);
        job->state = DEAD;
    } else if (how < 7) {
        end(job, COIL__WORK_RETRY, HOUR);
        job->state = LATER;
    } else {
        end(job, how < 8 ? COIL__WORK_RETRY : COIL__WORK_RETURN, 0);
        job->state = QUEUED;
    }
}

static void revive_one(void)
{
    struct job *job = any_of(DEAD);
    char id[16];
    size_t count;

    if (!job)
        return;
    snprintf(id, sizeof id, "%d", (int)(job - jobs));
    ASSERT_EQ(a->ops->revive(a, id, &count), 0);
    ASSERT_EQ(count, 1);
    job->state = QUEUED;
}

static void pause_one(void)
{
    static const char *const groups[] = { "one", "two", "three", "a b" };
    uint32_t group = below(4);

    ASSERT_EQ(b->ops->pause(b, groups[group], HOUR), 0);
    waits[group + 1] = true;
}

/* What waits is due, and who holds a job has lost it. */
static void pass_hour(void)
{
    let_an_hour_pass();
    memset(waits, 0, sizeof waits);
    for (int i = 0; i < put_count; i++) {
        struct job *job = &jobs[i];

        if (job->state == HELD && job->group && delays_at(true))
            waits[job->group] = true;
        if (job->state == HELD || job->state == LATER)
            job->state = QUEUED;
    }
    /* Leases end, and delays begin, at the next claim. */
    claim_some(a);
}

static void do_something(void)
{
    uint32_t what = below(100);

    if (what < 30)
        put_next();
    else if (what < 55)
        claim_some(what % 2 ? a : b);
    else if (what < 93)
        end_one();
    else if (what < 95)
        revive_one();
    else if (what < 97)
        pause_one();
    else
        pass_hour();
}

/* Nothing is left, and nothing is lost. */
static void end_all(void)
{
    struct coil_work_stats stats;

    for (int turn = 0; turn < 1000 && any_of(QUEUED); turn++) {
        pass_hour();
        for (struct job *job; (job = any_of(HELD)) != NULL;) {
            end(job, COIL__WORK_DONE, 0);
            job->state = DONE;
        }
    }
    ASSERT_NULL(any_of(QUEUED));
    ASSERT_EQ(a->ops->stats(a, &stats), 0);
    ASSERT_EQ(stats.put, put_count);
    ASSERT_EQ(stats.done + stats.dead, put_count);
}

static void begin(uint32_t seed, unsigned limit, coil_time delay)
{
    chance = seed;
    put_count = 0;
    memset(waits, 0, sizeof waits);
    rules = (struct coil__work_rules){ .lease = HOUR,
                                       .group_limit = limit,
                                       .group_delay = delay,
                                       .max_deliveries = 1000 };
    tell_redis("FLUSHALL");
    open_engines();
}

/* ---- tests ---- */

static int keep_order(void *arg)
{
    (void)arg;
    is_ordered = true;
    for (uint32_t turn = 0; turn < 8; turn++) {
        begin(turn + 1, turn % 4, turn < 4 ? 0 : HOUR);
        if (rules.group_limit == 0)
            rules.group_delay = 0; /* as coil_work_open() has it */
        for (int i = 0; i < STEPS; i++)
            do_something();
        end_all();
        close_engines();
    }
    return 0;
}

REDIS_TEST(work_redis_order_is_that_of_a_model, keep_order)

static void change_limit(void)
{
    rules.group_limit = below(4);
    a->rules.group_limit = rules.group_limit;
    b->rules.group_limit = rules.group_limit;
}

static int change_limits(void *arg)
{
    (void)arg;
    is_ordered = false;
    for (uint32_t turn = 0; turn < 4; turn++) {
        begin(turn + 1, 1, turn % 2 ? HOUR : 0);
        for (int i = 0; i < STEPS; i++) {
            if (i % 20 == 0)
                change_limit();
            do_something();
        }
        end_all();
        close_engines();
    }
    return 0;
}

REDIS_TEST(work_redis_order_changes_and_nothing_is_lost, change_limits)
