/* SPDX-License-Identifier: MIT */
/*
 * record.c - some tasks for the flight recorder
 *
 *     mkdir records
 *     COIL_RECORD=records build/examples/record
 *     coil-record top records
 *     coil-record convert --svg -o record.svg records
 *
 * Workers take jobs from a queue and write under one lock.  One job does what no
 * task should: it blocks its thread for 200 ms, and everybody waits.
 */
#include <stdio.h>
#include <time.h>

#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/record.h>
#include <coil/run.h>
#include <coil/sleep.h>
#include <coil/task_group.h>

enum { WORKERS = 4, JOBS = 40, BAD_JOB = 23 };

static struct coil_queue jobs;
static struct coil_lock output = COIL_LOCK_INIT;

/* A call that blocks, where others could run. */
static void block(void)
{
    const struct timespec time = { 0, 200000000 };

    nanosleep(&time, NULL);
}

static int do_job(int job)
{
    int rc;

    coil_span_begin("job");
    rc = coil_sleep((4 + job % 5) * COIL_MILLISECOND);
    if (rc == 0 && job == BAD_JOB) {
        coil_note("the bad one");
        block();
    }
    if (rc == 0)
        rc = coil_lock_acquire(&output);
    if (rc == 0) {
        rc = coil_sleep(3 * COIL_MILLISECOND);
        coil_lock_release(&output);
    }
    coil_span_end();
    return rc;
}

static int work(void *arg)
{
    int job = 0;
    int rc = 0;

    (void)arg;
    while (rc == 0) {
        rc = coil_queue_get(&jobs, &job);
        if (rc == 0)
            rc = do_job(job);
        if (rc == 0)
            coil_queue_task_done(&jobs);
    }
    return rc;
}

static int give_out(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int job = 0; job < JOBS && rc == 0; job++) {
        rc = coil_queue_put(&jobs, &job);
        if (rc == 0 && job % 8 == 0)
            rc = coil_sleep(20 * COIL_MILLISECOND);
    }
    return rc;
}

static int add(struct coil_task_group *group, coil_fn fn, const char *name)
{
    const struct coil_task_options options = { .name = name };

    return coil_task_group_create_with(group, NULL, fn, NULL, &options);
}

static int run(void *arg)
{
    struct coil_task_group group;
    char name[32];
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = add(&group, give_out, "giver");
    for (int i = 1; i <= WORKERS && rc == 0; i++) {
        snprintf(name, sizeof name, "worker %d", i);
        rc = add(&group, work, name);
    }
    if (rc == 0)
        rc = coil_sleep(60 * COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_queue_join(&jobs);
    coil_task_group_cancel(&group);
    return coil_task_group_end(&group, rc);
}

int main(void)
{
    int rc;

    coil_queue_init(&jobs, sizeof(int), 8);
    rc = coil_run(run, NULL);
    coil_queue_fini(&jobs);
    return coil_run_status(rc);
}
