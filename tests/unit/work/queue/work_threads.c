/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* LABELS: threads */
/* A queue that several loops share: each job is done once. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/loops.h>
#include <coil/sleep.h>
#include <coil/task_group.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "file_test.h"
#include "test.h"

enum { LOOPS = 3, WORKERS = 4, JOBS = 300, BODY = 10000 };

static const char *url;
static char body[BODY];

static atomic_int done[JOBS];
static int inside; /* of the lock, which alone guards it */
static int visits;

static int visit(struct coil_work *queue)
{
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, queue, "room");

    if (rc < 0)
        return rc;
    ASSERT_EQ(inside++, 0);
    visits++;
    rc = coil_yield();
    inside--;
    ASSERT_EQ(coil_work_right_release(&right), 0);
    return rc;
}

static int do_one(struct coil_work *queue, struct coil_job *job)
{
    int number = atoi(job->id);
    int rc = number % 10 == 0 ? visit(queue) : coil_yield();

    ASSERT_EQ(rc, 0);
    if (number % 7 == 0 && job->delivery == 1)
        return coil_job_retry(job, COIL_MILLISECOND);
    atomic_fetch_add(&done[number], 1);
    return coil_job_done(job);
}

static int work(void *queue)
{
    struct coil_job job;
    int rc = 0;

    while (rc == 0) {
        rc = coil_work_get(queue, &job);
        if (rc == 0)
            rc = do_one(queue, &job);
    }
    return rc == -EPIPE ? 0 : rc;
}

/* All loops put all jobs. */
static int put_all(struct coil_work *queue)
{
    int rc = 0;

    for (int i = 0; rc >= 0 && i < JOBS; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        rc = coil_work_put(queue, &(struct coil_work_item){
                                      .id = id, .body = body, .size = BODY });
    }
    return rc < 0 ? rc : 0;
}

static int run_loop(void *arg)
{
    struct coil_task_group group;
    struct coil_work *queue;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_work_open(&queue, url, NULL), 0);
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < WORKERS; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, work, queue), 0);
    rc = put_all(queue);
    ASSERT_EQ(rc, 0);
    rc = coil_work_join(queue);
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_work_close(queue), 0);
    return coil_task_group_end(&group, rc);
}

static void share(const char *where)
{
    url = where;
    visits = 0;
    for (int i = 0; i < JOBS; i++)
        atomic_store(&done[i], 0);
    ASSERT_EQ(coil_loops_run(LOOPS, run_loop, NULL), 0);
    for (int i = 0; i < JOBS; i++)
        ASSERT_EQ(atomic_load(&done[i]), 1);
    ASSERT_GE(visits, JOBS / 10);
}

TEST(work_threads_share_a_queue_in_memory)
{
    share("memory:threads");
}

/* It is written anew meanwhile. */
TEST(work_threads_share_a_queue_in_a_file)
{
    char where[300];

    begin_directory();
    snprintf(where, sizeof where, "file:%s", in_directory("queue"));
    share(where);
    end_directory();
}
