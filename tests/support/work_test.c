/* SPDX-License-Identifier: MIT */
/* work_test.c - what the tests of coil/work.h share */
#include "work_test.h"

#include <errno.h>
#include <string.h>

#include "test.h"

struct coil_work *work;

void open_work(const struct coil_work_options *options)
{
    ASSERT_EQ(coil_work_open(&work, "memory:", options), 0);
}

void close_work(void)
{
    ASSERT_EQ(coil_work_close(work), 0);
    work = NULL;
}

void put_job(const char *id, const char *group, int priority)
{
    const struct coil_work_item item = {
        .id = id,
        .group = group,
        .priority = (int16_t)priority,
        .body = id,
        .size = strlen(id),
    };

    ASSERT_EQ(coil_work_put(work, &item), 1);
}

static void expect_job(const struct coil_job *job, const char *id)
{
    ASSERT_STR_EQ(job->id, id);
    ASSERT_STR_EQ((const char *)job->body, id);
    ASSERT_EQ(job->size, strlen(id));
    ASSERT(coil_job_is_held(job));
}

void get_job(struct coil_job *job, const char *id)
{
    ASSERT_EQ(coil_work_get(work, job), 0);
    expect_job(job, id);
}

void try_get_job(struct coil_job *job, const char *id)
{
    ASSERT_EQ(coil_work_try_get(work, job), 0);
    expect_job(job, id);
}

void expect_none(void)
{
    struct coil_job job;

    ASSERT_EQ(coil_work_try_get(work, &job), -EAGAIN);
}

void finish_job(const char *id)
{
    struct coil_job job;

    try_get_job(&job, id);
    ASSERT_EQ(coil_job_done(&job), 0);
}

void expect_same_stats(const struct coil_work_stats *stats,
                       const struct coil_work_stats *expected)
{
    ASSERT_EQ(stats->put, expected->put);
    ASSERT_EQ(stats->done, expected->done);
    ASSERT_EQ(stats->queued, expected->queued);
    ASSERT_EQ(stats->delayed, expected->delayed);
    ASSERT_EQ(stats->leased, expected->leased);
    ASSERT_EQ(stats->dead, expected->dead);
    ASSERT_EQ(stats->retried, expected->retried);
    ASSERT_EQ(stats->expired, expected->expired);
}

void expect_stats(const struct coil_work_stats *expected)
{
    struct coil_work_stats stats;

    ASSERT_EQ(coil_work_stats(work, &stats), 0);
    expect_same_stats(&stats, expected);
}
