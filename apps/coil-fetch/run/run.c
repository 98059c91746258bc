/* SPDX-License-Identifier: MIT */
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/error.h>
#include <coil/run.h>

#include "job/job.h"
#include "run/client.h"
#include "run/finish.h"
#include "run/reader.h"
#include "run/worker.h"
#include "run/world.h"
#include "schedule/schedule.h"

void run_stop(struct run *run, enum stop stop)
{
    if (run->stop == STOP_NOT)
        run->stop = stop;
    schedule_stop(run->schedule);
    reader_wake(run);
}

void run_give_up_host(struct run *run, const struct job *job)
{
    struct job *waiting;

    while ((waiting = schedule_drain_group(run->schedule, job)))
        finish_without(run, waiting, OUTCOME_CONNECT,
                       "its host has failed too often (--max-host-errors)");
}

double run_chance(struct run *run)
{
    uint64_t n = run->chances++;

    return (double)(hash_bytes(&run->key, &n, sizeof n) >> 11) /
           9007199254740992.0;
}

static int read_input(void *arg)
{
    return reader_run(arg);
}

/* Begin what may begin, until nothing is left or the run is stopped. */
static int dispatch(struct run *run)
{
    struct job *job;
    int rc;

    while ((rc = schedule_take(run->schedule, &job)) > 0) {
        reader_wake(run);
        rc = worker_start(run, job);
        if (rc < 0) {
            schedule_end(run->schedule, job);
            finish_without(run, job, OUTCOME_INTERNAL, "no memory for a task");
        }
    }
    return rc;
}

static int fetch_all(struct run *run)
{
    int rc = coil_task_group_begin(&run->workers);

    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&run->workers, NULL, read_input, run);
    if (rc == 0)
        rc = dispatch(run);
    return coil_task_group_end(&run->workers, rc);
}

static int exit_status(const struct run *run)
{
    switch (run->stop) {
    case STOP_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case STOP_DEADLINE:
    case STOP_NO_SPACE:
        return EXIT_LIMIT;
    case STOP_OUTPUT:
        return EXIT_NOTHING;
    default:
        break;
    }
    if (run->has_bad_source)
        return EXIT_NOTHING;
    if (run->bad_lines > 0 || (run->read == 0 && run->options->requires_urls))
        return EXIT_USAGE;
    return run->failed > 0 ? EXIT_SOME_FAILED : EXIT_ALL;
}

static int open_all(struct run *run)
{
    const struct options *o = run->options;
    struct timespec now;
    int rc;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    run->began = coil_now();
    run->began_unix_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    coil_event_init(&run->room);
    rc = hash_key_make(&run->key);
    if (rc == 0)
        rc = schedule_new(&run->schedule,
                          &(struct schedule_options){
                              .concurrency = o->concurrency,
                              .per_group = o->per_host,
                              .rate = rate_of(o->rate.count, o->rate.in),
                              .rate_per_group = rate_of(o->rate_per_host.count,
                                                        o->rate_per_host.in),
                          });
    return rc < 0 ? rc : client_open(run);
}

int fetch_run(const struct options *options)
{
    struct run run = { .options = options };
    int rc = open_all(&run);

    if (rc == 0)
        rc = fetch_all(&run);
    else
        rc = EXIT_NOTHING;
    if (client_close(&run) < 0 && run.stop == STOP_NOT)
        run.stop = STOP_OUTPUT;
    schedule_free(run.schedule);
    if (rc == 0 || run.stop != STOP_NOT)
        return exit_status(&run);
    return rc == -ECANCELED ? rc : EXIT_NOTHING;
}

static int run_as_task(void *arg)
{
    return fetch_run(arg);
}

int fetch_main(int argc, char **argv)
{
    struct options options;
    int rc = options_read(&options, argc, argv);

    if (rc > 0) {
        options_fini(&options);
        return rc - 1;
    }
    rc = coil_run(run_as_task, &options);
    options_fini(&options);
    if (rc < 0)
        fprintf(stderr, "coil-fetch: %s\n", coil_strerror(rc));
    return rc < 0 ? EXIT_NOTHING : rc;
}
