/* SPDX-License-Identifier: MIT */
/* jobs.c - tasks that sleep, say their name and return */
#include "jobs.h"

int do_job(void *arg)
{
    const struct job *job = arg;
    int rc = job->duration ? coil_sleep(job->duration) : 0;

    if (rc == 0) {
        say("%s ", job->name);
        return job->result;
    }
    if (job->cleanup)
        ASSERT_EQ(coil_sleep(job->cleanup), 0);
    say("%s! ", job->name);
    return job->failure ? job->failure : rc;
}

struct coil_task *start_copy(const struct job *job)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_copy(&task, do_job, job), 0);
    return task;
}

struct coil_task *start_job(const char *name, coil_time duration, int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };

    return start_copy(&job);
}

void wait_a_second(void)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
}

/* ---- others ---- */

static int yield_often(void *arg)
{
    intptr_t times = (intptr_t)arg;

    for (intptr_t i = 0; i < times; i++)
        say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 42;
}

struct coil_task *start_yields(intptr_t times)
{
    return start(yield_often, (void *)times);
}

int await_and_pass_on(void *task)
{
    int rc = end_of(task);

    say("%s ", rc == -ECANCELED ? "passes" : "ends");
    return rc;
}

void *number(intptr_t n)
{
    return (void *)n;
}
