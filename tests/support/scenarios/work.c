/* SPDX-License-Identifier: MIT */
/*
 * work.c - programs with a queue of jobs: scenario.h
 *
 * Whatever happens to a victim, each job that was put is done by the probe, once
 * its lease has ended, or was done before: none is lost.
 */
#include <coil/work.h>

#include "file_test.h"
#include "scenario.h"

static struct coil_work *queue;
static const char *url;
static int done; /* jobs that somebody knows to be done */

static const struct coil_work_options options = {
    .lease = COIL_SECOND,
    .max_deliveries = 100,
    .allow_volatile = true,
};

static int begin_queue(void)
{
    queue = NULL;
    done = 0;
    url = "memory:scenario";
    return coil_work_open(&queue, url, &options);
}

static void end_queue(void)
{
    if (queue)
        ASSERT_EQ(coil_work_close(queue), 0);
}

/* The same in a file, without waiting for the disk. */
static int begin_file(void)
{
    static char text[300];

    begin_directory();
    queue = NULL;
    done = 0;
    snprintf(text, sizeof text, "file:%s", in_directory("queue"));
    url = text;
    return coil_work_open(&queue, url, &options);
}

static void end_file(void)
{
    end_queue();
    end_directory();
}

/* What is unknown because of a cancellation is followed by that. */
static int known(int rc)
{
    int told;

    if (rc != COIL_EUNKNOWN)
        return rc;
    told = coil_checkpoint();
    if (!is_failing)
        ASSERT_EQ(told, -ECANCELED);
    return told < 0 ? told : rc;
}

static int put(const char *id)
{
    const struct coil_work_item item = { .id = id, .group = "group" };
    int rc = coil_work_put(queue, &item);

    return rc < 0 ? rc : 0;
}

static int put_three(void)
{
    int rc = put("a");

    if (rc == 0)
        rc = put("b");
    return rc < 0 ? rc : put("c");
}

/* ---- victims ---- */

static int end(struct coil_job *job, int rc)
{
    int ended;

    if (rc < 0) {
        ended = coil_job_return(job);
        return rc;
    }
    ended = known(coil_job_done(job));
    done += ended == 0;
    return ended;
}

static int do_one(int (*get)(struct coil_work *work, struct coil_job *job),
                  struct coil_work *work)
{
    struct coil_job job;
    int rc = get(work, &job);

    if (rc < 0)
        return rc;
    rc = coil_sleep(2 * COIL_SECOND);
    return end(&job, rc);
}

static int do_three(void *arg)
{
    int rc = put_three();

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = do_one(coil_work_get, queue);
    return rc;
}

static int fail_three(void *arg)
{
    struct coil_job job;
    int rc = put_three();

    (void)arg;
    if (rc == 0)
        rc = coil_work_get(queue, &job);
    if (rc == 0)
        rc = known(coil_job_retry(&job, COIL_SECOND));
    if (rc == 0)
        rc = coil_work_get(queue, &job);
    if (rc == 0)
        rc = known(coil_job_bury(&job, "a reason"));
    if (rc == 0)
        rc = coil_work_try_get(queue, &job);
    return rc < 0 ? rc : known(coil_job_return(&job));
}

static int put_later(void *arg)
{
    int rc = coil_sleep(COIL_SECOND);

    (void)arg;
    return rc < 0 ? rc : put("a");
}

static int begin_empty(void)
{
    int rc = begin_queue();

    return rc < 0 ? rc : help(put_later, NULL);
}

static int await_one(void *arg)
{
    (void)arg;
    return do_one(coil_work_get, queue);
}

static int open_and_close(void *arg)
{
    struct coil_work *own;
    int rc = coil_work_open(&own, url, &options);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_work_put(own, &(struct coil_work_item){ .id = "a" });
    if (rc >= 0)
        rc = do_one(coil_work_try_get, own);
    closed = coil_work_close(own);
    return rc < 0 ? rc : closed;
}

/* ---- probes ---- */

static void probe_queue(void)
{
    struct coil_work_stats stats;
    int rc;

    expect_helpers();
    if (!queue) /* it could not be opened */
        return;
    do {
        rc = coil_sleep(10 * COIL_SECOND);
        ASSERT_EQ(rc, 0);
        rc = do_one(coil_work_try_get, queue);
    } while (rc == 0);
    ASSERT_EQ(rc, -EAGAIN);
    ASSERT_EQ(coil_work_stats(queue, &stats), 0);
    ASSERT_EQ(stats.queued + stats.leased + stats.delayed, 0);
    ASSERT_EQ(stats.done + stats.dead, stats.put);
    ASSERT_GE(stats.done, (uint64_t)done);
    ASSERT_EQ(coil_work_put(queue, &(struct coil_work_item){ .id = NULL }), 1);
    ASSERT_EQ(do_one(coil_work_get, queue), 0);
}

/* Whatever has happened, it is so as well when it is read again. */
static void probe_file(void)
{
    struct coil_work_stats before, after;

    probe_queue();
    if (!queue)
        return;
    ASSERT_EQ(coil_work_stats(queue, &before), 0);
    ASSERT_EQ(coil_work_close(queue), 0);
    ASSERT_EQ(coil_work_open(&queue, url, &options), 0);
    ASSERT_EQ(coil_work_stats(queue, &after), 0);
    ASSERT_EQ(after.put, before.put);
    ASSERT_EQ(after.done, before.done);
    ASSERT_EQ(after.dead, before.dead);
    probe_queue();
}

const struct scenario scenarios_work_file[] = {
    { "work_file_done", begin_file, do_three, probe_file, end_file },
    { "work_file_ends", begin_file, fail_three, probe_file, end_file },
    { "work_file_open", begin_file, open_and_close, probe_file, end_file },
    { NULL },
};

const struct scenario scenarios_work[] = {
    { "work_done", begin_queue, do_three, probe_queue, end_queue },
    { "work_ends", begin_queue, fail_three, probe_queue, end_queue },
    { "work_awaited", begin_empty, await_one, probe_queue, end_queue },
    { "work_open", begin_queue, open_and_close, probe_queue, end_queue },
    { NULL },
};
