/* SPDX-License-Identifier: MIT */
#include "run/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/loop.h>

#include "input/input.h"
#include "input/seen.h"
#include "job/job.h"
#include "job/key.h"
#include "journal/journal.h"
#include "journal/journal_held.h"
#include "run/finish.h"
#include "run/fleet.h"
#include "run/keeper.h"
#include "run/place.h"
#include "run/plan.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

/* ---- when the first may begin --------------------------------------------- */

/* How often reading is looked at, and how many times once there is a job. */
#define LOOK (10 * COIL_MILLISECOND)
enum { MOST_LOOKS = 50 };

void reader_let_begin(struct run *run)
{
    coil_handle_cancel(&run->look_at_reading);
    coil_event_set(&run->may_begin);
}

static void look_at_reading(void *arg);

static void look_later(struct run *run)
{
    if (coil_loop_call_later(coil_loop_current(), &run->look_at_reading, LOOK,
                             look_at_reading, run) < 0)
        reader_let_begin(run);
}

/* A pipe may go on at any time; a file will. */
static void look_at_reading(void *arg)
{
    struct run *run = arg;
    bool waits = run->read == run->read_before && input_may_wait(run->input);

    if (run->read > 0 && (waits || ++run->looks == MOST_LOOKS)) {
        reader_let_begin(run);
        return;
    }
    run->read_before = run->read;
    look_later(run);
}

/* ---- no further than is needed -------------------------------------------- */

/* How much may wait, in bytes: long URLs are fewer. */
enum { MOST_BYTES = 32 * 1024 * 1024 };

static bool is_full(const struct run *run)
{
    if (run->fleet)
        return fleet_is_full(run);
    return !keeper_may_start(run, run->read + 1) ||
           schedule_waiting(run->schedule) >= run->options->read_ahead ||
           schedule_waiting_bytes(run->schedule) >= MOST_BYTES;
}

/* Wait until there is room for a further job. */
static int wait_for_room(struct run *run)
{
    while (run->stop == STOP_NOT && is_full(run)) {
        int rc;

        reader_let_begin(run);
        coil_event_clear(&run->room);
        rc = coil_event_wait(&run->room);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* It is refilled when a quarter is free, and not one by one. */
void reader_wake(struct run *run)
{
    size_t most = run->options->read_ahead;

    if ((schedule_waiting(run->schedule) <= most - (most + 3) / 4 &&
         schedule_waiting_bytes(run->schedule) < MOST_BYTES / 4 * 3) ||
        run->stop != STOP_NOT)
        coil_event_set(&run->room);
}

/* ---- what becomes of a line ----------------------------------------------- */

/* What a run before has done is done, unless --retry-failed. */
static bool is_enough(struct run *run, bool has_failed)
{
    if (has_failed && run->options->retries_failed)
        return false;
    run->done_before++;
    run->failed_before += has_failed;
    return true;
}

/* Whether a run before has done it. */
static bool is_done(struct run *run, const struct job *job)
{
    const struct journal_held *held;

    switch (journal_state_of(run->journal, job->number, job->key)) {
    case JOURNAL_DONE:
        return is_enough(run, false);
    case JOURNAL_FAILED:
        return is_enough(run, true);
    case JOURNAL_HELD:
        held = journal_held_of(run->journal, job->number);
        return is_enough(run, !outcome_is_success(held->class));
    case JOURNAL_DIFFERS:
        if (run->differing++ == 0)
            run_say(run,
                    "URL %llu of the list is not that of the journal; it is "
                    "fetched, like all that differ",
                    (unsigned long long)job->number);
        return false;
    default:
        return false;
    }
}

static void place(struct run *run, struct job *job)
{
    int rc;

    if (run->fleet) {
        fleet_put(run, job);
        return;
    }
    rc = run->seen ? seen_add(run->seen, job->key) : 1;
    if (run->journal && is_done(run, job)) {
        keeper_pass(run, job->number);
        job_free(job);
        return;
    }
    if (rc == 0) {
        finish_without(run, job, OUTCOME_DUPLICATE, NULL);
        return;
    }
    if (rc > 0 && run->options->is_dry_run) {
        (void)plan_print(run, job);
        job_free(job);
        return;
    }
    if (rc > 0)
        rc = place_job(run, job);
    if (rc < 0)
        finish_without(run, job, OUTCOME_INTERNAL, "no memory");
}

static void take(struct run *run, const struct input_item *item)
{
    const struct options *o = run->options;
    struct job *job = item->job;

    job->usual_method = o->method ? o->method : o->body ? "POST" : NULL;
    run->read++;
    if (!run->fleet)
        stats_set_read(run->stats, run->read, false);
    job->key = job_key(&run->key, job);
    if (!item->reason)
        place(run, job);
    else if (run->journal && is_done(run, job)) {
        keeper_pass(run, job->number);
        job_free(job);
    } else
        finish_without(run, job, OUTCOME_BAD_INPUT, item->reason);
}

/* ---- the input ------------------------------------------------------------ */

static int open_input(struct run *run, struct input **out,
                      struct input_source **sources)
{
    const struct options *o = run->options;

    *out = NULL;
    *sources = calloc(o->sources.count + 1, sizeof **sources);
    if (!*sources)
        return -ENOMEM;
    for (size_t i = 0; i < o->sources.count; i++)
        (*sources)[i] = (struct input_source){ .text = o->sources.texts[i],
                                               .is_file = o->is_file[i] };
    return input_open(out, &(struct input_options){
                               .sources = *sources,
                               .count = o->sources.count,
                               .format = o->input_format,
                               .has_no_templates = o->has_no_templates,
                               .query = o->query,
                           });
}

/* A source that cannot be read is said, and the others are read on. */
static void note_bad_source(struct run *run, const struct input *input, int rc)
{
    const char *source = input_failed_source(input);

    run->has_bad_source = true;
    run_say(run, "%s: %s", source ? source : "the input", coil_strerror(rc));
}

static void note_ignored(struct run *run, const struct input *input)
{
    const char *example;
    uint64_t count = input_ignored_options(input, &example);

    if (count > 0)
        run_say(run, "%llu options of aria2 mean nothing here, such as %s",
                (unsigned long long)count, example);
}

static int read_all(struct run *run, struct input *input)
{
    struct input_item item;
    int rc = 0;

    while (run->stop == STOP_NOT) {
        rc = wait_for_room(run);
        if (rc < 0 || run->stop != STOP_NOT)
            return rc;
        rc = input_next(input, &item);
        if (rc == 0 || rc == -ECANCELED || rc == -ENOMEM)
            return rc;
        if (rc < 0)
            note_bad_source(run, input, rc);
        else
            take(run, &item);
    }
    return 0;
}

int reader_run(struct run *run)
{
    struct input_source *sources;
    struct input *input;
    int rc = open_input(run, &input, &sources);

    if (rc == 0) {
        run->input = input;
        look_later(run);
        rc = read_all(run, input);
    }
    if (rc == 0 && run->stop == STOP_NOT) {
        if (!run->fleet)
            stats_set_read(run->stats, run->read, true);
        note_ignored(run, input);
    }
    reader_let_begin(run);
    run->input = NULL;
    input_close(input);
    free(sources);
    if (rc == -ENOMEM) {
        run->has_bad_source = true;
        run_say(run, "the input: %s", coil_strerror(rc));
        rc = 0;
    }
    schedule_close(run->schedule);
    if (run->fleet)
        fleet_end_input(run);
    return rc;
}
