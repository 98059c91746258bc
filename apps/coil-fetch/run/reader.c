/* SPDX-License-Identifier: MIT */
#include "run/reader.h"

#include <string.h>

#include <coil/url.h>

#include "job/job.h"
#include "run/finish.h"
#include "run/place.h"
#include "run/world.h"
#include "schedule/schedule.h"

/* Wait until there is room for a further job. */
static int wait_for_room(struct run *run)
{
    while (run->stop == STOP_NOT &&
           schedule_waiting(run->schedule) >= run->options->read_ahead) {
        int rc;

        coil_event_clear(&run->room);
        rc = coil_event_wait(&run->room);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* It is refilled when a quarter is free: not one by one. */
void reader_wake(struct run *run)
{
    size_t most = run->options->read_ahead;

    if (schedule_waiting(run->schedule) <= most - most / 4 - 1 ||
        run->stop != STOP_NOT)
        coil_event_set(&run->room);
}

static void take(struct run *run, struct job *job, const char *reason)
{
    run->read++;
    job->number = run->read;
    job->read_at = coil_now();
    if (reason)
        finish_without(run, job, OUTCOME_BAD_INPUT, reason);
    else if (place_job(run, job) < 0)
        finish_without(run, job, OUTCOME_INTERNAL, "no memory");
}

int reader_run(struct run *run)
{
    const struct option_list *sources = &run->options->sources;
    int rc = 0;

    for (size_t i = 0; i < sources->count && rc == 0; i++) {
        struct job *job;
        char *url;

        rc = wait_for_room(run);
        if (rc < 0 || run->stop != STOP_NOT)
            break;
        rc = coil_url_normalise(&url, sources->texts[i]);
        if (rc == -ENOMEM)
            break;
        if (job_new(&job, rc < 0 ? sources->texts[i] : url, NULL) == 0)
            take(run, job, rc < 0 ? "not a URL" : NULL);
        coil_url_free(url);
        rc = 0;
    }
    schedule_close(run->schedule);
    return rc;
}
