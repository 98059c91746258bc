/* SPDX-License-Identifier: MIT */
#include "run/finish.h"

#include <string.h>

#include <coil/error.h>

#include "common/text.h"
#include "job/job.h"
#include "run/body.h"
#include "run/keeper.h"
#include "run/reader.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

/* On the wall clock. */
static int64_t wall_of(const struct run *run, coil_time moment)
{
    return run->began_unix_us + (moment - run->began) / 1000;
}

/* What went wrong, in words; a part of `outcome`, or static. */
static const char *explain(const struct outcome *outcome)
{
    if (outcome->reason)
        return outcome->reason;
    if (outcome->error < 0)
        return coil_strerror(outcome->error);
    return coil_http_reason(outcome->status);
}

/* A failure names its URL. */
static void complain(struct run *run, const struct outcome *outcome)
{
    const char *why = explain(outcome);
    struct text line = { 0 };

    text_add_format(&line, "%s: %s", outcome->job->first_url,
                    outcome_class_name(outcome->class));
    if (outcome->status > 0)
        text_add_format(&line, " %d", outcome->status);
    if (*why != '\0')
        text_add_format(&line, ": %s", why);
    if (!line.has_failed)
        run_say(run, "%s", line.bytes);
    text_fini(&line);
}

/* The outcome is told. */
static void tell(struct run *run, const struct outcome *outcome)
{
    if (outcome->class == OUTCOME_STOPPED) {
        run->stopped++;
        return;
    }
    run->over++;
    stats_add(run->stats, outcome);
    keeper_note(run, outcome);
    reader_wake(run);
    if (outcome_is_success(outcome->class))
        return;
    run->failed++;
    if (outcome->class == OUTCOME_BAD_INPUT)
        run->bad_lines++;
    complain(run, outcome);
    if (run->options->fails_fast)
        run_stop(run, STOP_FAILED_FAST);
}

static struct outcome make_outcome(const struct run *run,
                                   const struct attempt *attempt,
                                   enum outcome_class class)
{
    const struct job *job = attempt->job;
    const struct coil_http_response *response = attempt->response;
    struct outcome outcome = {
        .job = job,
        .class = class,
        .error = attempt->error < 0 ? attempt->error : attempt->sink_error,
        .reason = verdict_reason(attempt),
        .final_url = job->url,
        .version = attempt->report.version,
        .report = attempt->report,
        .done_at = attempt->done_at,
        .started_unix_us = wall_of(run, job->first_at),
        .body_size = attempt->body_size,
    };

    if (response) {
        outcome.status = response->status;
        outcome.headers = response->headers;
        outcome.header_count = response->header_count;
        outcome.content_type =
            coil_http_response_header(response, "Content-Type");
    }
    if (attempt->has_address)
        coil_address_string(&attempt->address, outcome.address);
    return outcome;
}

int finish_attempt(struct run *run, struct job *job,
                   const struct attempt *attempt, struct body *body,
                   enum outcome_class class)
{
    struct outcome outcome = make_outcome(run, attempt, class);
    int rc = body_commit(body, &outcome);

    if (rc == 0)
        rc = keeper_room(run);
    if (rc == -ECANCELED || run->stop == STOP_OUTPUT ||
        run->stop == STOP_NO_SPACE) {
        outcome.class = OUTCOME_STOPPED;
    } else if (rc < 0) {
        outcome.class = OUTCOME_OUTPUT;
        outcome.error = rc;
    }
    tell(run, &outcome);
    body_abandon(body);
    schedule_end(run->schedule, job);
    job_free(job);
    return rc == -ECANCELED ? rc : 0;
}

void finish_without(struct run *run, struct job *job, enum outcome_class class,
                    const char *reason)
{
    const struct outcome outcome = {
        .job = job,
        .class = class,
        .reason = reason,
        .final_url = job->url,
        .done_at = coil_now(),
        .started_unix_us = job->first_at ? wall_of(run, job->first_at) : 0,
    };

    tell(run, &outcome);
    job_free(job);
}
