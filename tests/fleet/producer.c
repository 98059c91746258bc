/* SPDX-License-Identifier: MIT */
/* producer.c - processes that put jobs, and that see that all have come to an end */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "fleet.h"

enum { AT_ONCE = 8 };

struct place {
    const struct fleet *fleet;
    struct coil_work *work;
    uint64_t random;
    int64_t limit;
};

static int open_queue(struct place *place)
{
    const struct fleet *fleet = place->fleet;
    const struct coil_work_options options = {
        .lease = fleet->lease,
        .group_limit = 1,
        .group_delay = fleet->group_delay,
        .max_deliveries = 100000,
    };
    int rc;

    while ((rc = coil_work_open(&place->work, fleet->url, &options)) < 0) {
        rc = coil_sleep(10 * COIL_MILLISECOND);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Put so many from `first` on, until that is acknowledged.  Returns how many. */
static int put_some(struct place *place, uint64_t first, unsigned n)
{
    struct coil_work_item items[AT_ONCE] = { { .id = NULL } };
    char ids[AT_ONCE][24];
    char groups[AT_ONCE][24];
    int rc;

    for (unsigned i = 0; i < n; i++) {
        uint64_t job = first + i;

        snprintf(ids[i], sizeof ids[i], "%llu", (unsigned long long)job);
        snprintf(groups[i], sizeof groups[i], "group%llu",
                 (unsigned long long)(job % place->fleet->groups));
        items[i].id = ids[i];
        items[i].group = groups[i];
        items[i].priority = (int16_t)(job % 3);
        items[i].delay = job % 7 == 0 ? 20 * COIL_MILLISECOND : 0;
        items[i].body = ids[i];
        items[i].size = sizeof ids[i];
    }
    while ((rc = coil_work_put_many(place->work, items, n)) < 0 &&
           rc != -ECANCELED)
        rc = coil_sleep(10 * COIL_MILLISECOND);
    return rc;
}

/* The jobs are put, and half of them once more. */
static int produce(void *arg)
{
    struct place *place = arg;
    struct fleet_shared *shared = place->fleet->shared;
    int rc = open_queue(place);

    while (rc >= 0 && !__atomic_load_n(&shared->is_ending, __ATOMIC_RELAXED)) {
        unsigned n = 1 + fleet_random(&place->random, AT_ONCE);
        uint64_t first =
            __atomic_fetch_add(&shared->next_job, n, __ATOMIC_RELAXED);

        rc = put_some(place, first, n);
        for (unsigned i = 0; rc >= 0 && i < n; i++)
            fleet_note(place->fleet, FLEET_PUT, first + i, 0, 0, 0);
        if (rc >= 0)
            rc = put_some(place, first, (n + 1) / 2);
        if (rc > 0)
            fleet_note(place->fleet, FLEET_PUT_AGAIN, first, 0, (unsigned)rc,
                       0);
        if (rc >= 0)
            rc = coil_sleep(n * 2 * COIL_MILLISECOND);
    }
    return rc < 0 ? rc : coil_work_close(place->work);
}

void fleet_produce(const struct fleet *fleet, uint64_t seed)
{
    struct place place = { .fleet = fleet, .random = seed | 1 };
    int rc = coil_run(produce, &place);

    if (rc < 0)
        fleet_fail("the producer ends: %s", coil_strerror(rc));
    _exit(0);
}

/* ---- the end ---- */

static int note_dead(struct place *place)
{
    struct coil_work_dead dead[16];
    uint64_t first = 0;
    int n;

    while ((n = coil_work_list_dead(place->work, first, dead, 16)) > 0) {
        for (int i = 0; i < n; i++) {
            fleet_note(place->fleet, FLEET_DEAD, strtoull(dead[i].id, NULL, 10),
                       0, dead[i].deliveries, 0);
            coil_work_dead_free(&dead[i]);
        }
        first += (uint64_t)n;
    }
    return n;
}

static int oversee(void *arg)
{
    struct place *place = arg;
    struct fleet_shared *shared = place->fleet->shared;
    struct coil_work_stats stats;
    int rc = open_queue(place);

    while (rc == 0) {
        rc = coil_work_stats(place->work, &stats);
        if (rc < 0 || stats.queued + stats.delayed + stats.leased == 0)
            break;
        if (fleet_now() > place->limit) {
            fprintf(stderr, "queued %llu, delayed %llu, leased %llu\n",
                    (unsigned long long)stats.queued,
                    (unsigned long long)stats.delayed,
                    (unsigned long long)stats.leased);
            return -ETIMEDOUT;
        }
        rc = coil_sleep(20 * COIL_MILLISECOND);
    }
    if (rc == 0)
        rc = note_dead(place);
    if (rc < 0)
        return rc;
    shared->put = stats.put;
    shared->done = stats.done;
    shared->dead = stats.dead;
    return coil_work_close(place->work);
}

void fleet_oversee(const struct fleet *fleet, int64_t limit)
{
    struct place place = { .fleet = fleet, .limit = fleet_now() + limit };
    int rc = coil_run(oversee, &place);

    if (rc < 0)
        fleet_fail("the jobs do not come to an end: %s", coil_strerror(rc));
    _exit(0);
}
