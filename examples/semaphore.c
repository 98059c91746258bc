/* SPDX-License-Identifier: MIT */
/*
 * semaphore.c - twelve tasks fetch, three at a time
 *
 *     semaphore [URL]        of an httpbin, such as coil-httpbin
 *
 * If one of them fails the group cancels the others, and the program says why.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

#include "common/fetch.h"

static struct coil_semaphore three = COIL_SEMAPHORE_INIT(3);

struct job {
    struct fetcher *fetcher;
    int n;
};

static int fetch(void *arg)
{
    const struct job *job = arg;
    char *value;
    int rc;

    rc = coil_semaphore_acquire(&three);
    if (rc < 0)
        return rc;
    rc = fetch_number(job->fetcher, job->n, &value);
    coil_semaphore_release(&three);
    if (rc < 0)
        return rc;

    printf("fetch(%d) = %s\n", job->n, value);
    free(value);
    return 0;
}

static int start(void *arg)
{
    struct job job = { .fetcher = arg };
    struct coil_task_group group;
    int rc;

    rc = fetcher_open(job.fetcher);
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        goto close_fetcher;
    for (job.n = 0; rc == 0 && job.n < 12; job.n++)
        rc = coil_task_group_create_copy(&group, NULL, fetch, &job);
    rc = coil_task_group_end(&group, rc);

close_fetcher:
    fetcher_close(job.fetcher);
    return rc;
}

int main(int argc, char **argv)
{
    struct fetcher fetcher;

    fetcher_init(&fetcher, argc, argv);
    return fetcher_status(&fetcher, coil_run(start, &fetcher));
}
