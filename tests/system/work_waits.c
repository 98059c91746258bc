/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Who waits for a job of a queue in a Redis is told of a job that somebody else has
 * made ready for a later time, long before a lease ends.
 */
#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "test.h"
#include "work_redis_test.h"

#define DELAY (50 * COIL_MILLISECOND)
/* Whoever is not told looks after five seconds. */
#define SOON (3 * COIL_SECOND)

static const struct coil_work_options waiting_options = {
    .group_limit = 1,
    .group_delay = DELAY,
};

static int put_job(const char *id, const char *group)
{
    const struct coil_work_item item = { .id = id, .group = group };

    return coil_work_put(one, &item);
}

static int wait_for_job(void *arg)
{
    struct coil_timeout limit;
    struct coil_job job;
    int rc = coil_timeout_begin(&limit, SOON);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_work_get(two, &job);
    if (rc == 0) {
        say("%s ", job.id);
        rc = coil_job_done(&job);
    }
    return coil_timeout_end(&limit, rc);
}

/* The holder has a job, and the waiter was told that there is no other. */
static struct coil_task *begin(struct coil_job *job)
{
    struct coil_task *task;

    ASSERT_EQ(coil_work_get(one, job), 0);
    ASSERT_STR_EQ(job->id, "a");
    task = start(wait_for_job, NULL);
    ASSERT_EQ(coil_sleep(DELAY), 0);
    return task;
}

static int end_first(void *arg)
{
    struct coil_job job;
    struct coil_task *task;

    (void)arg;
    open_queues(&waiting_options);
    ASSERT_EQ(put_job("a", "host"), 1);
    ASSERT_EQ(put_job("b", "host"), 1);
    task = begin(&job);
    ASSERT_EQ(coil_job_done(&job), 0);
    ASSERT_EQ(end_of(task), 0);
    SAID("b ");
    close_queues();
    return 0;
}

TEST(work_waits_for_the_delay_of_a_group)
{
    run_with_redis(end_first);
}

static int retry(void *arg)
{
    struct coil_job job;
    struct coil_task *task;

    (void)arg;
    open_queues(&waiting_options);
    ASSERT_EQ(put_job("a", NULL), 1);
    task = begin(&job);
    ASSERT_EQ(coil_job_retry(&job, DELAY), 0);
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
    close_queues();
    return 0;
}

TEST(work_waits_for_what_is_tried_again)
{
    run_with_redis(retry);
}
