/* SPDX-License-Identifier: MIT */
/* worker.c - a process that takes jobs, notes what it does, and ends them */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "fleet.h"

struct place {
    const struct fleet *fleet;
    struct coil_work *work;
    unsigned worker;
    uint64_t random;
};

bool fleet_is_useless(uint64_t job)
{
    return job % 101 == 0;
}

/* Most jobs are short; some need their lease renewed several times. */
static coil_time duration(struct place *place)
{
    if (fleet_random(&place->random, 64) == 0)
        return 2 * place->fleet->lease;
    return fleet_random(&place->random, 10000) * COIL_MICROSECOND;
}

static void note(const struct place *place, enum fleet_kind kind,
                 uint64_t number, uint64_t fence, unsigned delivery)
{
    fleet_note(place->fleet, kind, number, fence, delivery, place->worker);
}

static void do_job(struct place *place, struct coil_job *job)
{
    uint64_t number = strtoull(job->id, NULL, 10);
    uint64_t fence = job->fence;
    unsigned delivery = job->delivery;
    int rc;

    note(place, FLEET_BEGIN, number, fence, delivery);
    rc = coil_sleep(duration(place));
    note(place, rc < 0 ? FLEET_STOPPED : FLEET_END, number, fence, delivery);
    if (fleet_is_useless(number))
        rc = coil_job_bury(job, "useless");
    else
        rc = coil_job_done(job);
    if (rc == 0)
        note(place, FLEET_DONE, number, fence, delivery);
    else if (rc == -ESTALE)
        note(place, FLEET_STALE, number, fence, delivery);
    else
        note(place, FLEET_UNCLEAR, number, fence, (unsigned)-rc);
}

/* The engine may be away, now and then. */
static int work(void *arg)
{
    struct place *place = arg;
    struct coil_job job;

    for (;;) {
        int rc = coil_work_get(place->work, &job);

        if (rc == -ECANCELED)
            return rc;
        if (rc == 0)
            do_job(place, &job);
        else
            rc = coil_sleep(10 * COIL_MILLISECOND);
        if (rc == -ECANCELED)
            return rc;
    }
}

static int open_queue(struct place *place)
{
    const struct fleet *fleet = place->fleet;
    const struct coil_work_options options = {
        .lease = fleet->lease,
        .margin = fleet->margin,
        .group_limit = 1,
        .group_delay = fleet->group_delay,
        .max_deliveries = 100000,
    };
    int rc;

    while ((rc = coil_work_open(&place->work, fleet->url, &options)) < 0) {
        if (rc == -EPERM)
            fleet_fail("the engine is said to forget");
        rc = coil_sleep(10 * COIL_MILLISECOND);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int run(void *arg)
{
    struct place *place = arg;
    struct coil_task_group group;
    int rc = open_queue(place);

    if (rc == 0)
        rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; rc == 0 && i < place->fleet->tasks; i++)
        rc = coil_task_group_create(&group, NULL, work, place);
    return coil_task_group_end(&group, rc);
}

void fleet_work(const struct fleet *fleet, unsigned worker)
{
    struct place place = { .fleet = fleet,
                           .worker = worker,
                           .random = worker * 0x9e3779b97f4a7c15 };
    int rc = coil_run(run, &place);

    fleet_fail("worker %u ends: %s", worker, coil_strerror(rc));
}
