/* SPDX-License-Identifier: MIT */
/*
 * A lease is a scope: it is renewed, and its task is cancelled before anybody else
 * may have the job.  The engine fails as a network lets it.
 */
#include <errno.h>
#include <string.h>

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>
#include <coil/work.h>

#include "simulated.h"
#include "test.h"
#include "work/queue/handle.h"
#include "work_test.h"

/* ---- an engine that can be cut off ---- */

static const struct coil__work_engine_ops *sound;
static int error;   /* what operations return instead; 1: they get no answer */
static int stale;   /* … of renewals, as their result */
static int renewed; /* how often */

/* What happens to a call; 0: it is made. */
static int suffer(void)
{
    if (error == 1)
        return coil_sleep(COIL_NEVER);
    return error;
}

static int cut_claim(struct coil__work_engine *engine,
                     struct coil__work_claim *claims, size_t n, size_t *count,
                     coil_time *next)
{
    int rc = suffer();

    return rc < 0 ? rc : sound->claim(engine, claims, n, count, next);
}

static int cut_finish(struct coil__work_engine *engine,
                      struct coil__work_outcome *outcomes, size_t n)
{
    int rc = suffer();

    return rc < 0 ? rc : sound->finish(engine, outcomes, n);
}

static int cut_renew(struct coil__work_engine *engine,
                     struct coil__work_renewal *renewals, size_t n)
{
    int rc = suffer();

    if (rc == 0)
        rc = sound->renew(engine, renewals, n);
    renewed += rc == 0;
    for (size_t i = 0; stale && i < n; i++)
        renewals[i].result = -ESTALE;
    return rc;
}

enum { LEASE = 24, MARGIN = 4 }; /* seconds */

static struct coil_work *other;
static struct coil__work_engine_ops cut;

static void begin(void)
{
    const struct coil_work_options options = {
        .lease = LEASE * COIL_SECOND,
        .margin = MARGIN * COIL_SECOND,
        .max_deliveries = 9,
    };

    error = stale = renewed = 0;
    ASSERT_EQ(coil_work_open(&work, "memory:lease", &options), 0);
    ASSERT_EQ(coil_work_open(&other, "memory:lease", &options), 0);
    sound = work->engine->ops;
    cut = *sound;
    cut.claim = cut_claim;
    cut.finish = cut_finish;
    cut.renew = cut_renew;
    work->engine->ops = &cut;
}

static void end(void)
{
    error = 0;
    close_work();
    ASSERT_EQ(coil_work_close(other), 0);
}

#define LEASE_TEST(name) SIMULATED_TEST(name, begin, end, 0, 0)

/* It is there for others, and was delivered `deliveries` times before. */
static void expect_elsewhere(const char *id, unsigned deliveries)
{
    struct coil_job job;

    ASSERT_EQ(coil_work_get(other, &job), 0);
    ASSERT_STR_EQ(job.id, id);
    ASSERT_EQ(job.delivery, deliveries + 1);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* ---- renewal ---- */

LEASE_TEST(lease_is_renewed_as_long_as_the_work_takes)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_sleep(100 * LEASE * COIL_SECOND), 0);
    ASSERT(coil_job_is_held(&job));
    ASSERT_GE(renewed, 290);
    ASSERT_LE(renewed, 310);
    ASSERT_EQ(coil_job_done(&job), 0);
    expect_stats(&(struct coil_work_stats){ .put = 1, .done = 1 });
}

LEASE_TEST(lease_that_is_renewed_in_vain_once_stands)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    error = -ECONNRESET;
    ASSERT_EQ(coil_sleep(LEASE / 2 * COIL_SECOND), 0);
    error = 0;
    ASSERT_EQ(coil_sleep(LEASE * COIL_SECOND), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* Cut off from now on: the body ends a margin before the job is another's. */
static void expect_end_before(int kind)
{
    struct coil_job job, again;
    coil_time cut_off;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_sleep(10 * LEASE * COIL_SECOND), 0);
    error = kind;
    cut_off = coil_now();
    ASSERT_EQ(coil_sleep(COIL_NEVER), -ECANCELED);
    ASSERT_LE(coil_now() - cut_off, (LEASE - MARGIN) * COIL_SECOND);
    ASSERT(!coil_job_is_held(&job));
    cut_off = coil_now();
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    ASSERT_EQ(coil_work_get(other, &again), 0);
    ASSERT_GE(coil_now() - cut_off, MARGIN * COIL_SECOND);
    ASSERT_EQ(again.delivery, 2);
    ASSERT_GT(again.fence, job.fence);
    ASSERT_EQ(coil_job_done(&again), 0);
}

LEASE_TEST(lease_ends_its_task_before_the_job_is_given_to_another)
{
    expect_end_before(-ECONNRESET);
}

LEASE_TEST(lease_ends_its_task_when_no_answer_comes)
{
    expect_end_before(1);
}

LEASE_TEST(lease_that_the_engine_knows_not_ends_at_once)
{
    struct coil_job job;
    coil_time begun;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    stale = 1;
    begun = coil_now();
    ASSERT_EQ(coil_sleep(COIL_NEVER), -ECANCELED);
    ASSERT_LE(coil_now() - begun, LEASE / 3 * COIL_SECOND);
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    /* The task goes on. */
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    stale = 0;
    expect_elsewhere("a", 1);
}

LEASE_TEST(lease_is_not_held_by_who_computes_too_long)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    coil_test_compute((LEASE - MARGIN) * COIL_SECOND - 1);
    ASSERT(coil_job_is_held(&job));
    coil_test_compute(1);
    ASSERT(!coil_job_is_held(&job));
    ASSERT_EQ(coil_sleep(COIL_SECOND), -ECANCELED);
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    expect_elsewhere("a", 1);
}

LEASE_TEST(lease_ends_alone_among_several)
{
    struct coil_job one, two;

    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    get_job(&one, "a");
    get_job(&two, "b");
    ASSERT_EQ(coil_sleep(LEASE * COIL_SECOND), 0);
    ASSERT_EQ(coil_job_done(&two), 0);
    ASSERT_EQ(coil_sleep(LEASE * COIL_SECOND), 0);
    ASSERT_EQ(coil_job_done(&one), 0);
}

/* ---- a timeout and a cancellation of the user's ---- */

LEASE_TEST(lease_leaves_other_scopes_alone)
{
    struct coil_timeout limit;
    struct coil_job job;
    int rc;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_sleep(COIL_NEVER);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT(coil_job_is_held(&job));
    ASSERT_EQ(coil_job_retry(&job, 0), 0);
    expect_elsewhere("a", 1);
}

/* ---- an end that the engine does not hear ---- */

LEASE_TEST(lease_whose_end_is_not_heard_ends_by_itself)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    error = -ECONNREFUSED;
    ASSERT_EQ(coil_job_done(&job), -ECONNREFUSED);
    error = 0;
    expect_elsewhere("a", 1);
    put_job("b", NULL, 0);
    finish_job("b");
}

static int end_without_answer(void *arg)
{
    struct coil_job job;
    int rc;

    (void)arg;
    get_job(&job, "a");
    error = -EIO;
    rc = coil_job_done(&job);
    ASSERT_EQ(rc, COIL_EUNKNOWN);
    rc = coil_checkpoint();
    ASSERT_EQ(rc, -ECANCELED);
    return 0;
}

/* The engine is asked, and takes its time. */
static int slow_finish(struct coil__work_engine *engine,
                       struct coil__work_outcome *outcomes, size_t n)
{
    int rc = coil_sleep(COIL_SECOND);

    return rc < 0 ? rc : sound->finish(engine, outcomes, n);
}

LEASE_TEST(lease_whose_end_is_under_way_is_unknown_to_who_is_cancelled)
{
    struct coil_task *task;

    cut.finish = slow_finish;
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_create(&task, end_without_answer, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    coil_task_cancel(task);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    error = 0;
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    expect_stats(&(struct coil_work_stats){ .put = 1, .done = 1 });
}

static int end_behind_another(void *arg)
{
    struct coil_job job;
    int rc;

    get_job(&job, arg);
    rc = coil_job_done(&job);
    return rc;
}

/* What was not sent yet did not happen. */
LEASE_TEST(lease_whose_end_was_not_sent_is_given_back)
{
    struct coil_task *tasks[2];

    cut.finish = slow_finish;
    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    ASSERT_EQ(coil_task_create(&tasks[0], end_behind_another, "a"), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 4), 0);
    ASSERT_EQ(coil_task_create(&tasks[1], end_behind_another, "b"), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 4), 0);
    coil_task_cancel(tasks[1]);
    ASSERT_EQ(coil_task_await(tasks[1]), -ECANCELED);
    ASSERT_EQ(coil_task_await(tasks[0]), 0);
    coil_task_release(tasks[0]);
    coil_task_release(tasks[1]);
    expect_elsewhere("b", 0);
}

/* ---- claims that fail ---- */

LEASE_TEST(lease_of_a_claim_that_fails_is_nobodys)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    error = -ECONNREFUSED;
    ASSERT_EQ(coil_work_get(work, &job), -ECONNREFUSED);
    ASSERT_EQ(coil_work_try_get(work, &job), -ECONNREFUSED);
    error = 0;
    finish_job("a");
}

static int late_claim(struct coil__work_engine *engine,
                      struct coil__work_claim *claims, size_t n, size_t *count,
                      coil_time *next)
{
    int rc = sound->claim(engine, claims, n, count, next);

    cut.claim = cut_claim;
    return rc < 0 ? rc : coil_sleep((LEASE - MARGIN) * COIL_SECOND);
}

/* An answer that comes too late: the job is given back, and claimed anew. */
LEASE_TEST(lease_that_comes_too_late_is_not_begun)
{
    struct coil_job job;
    coil_time begun = coil_now();

    cut.claim = late_claim;
    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_now() - begun, (LEASE - MARGIN) * COIL_SECOND);
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* ---- closing ---- */

static int hold_for_ever(void *arg)
{
    struct coil_job job;
    int rc;

    get_job(&job, arg);
    rc = coil_sleep(COIL_NEVER);
    ASSERT_EQ(rc, -ECANCELED);
    return coil_job_done(&job);
}

LEASE_TEST(lease_ends_when_the_queue_is_closed)
{
    struct coil_task *task;

    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_create(&task, hold_for_ever, "a"), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    close_work();
    ASSERT_EQ(coil_task_await(task), -ESTALE);
    coil_task_release(task);
    expect_elsewhere("a", 0);
    open_work(NULL);
}
