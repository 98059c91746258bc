/* SPDX-License-Identifier: MIT */
#include "run/polite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/http_client.h>

#include "fetch/robots.h"
#include "fetch/robots_cache.h"
#include "job/job.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"
#include "show/units.h"

enum { MOST_REDIRECTS = 5 };

static int read_rules(struct coil_http_response *response, struct text *body)
{
    char bytes[4096];
    ptrdiff_t n = 1;

    while (n > 0 && body->size <= ROBOTS_MAX_SIZE) {
        n = coil_http_read(response, bytes, sizeof bytes);
        if (n > 0)
            text_add_bytes(body, bytes, (size_t)n);
    }
    if (n < 0)
        return (int)n;
    return body->has_failed ? -ENOMEM : 0;
}

/* Until when the server wants to be left alone, as far as anybody waits. */
static coil_time again_after(const struct run *run,
                             const struct coil_http_response *response)
{
    coil_time wait = verdict_retry_after(response);

    if (wait < 0)
        return 0;
    return wait > run->options->max_retry_after ? COIL_NEVER : coil_after(wait);
}

static int fetch_rules(void *arg, const char *url, struct text *body,
                       struct robots_reply *reply)
{
    struct run *run = arg;
    const struct attempt_options *common = &run->attempt;
    struct coil_http_response *response;
    const struct coil_http_request request = {
        .url = url,
        .max_redirects = MOST_REDIRECTS,
        .connect_limit = common->connect_limit,
        .first_byte_limit = common->first_byte_limit,
        .idle_limit = common->idle_limit,
        .limit = 60 * COIL_SECOND,
    };
    int rc = coil_http_open(run->first.client, &request, &response);

    if (rc < 0)
        return rc;
    reply->status = response->status;
    reply->again = again_after(run, response);
    if (reply->status >= 200 && reply->status < 300)
        rc = read_rules(response, body);
    coil_http_response_free(response);
    return rc;
}

int polite_open(struct run *run)
{
    if (!run->options->obeys_robots)
        return 0;
    return robots_cache_new(&run->robots,
                            &(struct robots_cache_options){
                                .agent = "coil-fetch",
                                .fetch = fetch_rules,
                                .arg = run,
                                .patience = run->options->robots_patience,
                                .first_wait = run->options->retry_delay,
                            });
}

void polite_close(struct run *run)
{
    robots_cache_free(run->robots);
}

/* "503 Service Unavailable", or what has become of the connection. */
static void add_failure(struct text *text, const struct robots_answer *answer)
{
    if (answer->error < 0)
        text_add(text, coil_strerror(answer->error));
    else
        text_add_format(text, "%d %s", answer->status,
                        coil_http_reason(answer->status));
}

static void give_up(const struct run *run, const struct robots_answer *robots,
                    struct polite_answer *answer)
{
    struct text why = { 0 };

    text_add(&why, "its robots.txt could not be read");
    if (robots->failures > 1) {
        text_add_format(&why, " %u times in ", robots->failures);
        units_seconds(&why, run->options->robots_patience);
    }
    text_add(&why, ": ");
    add_failure(&why, robots);
    (void)snprintf(answer->reason, sizeof answer->reason, "%s",
                   why.has_failed ? "its robots.txt could not be read"
                                  : why.bytes);
    text_fini(&why);
}

/* The first time, it is said what is waited for. */
static void put_off(struct run *run, const struct job *job,
                    const struct robots_answer *robots,
                    struct polite_answer *answer)
{
    const char *group = schedule_group_name(job);
    struct text why = { 0 };

    answer->when = robots->until;
    if (!robots->has_asked)
        return;
    stats_leave_alone(run->stats, job, group, robots->until, coil_now());
    if (robots->failures > 1)
        return;
    add_failure(&why, robots);
    if (!why.has_failed)
        run_say(run,
                "%s: its robots.txt cannot be read (%s); its URLs wait, and it "
                "is tried again",
                group, why.bytes);
    text_fini(&why);
}

/*
 * Whether the host has said, with its robots.txt, that it wants to be left alone for
 * now, by all of its URLs (Retry-After).
 */
static bool is_to_be_left_alone(struct run *run, const struct job *job,
                                const struct robots_answer *robots)
{
    coil_time now = coil_now();

    if (robots->again <= now || robots->again == COIL_NEVER)
        return false;
    schedule_block(run->schedule, job, robots->again);
    if (robots->has_asked)
        stats_leave_alone(run->stats, job, schedule_group_name(job),
                          robots->again, now);
    return true;
}

int polite_may_fetch(struct run *run, struct job *job,
                     struct polite_answer *answer)
{
    struct robots_answer robots;
    int rc;

    *answer = (struct polite_answer){ .reason = "robots.txt forbids it" };
    if (!run->robots)
        return POLITE_YES;
    rc = robots_cache_ask(run->robots, job->url, &robots);
    if (rc == -ECANCELED)
        return rc;
    if (rc < 0) {
        strcpy(answer->reason, "its robots.txt cannot be asked for");
        return POLITE_NO;
    }
    if (robots.delay > 0)
        schedule_slow_down(run->schedule, job, robots.delay);
    if (is_to_be_left_alone(run, job, &robots))
        answer->when = robots.again;
    if (robots.verdict == ROBOTS_UNREACHABLE && !robots.is_given_up) {
        put_off(run, job, &robots, answer);
        return POLITE_LATER;
    }
    if (robots.verdict == ROBOTS_UNREACHABLE)
        give_up(run, &robots, answer);
    if (robots.verdict != ROBOTS_ALLOWED)
        return POLITE_NO;
    return answer->when > 0 ? POLITE_LATER : POLITE_YES;
}
