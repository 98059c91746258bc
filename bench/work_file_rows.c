/* SPDX-License-Identifier: MIT */
/*
 * work_file_rows.c - what a job of a queue in a file costs
 *
 *     work_file_rows FOLDER [JOBS [QUEUED]]
 *
 * The queue lies in a new folder within FOLDER, which is removed in the end.  So FOLDER
 * chooses the disk that is measured.  JOBS says how many jobs each row has; the default
 * is 20000.  A job is put, claimed and done by the same task, by 1 task and by 64, with
 * fdatasync() and without (allow_volatile).  Prints the time and the processor time of
 * this process for a job, in microseconds.
 *
 * Then QUEUED jobs, 200000, lie in the queue, and it is opened anew; and jobs come and go
 * until the file has been written anew at least twice: how long the slowest of them took.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil.h>
#include <coil/work.h>

#include "bench.h"

enum { AT_ONCE = 64 };

static const char *place;
static long jobs = 20000;
static long queued = 200000;
static char folder[256];
static char url[300];
static struct coil_work *work;
static long left;
static long number; /* of the last job */
static coil_time slowest;

static int put_one(void)
{
    char id[96];

    snprintf(id, sizeof id, "https://host-%ld.example/page/%ld.html",
             number % 1000, number);
    number++;
    return coil_work_put(work, &(struct coil_work_item){ .id = id });
}

static int do_one(void)
{
    struct coil_job job;
    int rc = coil_work_get(work, &job);

    return rc < 0 ? rc : coil_job_done(&job);
}

static int put_and_do(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc >= 0 && left > 0) {
        coil_time begin = coil_now();

        left--;
        rc = put_one();
        if (rc >= 0)
            rc = do_one();
        if (slowest < coil_now() - begin)
            slowest = coil_now() - begin;
    }
    return rc < 0 ? rc : 0;
}

static int run_tasks(int count)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create(&group, NULL, put_and_do, NULL);
    return coil_task_group_end(&group, rc);
}

static int open_queue(bool syncs)
{
    return coil_work_open(
        &work, url, &(struct coil_work_options){ .allow_volatile = !syncs });
}

static int measure_row(int tasks, bool syncs)
{
    uint64_t cpu;
    coil_time begin;
    int rc = open_queue(syncs);

    if (rc < 0)
        return rc;
    left = jobs;
    cpu = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    begin = coil_now();
    rc = run_tasks(tasks);
    printf("put, claim and done, %2d tasks, %-12s %8.1f us, %6.1f us of a "
           "processor\n",
           tasks, syncs ? "synced:" : "not synced:",
           (double)(coil_now() - begin) / 1000 / (double)jobs,
           (double)(bench_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1000 /
               (double)jobs);
    (void)!coil_work_close(work);
    return rc;
}

static int fill(void)
{
    struct coil_work_item items[AT_ONCE];
    char ids[AT_ONCE][96];
    int rc = 0;

    for (long i = 0; rc >= 0 && i < queued; i += AT_ONCE) {
        for (int k = 0; k < AT_ONCE; k++) {
            snprintf(ids[k], sizeof ids[k],
                     "https://host-%ld.example/queued/%ld.html", i % 1000,
                     i + k);
            items[k] = (struct coil_work_item){ .id = ids[k], .priority = 1 };
        }
        rc = coil_work_put_many(work, items, AT_ONCE);
    }
    return rc < 0 ? rc : 0;
}

static int measure_many(void)
{
    coil_time begin;
    uint64_t cpu;
    int rc = open_queue(true);

    if (rc == 0)
        rc = fill();
    (void)!coil_work_close(work);
    begin = coil_now();
    cpu = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (rc == 0)
        rc = open_queue(true);
    if (rc < 0)
        return rc;
    printf("open it with %ld jobs: %.0f ms, %.0f of a processor\n", queued,
           (double)(coil_now() - begin) / 1e6,
           (double)(bench_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6);
    left = 5 * queued;
    slowest = 0;
    rc = run_tasks(AT_ONCE);
    printf("the slowest of %ld jobs that came and went: %.0f ms\n", 5 * queued,
           (double)slowest / 1e6);
    (void)!coil_work_close(work);
    return rc;
}

static void clean_up(void)
{
    static const char *const names[] = { "journal", "new", "lock" };
    char path[300];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/work.%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static int measure(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int syncs = 1; rc == 0 && syncs >= 0; syncs--) {
        rc = measure_row(1, syncs);
        if (rc == 0)
            rc = measure_row(64, syncs);
    }
    if (rc == 0 && queued > 0)
        rc = measure_many();
    return rc;
}

int main(int argc, char **argv)
{
    int rc;

    place = argc > 1 ? argv[1] : ".";
    if (argc > 2)
        jobs = atol(argv[2]);
    if (argc > 3)
        queued = atol(argv[3]);
    snprintf(folder, sizeof folder, "%s/work-file-XXXXXX", place);
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(url, sizeof url, "file:%s", folder);
    rc = coil_run(measure, NULL);
    clean_up();
    return coil_run_status(rc);
}
