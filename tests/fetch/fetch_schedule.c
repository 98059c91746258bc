/* SPDX-License-Identifier: MIT */
/* Which URL is fetched next: limits hold, and the best startable one comes first. */
#include "schedule/schedule.h"

#include <stdio.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "job/job.h"
#include "schedule/job_heap.h"

#include "stream_test.h"

static struct schedule *schedule;

static void begin(size_t concurrency, size_t per_group)
{
    ASSERT_EQ(
        schedule_new(&schedule,
                     &(struct schedule_options){ .concurrency = concurrency,
                                                 .per_group = per_group }),
        0);
}

static void put(const char *group, int64_t priority, uint64_t number)
{
    struct job *job;

    ASSERT_EQ(job_new(&job, "http://h/", NULL), 0);
    job->priority = priority;
    job->number = number;
    ASSERT_EQ(schedule_put(schedule, job, group), 0);
}

static struct job *take(void)
{
    struct job *job;

    ASSERT_EQ(schedule_take(schedule, &job), 1);
    return job;
}

static void end(struct job *job)
{
    schedule_end(schedule, job);
    job_free(job);
}

/* The number of the next job, which is ended at once. */
static uint64_t next(void)
{
    struct job *job = take();
    uint64_t number = job->number;

    end(job);
    return number;
}

/* Whether nothing may begin for so long. */
static bool is_quiet_for(coil_time duration)
{
    struct coil_timeout timeout;
    struct job *job;
    int rc = coil_timeout_begin(&timeout, duration);

    ASSERT_EQ(rc, 0);
    rc = schedule_take(schedule, &job);
    rc = coil_timeout_end(&timeout, rc);
    if (rc > 0)
        end(job);
    return rc == -ETIMEDOUT;
}

#define SCHEDULE_TEST(name)                                                    \
    static int task_##name(void *arg);                                         \
    TEST(name)                                                                 \
    {                                                                          \
        ASSERT_EQ(coil_test_run(task_##name, NULL, 0), 0);                     \
    }                                                                          \
    static int task_##name(void *arg COIL_UNUSED)

#define COIL_UNUSED __attribute__((unused))

SCHEDULE_TEST(fetch_schedule_takes_the_best_and_equals_in_order)
{
    begin(10, 10);
    put("a", 5, 1);
    put("b", 0, 2);
    put("a", -1, 3);
    put("c", 0, 4);
    put("b", 0, 5);
    schedule_close(schedule);
    ASSERT_EQ(schedule_waiting(schedule), 5u);
    ASSERT_EQ(next(), 3u);
    ASSERT_EQ(next(), 2u);
    ASSERT_EQ(next(), 4u);
    ASSERT_EQ(next(), 5u);
    ASSERT_EQ(next(), 1u);
    ASSERT_EQ(schedule_take(schedule, &(struct job *){ NULL }), 0);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_full_group_holds_up_no_other)
{
    struct job *a;
    struct job *b;

    begin(10, 1);
    put("a", 0, 1);
    put("a", 0, 2);
    put("b", 9, 3);
    a = take();
    ASSERT_EQ(a->number, 1u);
    b = take();
    ASSERT_EQ(b->number, 3u);
    ASSERT(is_quiet_for(COIL_SECOND));
    end(a);
    ASSERT_EQ(next(), 2u);
    end(b);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_limit_in_all)
{
    struct job *a;

    begin(1, 5);
    put("a", 0, 1);
    put("b", 0, 2);
    a = take();
    ASSERT(is_quiet_for(COIL_SECOND));
    end(a);
    ASSERT_EQ(next(), 2u);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_blocked_group_is_left_alone_until_then)
{
    struct job *a;
    coil_time from = coil_now();

    begin(4, 4);
    put("a", 0, 1);
    put("a", 0, 2);
    put("b", 1, 3);
    a = take();
    schedule_block(schedule, a, from + 3 * COIL_SECOND);
    schedule_block(schedule, a, from + 1 * COIL_SECOND);
    ASSERT_EQ(schedule_retry(schedule, a, from), 0);
    ASSERT_EQ(schedule_active(schedule), 0u);
    ASSERT_EQ(schedule_retrying(schedule), 1u);
    ASSERT_EQ(next(), 3u);
    ASSERT_EQ(coil_now(), from);
    ASSERT_EQ(next(), 1u);
    ASSERT_EQ(coil_now(), from + 3 * COIL_SECOND);
    ASSERT_EQ(next(), 2u);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_retry_holds_no_slot_and_keeps_its_place)
{
    struct job *a;

    begin(1, 1);
    put("a", 0, 1);
    put("a", 0, 2);
    put("a", 0, 3);
    a = take();
    ASSERT_EQ(schedule_retry(schedule, a, coil_now() + COIL_SECOND), 0);
    ASSERT_EQ(next(), 2u);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(next(), 1u);
    ASSERT_EQ(next(), 3u);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_backs_off_twice_as_long_and_recovers)
{
    struct job *a;
    coil_time from = coil_now();

    begin(4, 4);
    for (uint64_t i = 1; i <= 6; i++)
        put("a", 0, i);
    a = take();
    schedule_back_off(schedule, a, COIL_SECOND, 3 * COIL_SECOND);
    schedule_back_off(schedule, a, COIL_SECOND, 3 * COIL_SECOND);
    end(a);
    a = take();
    ASSERT_EQ(coil_now() - from, COIL_SECOND);
    schedule_back_off(schedule, a, COIL_SECOND, 3 * COIL_SECOND);
    end(a);
    a = take();
    ASSERT_EQ(coil_now() - from, 3 * COIL_SECOND);
    schedule_back_off(schedule, a, COIL_SECOND, 3 * COIL_SECOND);
    end(a);
    a = take();
    ASSERT_EQ(coil_now() - from, 6 * COIL_SECOND);
    schedule_recover(schedule, a);
    schedule_recover(schedule, a);
    schedule_back_off(schedule, a, COIL_SECOND, 3 * COIL_SECOND);
    end(a);
    a = take();
    ASSERT_EQ(coil_now() - from, 6 * COIL_SECOND + 1500 * COIL_MILLISECOND);
    end(a);
    schedule_free(schedule);
    return 0;
}

/* What was put off has asked for nothing, so the next one need not wait. */
static coil_time late_of_next(void)
{
    struct job *job = take();
    coil_time late = job->late;

    end(job);
    return late;
}

/* By the rate, they begin at 0, 1, 2, … s. */
SCHEDULE_TEST(fetch_schedule_late_is_what_lacked_a_place)
{
    struct job *first;

    ASSERT_EQ(schedule_new(&schedule,
                           &(struct schedule_options){
                               .concurrency = 10,
                               .per_group = 1,
                               .rate = rate_of(1, COIL_SECOND),
                           }),
              0);
    for (uint64_t n = 1; n <= 4; n++)
        put("a", 0, n);
    first = take();
    ASSERT_EQ(first->late, 0);
    ASSERT(is_quiet_for(4 * COIL_SECOND));
    end(first);
    ASSERT_EQ(late_of_next(), 3 * COIL_SECOND);
    ASSERT_EQ(late_of_next(), 3 * COIL_SECOND);
    put("b", 0, 5);
    ASSERT_EQ(late_of_next(), 3 * COIL_SECOND);
    ASSERT_EQ(late_of_next(), 3 * COIL_SECOND);
    /* Nothing waits, so what comes is late from its coming on. */
    ASSERT(is_quiet_for(COIL_SECOND / 2));
    put("a", 0, 6);
    ASSERT_EQ(late_of_next(), COIL_SECOND / 2);
    ASSERT(is_quiet_for(10 * COIL_SECOND));
    put("a", 0, 7);
    ASSERT_EQ(late_of_next(), 0);
    /* Nor is what its host wants to wait. */
    put("a", 0, 8);
    first = take();
    ASSERT_EQ(first->late, 0);
    schedule_block(schedule, first, coil_after(10 * COIL_SECOND));
    put("a", 0, 9);
    end(first);
    ASSERT(is_quiet_for(9 * COIL_SECOND));
    ASSERT_EQ(late_of_next(), 0);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_put_off_is_no_beginning)
{
    struct job *job;

    ASSERT_EQ(schedule_new(&schedule,
                           &(struct schedule_options){
                               .concurrency = 10,
                               .per_group = 10,
                               .rate = rate_of(1, COIL_SECOND),
                               .rate_per_group = rate_of(1, 10 * COIL_SECOND),
                           }),
              0);
    put("a", 0, 1);
    put("a", 0, 2);
    put("a", 0, 3);
    schedule_close(schedule);
    job = take();
    ASSERT_EQ(schedule_put_off(schedule, job, coil_after(COIL_MINUTE)), 0);
    ASSERT(!is_quiet_for(1));
    ASSERT(is_quiet_for(9 * COIL_SECOND));
    ASSERT_EQ(next(), 3u);
    ASSERT(is_quiet_for(49 * COIL_SECOND));
    ASSERT_EQ(next(), 1u);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_rates_space_the_beginnings)
{
    coil_time from = coil_now();
    struct job *job;

    ASSERT_EQ(schedule_new(&schedule,
                           &(struct schedule_options){
                               .concurrency = 10,
                               .per_group = 10,
                               .rate = rate_of(2, COIL_SECOND),
                               .rate_per_group = rate_of(1, COIL_SECOND) }),
              0);
    put("a", 0, 1);
    put("a", 0, 2);
    put("b", 9, 3);
    put("b", 9, 4);
    ASSERT_EQ(next(), 1u);
    ASSERT_EQ(next(), 3u);
    ASSERT_EQ(coil_now() - from, COIL_SECOND / 2);
    ASSERT_EQ(next(), 2u);
    ASSERT_EQ(coil_now() - from, COIL_SECOND);
    job = take();
    ASSERT_EQ(job->number, 4u);
    ASSERT_EQ(coil_now() - from, 3 * COIL_SECOND / 2);
    schedule_slow_down(schedule, job, 10 * COIL_SECOND);
    put("b", 0, 5);
    end(job);
    ASSERT_EQ(next(), 5u);
    ASSERT_EQ(coil_now() - from, 23 * COIL_SECOND / 2);
    schedule_free(schedule);
    return 0;
}

SCHEDULE_TEST(fetch_schedule_is_stopped_and_drained)
{
    struct job *a;
    struct job *b;
    int drained = 0;

    begin(4, 1);
    for (uint64_t i = 1; i <= 4; i++)
        put("a", 0, i);
    put("b", 0, 5);
    a = take();
    b = take();
    ASSERT_EQ(schedule_retry(schedule, b, coil_now() + COIL_SECOND), 0);
    schedule_stop(schedule);
    ASSERT_EQ(schedule_take(schedule, &b), 0);
    while ((b = schedule_drain(schedule))) {
        job_free(b);
        drained++;
    }
    ASSERT_EQ(drained, 4);
    ASSERT_EQ(schedule_waiting(schedule), 0u);
    end(a);
    schedule_free(schedule);
    return 0;
}

static int take_one(void *arg)
{
    return schedule_take(schedule, arg);
}

/* A cancelled take has taken nothing. */
SCHEDULE_TEST(fetch_schedule_take_is_cancelled_and_goes_on)
{
    struct coil_task *task;
    struct job *job = NULL;

    begin(4, 1);
    task = start(take_one, &job);
    ASSERT_EQ(coil_test_settle(), 0);
    coil_task_cancel(task);
    put("a", 0, 1);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_NULL(job);
    ASSERT_EQ(next(), 1u);
    schedule_free(schedule);
    return 0;
}

static void count_groups(void *arg, const struct group_view *view)
{
    (void)view;
    ++*(size_t *)arg;
}

/* Millions of hosts are not remembered for ever. */
SCHEDULE_TEST(fetch_schedule_forgets_idle_groups)
{
    size_t groups = 0;

    ASSERT_EQ(schedule_new(&schedule,
                           &(struct schedule_options){ .concurrency = 2,
                                                       .per_group = 1,
                                                       .max_groups = 100 }),
              0);
    for (uint64_t i = 0; i < 5000; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "h%d", (int)i);
        put(name, 0, i);
        ASSERT_EQ(next(), i);
    }
    schedule_each_group(schedule, count_groups, &groups);
    ASSERT_LE(groups, 102u);
    schedule_free(schedule);
    return 0;
}

/* ---- any program, beside a model of it ---------------------------------------- */

enum { GROUPS = 5, MOST = 40 };

/* What the model knows: a job by its number, and where it is. */
struct known {
    int group;
    int64_t priority;
    bool waits;
    coil_time not_before;
    struct job *job; /* under way */
};

static struct known known[MOST];
static size_t known_count;
static coil_time blocked[GROUPS];
static size_t limit;
static size_t limit_of_group;

static size_t active_of(int group)
{
    size_t active = 0;

    for (size_t i = 0; i < known_count; i++)
        active += known[i].job && (group < 0 || known[i].group == group);
    return active;
}

static bool is_startable(const struct known *k)
{
    return k->waits && k->not_before <= coil_now() &&
           blocked[k->group] <= coil_now() &&
           active_of(k->group) < limit_of_group && active_of(-1) < limit;
}

static const struct known *best(void)
{
    const struct known *found = NULL;

    for (size_t i = 0; i < known_count; i++)
        if (is_startable(&known[i]) &&
            (!found || known[i].priority < found->priority))
            found = &known[i];
    return found;
}

static void put_any(void)
{
    char name[] = { (char)('a' + coil_test_choose(GROUPS)), '\0' };

    if (known_count == MOST)
        return;
    known[known_count] = (struct known){
        .group = name[0] - 'a',
        .priority = (int64_t)coil_test_choose(3),
        .waits = true,
    };
    put(name, known[known_count].priority, known_count);
    known_count++;
}

static void take_any(void)
{
    const struct known *expected = best();
    struct known *taken;
    struct job *job;

    if (!expected) {
        ASSERT(is_quiet_for(0));
        return;
    }
    job = take();
    ASSERT_EQ(job->number, (uint64_t)(expected - known));
    taken = &known[job->number];
    taken->job = job;
    taken->waits = false;
}

static struct known *any_active(void)
{
    size_t active = active_of(-1);
    uint64_t n = active > 0 ? coil_test_choose(active) : 0;

    for (size_t i = 0; active > 0 && i < known_count; i++)
        if (known[i].job && n-- == 0)
            return &known[i];
    return NULL;
}

static void end_any(void)
{
    struct known *k = any_active();

    if (k) {
        end(k->job);
        k->job = NULL;
    }
}

static void retry_any(void)
{
    struct known *k = any_active();

    if (!k)
        return;
    k->not_before = coil_now() + (coil_time)coil_test_choose(3) * COIL_SECOND;
    ASSERT_EQ(schedule_retry(schedule, k->job, k->not_before), 0);
    k->job = NULL;
    k->waits = true;
}

static void block_any(void)
{
    struct known *k = any_active();
    coil_time until = coil_now() + (coil_time)coil_test_choose(3) * COIL_SECOND;

    if (!k)
        return;
    schedule_block(schedule, k->job, until);
    if (until > blocked[k->group])
        blocked[k->group] = until;
}

static void do_any(void)
{
    switch (coil_test_choose(8)) {
    case 0:
    case 1:
        put_any();
        break;
    case 2:
        end_any();
        break;
    case 3:
        retry_any();
        break;
    case 4:
        block_any();
        break;
    case 5:
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        break;
    default:
        take_any();
        break;
    }
}

static int do_many(void *arg)
{
    (void)arg;
    known_count = 0;
    memset(blocked, 0, sizeof blocked);
    limit = 1 + coil_test_choose(4);
    limit_of_group = 1 + coil_test_choose(3);
    begin(limit, limit_of_group);
    for (int i = 0; i < 150; i++)
        do_any();
    for (size_t i = 0; i < known_count; i++)
        if (known[i].job)
            end(known[i].job);
    schedule_free(schedule);
    return 0;
}

TEST(fetch_schedule_any_program_is_as_its_model)
{
    test_on_failure = say_where;
    simulated = true;
    for (seed = 1; seed <= 500; seed++)
        ASSERT_EQ(coil_test_run(do_many, NULL, seed), 0);
}
