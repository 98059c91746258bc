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

/* What went wrong, in words; a part of `outcome`, or static. */
static const char *explain(const struct outcome *outcome)
{
    if (outcome->reason)
        return outcome->reason;
    if (outcome->error < 0)
        return coil_strerror(outcome->error);
    return coil_http_reason(outcome->status);
}

/* Of each class so many failures are told, but with -v. */
enum { TOLD = 10 };

static bool is_told(struct run *run, enum outcome_class class)
{
    uint64_t count = ++run->complaints[class];

    if (count == TOLD + 1 && !run->options->is_verbose)
        run_say(run,
                "further failures of this kind (%s) are counted, and no "
                "longer told; %s",
                outcome_class_name(class),
                run->options->jsonl ? "the records have each, and -v tells it"
                                    : "--jsonl FILE records each, and -v tells "
                                      "it");
    return count <= TOLD || run->options->is_verbose;
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

void finish_tell(struct run *run, const struct outcome *outcome)
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
    if (is_told(run, outcome->class))
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
        .has_rate = run->options->rate.count > 0,
        .late = job->late,
        .done_at = attempt->done_at,
        .started_unix_us = run_wall_clock(run, job->first_at),
        .body_size = attempt->body_size,
    };

    if (response) {
        outcome.status = response->status;
        outcome.headers = response->headers;
        outcome.header_count = response->header_count;
        outcome.content_type =
            coil_http_response_header(response, "Content-Type");
    }
    return outcome;
}

/* The disk is full: nothing of this URL is done, and the run can be resumed. */
static int stop_at_full_disk(struct run *run, struct outcome *outcome, int rc)
{
    outcome->class = OUTCOME_OUTPUT;
    outcome->error = rc;
    if (!run_is_full(rc))
        return 0;
    run_fail(run, "the disk", rc);
    return rc;
}

int finish_attempt(struct run *run, const struct attempt *attempt,
                   struct body *body, enum outcome_class class)
{
    struct outcome outcome = make_outcome(run, attempt, class);
    int rc = body_commit(body, &outcome);

    if (rc == 0)
        rc = attempt->sink_error;
    if (rc < 0 && rc != -ECANCELED)
        rc = stop_at_full_disk(run, &outcome, rc);
    if (rc == 0)
        rc = keeper_room(run);
    if (rc == 0) {
        rc = body_archive(body, attempt);
        if (rc < 0 && rc != -ECANCELED)
            run_fail(run, run->options->warc, rc);
    }
    if (rc < 0) {
        run->stopped++;
        return rc;
    }
    finish_tell(run, &outcome);
    return 0;
}

void finish_tell_without(struct run *run, const struct job *job,
                         enum outcome_class class, const char *reason)
{
    const struct outcome outcome = {
        .job = job,
        .class = class,
        .reason = reason,
        .final_url = job->url,
        .done_at = coil_now(),
        .started_unix_us =
            job->first_at ? run_wall_clock(run, job->first_at) : 0,
    };

    finish_tell(run, &outcome);
}

void finish_without(struct run *run, struct job *job, enum outcome_class class,
                    const char *reason)
{
    finish_tell_without(run, job, class, reason);
    job_free(job);
}
