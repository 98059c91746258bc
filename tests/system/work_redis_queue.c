/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* coil/work.h over a Redis: what a program sees. */
#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "test.h"
#include "work_redis_test.h"

static struct coil_work_options queue_options;

static int put_text(const char *id, coil_time delay)
{
    const struct coil_work_item item = {
        .id = id,
        .group = "host",
        .delay = delay,
        .body = id,
        .size = strlen(id),
    };

    return coil_work_put(one, &item);
}

static void run(coil_fn fn)
{
    queue_options = (struct coil_work_options){ .name = "jobs" };
    run_with_redis(fn);
}

/* ---- waiting ---- */

static int work_all(void *arg)
{
    struct coil_work *work = arg;
    struct coil_job job;
    int rc;

    while ((rc = coil_work_get(work, &job)) == 0) {
        say("%s%u ", job.id, job.delivery);
        if (job.delivery == 1 && *job.id == 'r')
            rc = coil_job_retry(&job, 0);
        else if (*job.id == 'b')
            rc = coil_job_bury(&job, "no good");
        else
            rc = coil_job_done(&job);
        ASSERT_EQ(rc, 0);
    }
    return rc;
}

static void await_said(const char *text)
{
    coil_time deadline = coil_after(20 * COIL_SECOND);

    while (strcmp(trace, text) != 0) {
        ASSERT_LT(coil_now(), deadline);
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    }
    forget();
}

/* Who waits is told, and by the clock of the server. */
static int wait_for_jobs(void *arg)
{
    struct coil_task *task;
    struct coil_work_stats stats;
    coil_time begun;

    (void)arg;
    open_queues(&queue_options);
    task = start_waiting(work_all, two);
    begun = coil_now();
    for (int i = 0; i < 10; i++) {
        char id[2] = { (char)('0' + i), '\0' };
        char said[4] = { id[0], '1', ' ', '\0' };

        ASSERT_EQ(put_text(id, 0), 1);
        await_said(said);
    }
    /* Looking now and then would take longer. */
    ASSERT_LT(coil_now() - begun, 20 * COIL_SECOND);
    ASSERT_EQ(put_text("r", 0), 1);
    await_said("r1 r2 ");
    ASSERT_EQ(put_text("bad", 0), 1);
    await_said("bad1 ");
    begun = coil_now();
    ASSERT_EQ(put_text("late", 50 * COIL_MILLISECOND), 1);
    await_said("late1 ");
    ASSERT_GE(coil_now() - begun, 50 * COIL_MILLISECOND);
    do
        ASSERT_EQ(coil_work_stats(one, &stats), 0);
    while (stats.done < 12);
    ASSERT_EQ(stats.put, 13);
    ASSERT_EQ(stats.dead, 1);
    ASSERT_EQ(stats.retried, 1);
    end_cancelled(task);
    close_queues();
    return 0;
}

TEST(work_redis_queue_gives_what_is_put)
{
    run(wait_for_jobs);
}

/* ---- leases ---- */

/* Its holder is interrupted before the server gives the job to another. */
static int lose_the_server(void *arg)
{
    struct coil_job job;
    coil_time begun;
    unsigned delivery;

    (void)arg;
    queue_options.lease = 400 * COIL_MILLISECOND;
    open_queues(&queue_options);
    ASSERT_EQ(put_text("1", 0), 1);
    begun = coil_now();
    ASSERT_EQ(coil_work_get(one, &job), 0);
    kill_redis();
    ASSERT_EQ(coil_sleep(60 * COIL_SECOND), -ECANCELED);
    ASSERT_GE(coil_now() - begun, 350 * COIL_MILLISECOND);
    ASSERT(!coil_job_is_held(&job));
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    ASSERT_EQ(coil_checkpoint(), 0);
    start_redis();
    ASSERT_EQ(coil_work_get(two, &job), 0);
    delivery = job.delivery;
    ASSERT_EQ(delivery, 2);
    /* It is renewed again and again. */
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT(coil_job_is_held(&job));
    ASSERT_EQ(coil_job_done(&job), 0);
    close_queues();
    return 0;
}

TEST(work_redis_queue_lets_a_lease_end_when_the_server_is_away)
{
    run(lose_the_server);
}

static int hold_on(void *arg)
{
    struct coil_job job;

    (void)arg;
    ASSERT_EQ(coil_work_get(one, &job), 0);
    say("%s ", job.id);
    ASSERT_EQ(coil_sleep(60 * COIL_SECOND), -ECANCELED);
    return coil_job_done(&job);
}

/* What it held is another's at once, and for the first time. */
static int close_one(void *arg)
{
    struct coil_task *task;
    struct coil_job job;

    (void)arg;
    open_queues(&queue_options);
    ASSERT_EQ(put_text("1", 0), 1);
    task = start(hold_on, NULL);
    await_said("1 ");
    ASSERT_EQ(coil_work_close(one), 0);
    ASSERT_EQ(end_of(task), -ESTALE);
    ASSERT_EQ(coil_work_get(two, &job), 0);
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    ASSERT_EQ(coil_work_close(two), 0);
    return 0;
}

TEST(work_redis_queue_gives_back_what_it_holds_when_it_is_closed)
{
    run(close_one);
}

/* ---- opening ---- */

static int open_many(void *arg)
{
    struct coil_work *work;

    (void)arg;
    ASSERT_EQ(coil_work_open(&work, "redis://127.0.0.1:1/%", NULL),
              COIL_EREDIS_BAD_URL);
    tell_redis("CONFIG SET appendfsync everysec");
    ASSERT_EQ(coil_work_open(&work, redis_url, NULL), -EPERM);
    ASSERT_NULL(work);
    queue_options.allow_volatile = true;
    ASSERT_EQ(coil_work_open(&work, redis_url, &queue_options), 0);
    ASSERT_EQ(coil_work_close(work), 0);
    return 0;
}

TEST(work_redis_queue_refuses_a_server_that_may_forget)
{
    run(open_many);
}
