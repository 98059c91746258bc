/* SPDX-License-Identifier: MIT */
#include "run/run.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/error.h>
#include <coil/loops.h>
#include <coil/time.h>

#include "common/text.h"
#include "fetch/hsts.h"
#include "input/seen.h"
#include "job/job.h"
#include "run/client.h"
#include "run/crew.h"
#include "run/files.h"
#include "run/finish.h"
#include "run/fleet.h"
#include "run/keeper.h"
#include "run/life.h"
#include "run/onlooker.h"
#include "run/polite.h"
#include "run/reader.h"
#include "run/worker.h"
#include "run/world.h"
#include "schedule/schedule.h"

/* ---- for the other files of this folder ----------------------------------- */

void run_stop(struct run *run, enum stop stop)
{
    if (run->stop == STOP_NOT)
        run->stop = stop;
    schedule_stop(run->schedule);
    fleet_stop(run);
    reader_wake(run);
    reader_let_begin(run);
}

int run_complain(const char *option, const char *value, int error)
{
    fprintf(stderr, "coil-fetch: %s %s: %s\n", option, value,
            coil_strerror(error));
    return error;
}

bool run_is_full(int error)
{
    return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

/* A reader of standard output that goes is no failure to be told of. */
void run_fail(struct run *run, const char *file, int error)
{
    if (run->stop == STOP_NOT && error != -EPIPE)
        run_say(run, "%s: %s", file, coil_strerror(error));
    run_stop(run, run_is_full(error) ? STOP_NO_SPACE : STOP_OUTPUT);
}

int64_t run_wall_clock(const struct run *run, coil_time moment)
{
    return run->began_unix_us + (moment - run->began) / 1000;
}

size_t run_active(const struct run *run)
{
    return schedule_active(run->schedule);
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

/* ---- one after the other -------------------------------------------------- */

static int read_input(void *arg)
{
    return reader_run(arg);
}

/* Begin what may begin, until nothing is left or the run is stopped. */
static int dispatch(struct run *run)
{
    struct job *job;
    int rc = coil_event_wait(&run->may_begin);

    if (rc < 0)
        return rc;
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

static int fetch_all(struct run *run, bool hears_signals)
{
    struct life life;
    int rc = coil_task_group_begin(&run->workers);

    if (rc < 0)
        return rc;
    rc = life_begin(&life, run, hears_signals);
    if (rc == 0)
        rc = coil_task_group_create(&run->workers, NULL, read_input, run);
    if (rc == 0)
        rc = run->fleet ? fleet_run(run) : dispatch(run);
    rc = coil_task_group_end(&run->workers, rc);
    fleet_tell(run);
    life_end(&life);
    return rc;
}

/* The files are written, and the display drawn, by tasks beside the workers. */
static int fetch_beside_others(struct run *run, bool hears_signals)
{
    struct coil_task_group others;
    int rc = coil_task_group_begin(&others);

    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&others, NULL, keeper_run, run);
    if (rc == 0)
        rc = onlooker_start(run, &others);
    if (rc == 0)
        rc = fetch_all(run, hears_signals);
    keeper_stop(run);
    onlooker_stop(run);
    return coil_task_group_end(&others, rc);
}

/* ---- the beginning and the end -------------------------------------------- */

/* A queue sees to that of all its workers together. */
static struct rate rate_per_group(const struct options *o)
{
    return o->queue ? (struct rate){ 0 }
                    : rate_of(o->rate_per_host.count, o->rate_per_host.in);
}

static int open_schedule(struct run *run)
{
    const struct options *o = run->options;

    life_fit(run);
    return schedule_new(&run->schedule,
                        &(struct schedule_options){
                            .concurrency = run->concurrency,
                            .per_group = o->per_host,
                            .rate = rate_of(o->rate.count, o->rate.in),
                            .rate_per_group = rate_per_group(o),
                            .loops = run->crew ? run->crew->loops : 1,
                        });
}

static int open_hsts(struct run *run)
{
    const char *file = run->options->hsts;
    int rc;

    if (!file)
        return 0;
    rc = hsts_new(&run->hsts, 0);
    if (rc == 0)
        rc = hsts_load(run->hsts, file, coil_time_of_day() / COIL_SECOND);
    return rc < 0 ? run_complain("--hsts", file, rc) : 0;
}

static int close_hsts(struct run *run)
{
    int rc = 0;

    if (run->hsts && !run->options->is_dry_run)
        rc = hsts_save(run->hsts, run->options->hsts,
                       coil_time_of_day() / COIL_SECOND);
    hsts_free(run->hsts);
    return rc < 0 ? run_complain("--hsts", run->options->hsts, rc) : 0;
}

static int open_all(struct run *run)
{
    int rc;

    run->began = coil_now();
    run->began_unix_us = coil_time_of_day() / COIL_MICROSECOND;
    coil_event_init(&run->room);
    coil_event_init(&run->may_begin);
    rc = hash_key_make(&run->key);
    if (rc == 0)
        rc = open_schedule(run);
    if (rc == 0 && !run->options->keeps_duplicates && !run->options->queue)
        rc = seen_new(&run->seen);
    if (rc == 0)
        rc = onlooker_open(run);
    if (rc == 0)
        rc = client_open(run);
    if (rc == 0)
        rc = polite_open(run);
    if (rc == 0)
        rc = open_hsts(run);
    if (rc == 0)
        rc = fleet_open(run);
    if (rc == 0)
        rc = keeper_open(run);
    if (rc == 0)
        rc = files_open(run);
    return rc < 0 ? rc : crew_open(run);
}

/* Returns 0, or the first error. */
static int close_all(struct run *run)
{
    int fleet = fleet_close(run);
    int kept, files, hsts, client;

    crew_close(run);
    kept = keeper_close(run);
    files = files_close(run);
    hsts = close_hsts(run);
    client = client_close(run);
    polite_close(run);
    schedule_free(run->schedule);
    seen_free(run->seen);
    text_fini(&run->group);
    if (kept < 0 || files < 0)
        return kept < 0 ? kept : files;
    if (fleet < 0)
        return fleet;
    return hsts < 0 ? hsts : client;
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
    return run->failed + run->failed_before > 0 ? EXIT_SOME_FAILED : EXIT_ALL;
}

static int run_it(const struct options *options, bool hears_signals,
                  struct crew *crew)
{
    struct run run = { .options = options,
                       .crew = crew,
                       .pacing = PTHREAD_MUTEX_INITIALIZER };
    bool is_open = open_all(&run) == 0;
    int rc = is_open ? fetch_beside_others(&run, hears_signals) : 0;
    int told = is_open ? onlooker_tell(&run) : 0;
    int closed = close_all(&run);
    int status;

    if (!is_open || ((closed < 0 || told < 0) && run.stop == STOP_NOT))
        status = EXIT_NOTHING;
    else if (rc < 0 && run.stop == STOP_NOT)
        status = rc == -ECANCELED ? rc : EXIT_NOTHING;
    else
        status = exit_status(&run);
    onlooker_close(&run);
    return status;
}

static int fetch(const struct options *options, bool hears_signals,
                 struct crew *crew)
{
    if (options->shows_status || options->shows_dead || options->revives)
        return fleet_look(options);
    return run_it(options, hears_signals, crew);
}

int fetch_run(const struct options *options, bool hears_signals)
{
    return fetch(options, hears_signals, NULL);
}

/* ---- the program ---------------------------------------------------------- */

struct program {
    struct options options;
    struct crew crew;
};

/* The main task of each loop. */
static int run_as_task(void *arg)
{
    struct program *program = arg;
    struct crew *crew = &program->crew;
    int rc;

    if (coil_loops_index() > 0)
        return crew_serve(crew);
    rc = crew_init(crew);
    if (rc == 0)
        rc = fetch(&program->options, true, crew->loops > 1 ? crew : NULL);
    crew_dismiss(crew);
    return rc;
}

int fetch_main(int argc, char **argv)
{
    struct program program = { .crew.loops = 0 };
    int rc;

    (void)setlocale(LC_CTYPE, "");
    rc = options_read(&program.options, argc, argv);
    if (rc > 0) {
        options_fini(&program.options);
        return rc - 1;
    }
    rc = coil_loops_run(program.options.loops, run_as_task, &program);
    crew_fini(&program.crew);
    options_fini(&program.options);
    if (rc < 0)
        fprintf(stderr, "coil-fetch: %s\n", coil_strerror(rc));
    return rc < 0 ? EXIT_NOTHING : rc;
}
