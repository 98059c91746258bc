/* SPDX-License-Identifier: MIT */
/*
 * fleet.c - the queue is opened and closed, and what becomes of its errors
 *
 * Rules
 *   An error of the engine is no failure of a URL.  It is said once, and the engine is
 *   asked again after a pause, which doubles.  A file that cannot be written is not
 *   asked again: the run ends, and the next one reads what the file has.
 */
#include "run/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "run/fleet_inside.h"
#include "run/world.h"

/*
 * A worker that dies with a job has used up a delivery, too: so many may die beyond the
 * tries.
 */
enum { DEATHS = 2 };

#define FIRST_PAUSE COIL_SECOND
#define LONGEST_PAUSE (30 * COIL_SECOND)

struct coil_work_options fleet_work_options(const struct options *options)
{
    struct rate rate =
        rate_of(options->rate_per_host.count, options->rate_per_host.in);

    return (struct coil_work_options){
        .name = options->queue_name ? options->queue_name : "coil-fetch",
        .lease = options->queue_lease,
        .max_deliveries = options->retries + 1 + DEATHS,
        .group_limit = (unsigned)options->per_host,
        .group_delay = rate.interval,
        .allow_volatile = options->allows_volatile,
    };
}

/* The URL is not said, since it may have a password. */
void fleet_complain(int error)
{
    if (error == -EPERM)
        fprintf(
            stderr,
            "coil-fetch: --queue: this Redis may forget what it has "
            "acknowledged, or does not say that it will not.  It has to be a "
            "master with\n"
            "  appendonly yes\n  appendfsync always\n"
            "  maxmemory-policy noeviction\n"
            "and CONFIG GET must be allowed.  --allow-volatile does without: "
            "then URLs may be lost.\n");
    else if (error == -EINVAL)
        fprintf(
            stderr,
            "coil-fetch: --queue: not a queue; one is "
            "redis://HOST/, unix:///SOCKET, file:FOLDER or memory:NAME.  Its "
            "name has no braces, and a lease lasts 10ms at least\n");
    else if (error == -ENOTSUP)
        fprintf(stderr, "coil-fetch: --queue: this build has no Redis, or "
                        "cannot read that file\n");
    else if (error == -EBUSY)
        fprintf(stderr, "coil-fetch: --queue: another process has the file\n");
    else
        fprintf(stderr, "coil-fetch: --queue: %s\n", coil_strerror(error));
}

int fleet_open(struct run *run)
{
    const struct options *o = run->options;
    const struct coil_work_options options = fleet_work_options(o);
    struct fleet *fleet;
    int rc;

    if (!o->queue)
        return 0;
    fleet = calloc(1, sizeof *fleet);
    run->fleet = fleet;
    if (!fleet)
        return -ENOMEM;
    fleet->last = &fleet->first;
    fleet->rate = rate_of(o->rate.count, o->rate.in);
    coil_event_init(&fleet->to_put);
    coil_event_init(&fleet->changed);
    coil_lock_init(&fleet->gate);
    rc = coil_work_open(&fleet->work, o->queue, &options);
    if (rc < 0 && rc != -ECANCELED)
        fleet_complain(rc);
    return rc;
}

int fleet_close(struct run *run)
{
    struct fleet *fleet = run->fleet;
    int rc;

    if (!fleet)
        return 0;
    rc = coil_work_close(fleet->work);
    fleet_drop_unput(fleet);
    free(fleet);
    run->fleet = NULL;
    return rc;
}

void fleet_tell(struct run *run)
{
    const struct fleet *fleet = run->fleet;

    if (!fleet)
        return;
    if (fleet->waiting > 0)
        run_say(
            run,
            "%zu URLs that were read are not in the queue; the same command "
            "puts them",
            fleet->waiting);
    if (fleet->lost > 0)
        run_say(run,
                "%llu leases were lost, since the queue was out of reach for "
                "too long; their URLs are fetched by others",
                (unsigned long long)fleet->lost);
}

/* ---- trouble -------------------------------------------------------------- */

/* It is broken until it is opened again. */
static bool is_for_good(const struct run *run, int error)
{
    return error != -ENOMEM &&
           strncmp(run->options->queue, "file:", strlen("file:")) == 0;
}

void fleet_note_trouble(struct run *run, int error)
{
    struct fleet *fleet = run->fleet;
    coil_time now = coil_now();

    if (is_for_good(run, error)) {
        fleet->error = error;
        run_fail(run, "the queue", error);
        coil_event_set(&fleet->changed);
        return;
    }
    if (fleet->error != error)
        run_say(run, "the queue: %s; it is asked again", coil_strerror(error));
    fleet->error = error;
    coil_event_set(&fleet->changed);
    if (now < fleet->again_at)
        return;
    fleet->pause = fleet->pause > 0 ? 2 * fleet->pause : FIRST_PAUSE;
    if (fleet->pause > LONGEST_PAUSE)
        fleet->pause = LONGEST_PAUSE;
    fleet->again_at = now + fleet->pause;
}

void fleet_note_success(struct run *run)
{
    struct fleet *fleet = run->fleet;

    if (fleet->error < 0)
        run_say(run, "the queue: it answers again");
    fleet->error = 0;
    fleet->pause = 0;
    fleet->again_at = 0;
}

int fleet_await_engine(struct run *run)
{
    return coil_sleep_until(run->fleet->again_at);
}
