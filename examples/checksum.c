/* SPDX-License-Identifier: MIT */
/*
 * checksum.c - work that takes the processor, in threads, while tasks go on
 *
 *     checksum FILE...
 *
 * A thread reads and adds up; the task waits for it.  The thread works on a copy of
 * the job, so a task that is cancelled can leave at once.
 */
#include <inttypes.h>
#include <stdio.h>

#include <coil.h>

struct job {
    char path[200];
    uint32_t sum;
};

/* In a thread: it may block, and calls nothing of coil. */
static int add_up(void *arg)
{
    struct job *job = arg;
    FILE *file = fopen(job->path, "rb");
    int rc = 0;
    int c;

    if (!file)
        return -errno;
    job->sum = 0;
    while ((c = getc(file)) != EOF)
        job->sum = (job->sum << 5 | job->sum >> 27) ^ (uint32_t)c;
    if (ferror(file))
        rc = -EIO;
    fclose(file);
    return rc;
}

static int show_sum(void *path)
{
    struct job job;
    int rc;

    snprintf(job.path, sizeof job.path, "%s", (char *)path);
    rc = coil_to_thread_copy(add_up, &job);
    if (rc == 0)
        printf("%08" PRIx32 " %s\n", job.sum, job.path);
    else if (rc != -ECANCELED)
        fprintf(stderr, "%s: %s\n", job.path, coil_strerror(rc));
    return rc == -ECANCELED ? rc : 0;
}

static int show_all(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (char **path = arg; rc == 0 && *path; path++)
        rc = coil_task_group_create(&group, NULL, show_sum, *path);
    return coil_task_group_end(&group, rc);
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(show_all, argv + 1));
}
