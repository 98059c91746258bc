/* SPDX-License-Identifier: MIT */
/*
 * work.c - jobs for one process, for all its processors, or for a fleet
 *
 *     work [-n LOOPS] [URL [JOBS]]
 *
 * URL names the queue: memory: if nothing is said; memory:NAME for several loops;
 * file:FOLDER, with which the next run goes on; redis://host/ for as many processes
 * and machines as you start.  With JOBS so many jobs are put into it.  Each is "done"
 * by a sleep; every tenth fails at first.  The process ends when nothing is left to
 * do, here and elsewhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/work.h>

enum { WORKERS = 4 };

static const char *url = "memory:";
static int jobs = 20;

/* What a job is about.  It fails when it is begun for the first time. */
static int treat(const struct coil_job *job)
{
    int rc = coil_sleep(5 * COIL_MILLISECOND);

    if (rc == 0 && job->delivery == 1 && atoi(job->body) % 10 == 0)
        return -EIO;
    return rc;
}

static int end(struct coil_job *job, int rc)
{
    printf("job %s, delivery %u: %s\n", job->id, job->delivery,
           rc == 0 ? "done" : coil_strerror(rc));
    if (rc == 0)
        return coil_job_done(job);
    if (rc == -ECANCELED)
        return coil_job_return(job);
    return coil_job_retry(job, 10 * COIL_MILLISECOND);
}

static int work(void *arg)
{
    struct coil_job job;
    int rc;

    while ((rc = coil_work_get(arg, &job)) == 0) {
        rc = treat(&job);
        rc = end(&job, rc);
        if (rc < 0 && rc != -ESTALE)
            return rc;
    }
    return rc == -EPIPE ? 0 : rc;
}

static int put_jobs(struct coil_work *queue)
{
    int rc = 0;

    for (int i = 0; rc >= 0 && i < jobs; i++) {
        char text[16];

        snprintf(text, sizeof text, "%d", i);
        rc = coil_work_put(queue, &(struct coil_work_item){
                                      .id = text,
                                      .body = text,
                                      .size = strlen(text),
                                  });
    }
    return rc < 0 ? rc : 0;
}

static int say_end(struct coil_work *queue)
{
    struct coil_work_stats stats;
    int rc = coil_work_stats(queue, &stats);

    if (rc == 0)
        printf("%llu put, %llu done, %llu dead, %llu retried\n",
               (unsigned long long)stats.put, (unsigned long long)stats.done,
               (unsigned long long)stats.dead,
               (unsigned long long)stats.retried);
    return rc;
}

/* The main task of each loop: its workers end when the queue is closed. */
static int run(void *arg)
{
    struct coil_task_group group;
    struct coil_work *queue;
    int rc = coil_work_open(&queue, url, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_group_create(&group, NULL, work, queue);
    if (rc == 0 && coil_loops_index() == 0)
        rc = put_jobs(queue);
    if (rc == 0)
        rc = coil_work_join(queue);
    if (rc == 0 && coil_loops_index() == 0)
        rc = say_end(queue);
    (void)!coil_work_close(queue);
    return coil_task_group_end(&group, rc);
}

int main(int argc, char **argv)
{
    unsigned loops = 1;

    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        loops = (unsigned)strtoul(argv[2], NULL, 10);
        argc -= 2;
        argv += 2;
    }
    if (argc > 1) {
        url = argv[1];
        jobs = argc > 2 ? atoi(argv[2]) : 0;
    }
    return coil_run_status(coil_loops_run(loops, run, NULL));
}
