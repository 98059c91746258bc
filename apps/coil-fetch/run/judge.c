/* SPDX-License-Identifier: MIT */
#include "run/judge.h"

#include <time.h>

#include <coil/error.h>
#include <coil/time.h>

#include "fetch/hsts.h"
#include "job/job.h"
#include "run/body.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

/* A host that is not told how long to wait is left alone for so long at most. */
#define LONGEST_BACK_OFF (60 * COIL_SECOND)

bool judge_may_retry(const struct options *options,
                     const struct attempt *attempt, enum outcome_class class)
{
    static const unsigned bits[OUTCOME_CLASSES] = {
        [OUTCOME_DNS] = RETRY_DNS,           [OUTCOME_CONNECT] = RETRY_CONNECT,
        [OUTCOME_TIMEOUT] = RETRY_TIMEOUT,   [OUTCOME_RESET] = RETRY_RESET,
        [OUTCOME_PROTOCOL] = RETRY_PROTOCOL, [OUTCOME_TLS] = RETRY_TLS,
        [OUTCOME_SERVER_ERROR] = RETRY_5XX,  [OUTCOME_RATE_LIMITED] = RETRY_429,
        [OUTCOME_CHECKSUM] = RETRY_CHECKSUM,
    };
    bool is_408 = attempt->response && attempt->response->status == 408;
    unsigned bit = is_408 ? RETRY_TIMEOUT : bits[class];

    return (options->retry_on & bit) != 0 && verdict_may_repeat(attempt);
}

/* A job of a queue is tried again by another machine when this run has been stopped. */
static bool is_retried(const struct run *run, const struct attempt *attempt,
                       enum outcome_class class)
{
    const struct options *o = run->options;
    const struct job *job = attempt->job;

    return judge_may_retry(o, attempt, class) && job->tries <= o->retries &&
           (run->stop == STOP_NOT || run->fleet) &&
           (o->retry_max_time == 0 ||
            coil_now() - job->first_at < o->retry_max_time);
}

/*
 * The host has had enough.  Returns when the job may be tried again: that its group
 * is left alone until then is enough; or -1: it asks for more than we wait.
 */
static coil_time leave_alone(struct run *run, const struct attempt *attempt)
{
    coil_time wait = verdict_retry_after(attempt->response);
    coil_time now = coil_now();

    if (wait > run->options->max_retry_after)
        return -1;
    if (wait >= 0)
        schedule_block(run->schedule, attempt->job, now + wait);
    else
        schedule_back_off(run->schedule, attempt->job,
                          run->options->retry_delay, LONGEST_BACK_OFF);
    stats_leave_alone(run->stats, attempt->job,
                      schedule_group_name(attempt->job),
                      schedule_blocked_until(attempt->job), now);
    return now;
}

/* A host that wants to be asked over https only is, from now on. */
static void note_hsts(struct run *run, const struct attempt *attempt)
{
    const char *value =
        attempt->response ? coil_http_response_header(
                                attempt->response, "Strict-Transport-Security")
                          : NULL;

    if (value && !run->options->is_insecure)
        (void)hsts_take(run->hsts, attempt->job->url, value,
                        coil_time_of_day() / COIL_SECOND);
}

/* When a job whose attempt has failed is tried again; -1: it is not. */
static coil_time next_try(struct run *run, const struct attempt *attempt,
                          enum outcome_class class)
{
    if (class == OUTCOME_RATE_LIMITED ||
        (attempt->response && attempt->response->status == 503)) {
        coil_time when = leave_alone(run, attempt);

        return when >= 0 && is_retried(run, attempt, class) ? when : -1;
    }
    if (!is_retried(run, attempt, class))
        return -1;
    return coil_now() + verdict_delay(run->options->retry_delay,
                                      attempt->job->tries, run_chance(run));
}

/*
 * Whether the job has another URL now.  If that cannot be, the attempt has failed,
 * and its class is another one.
 */
static bool is_led_on(struct run *run, struct job *job, struct attempt *attempt,
                      enum outcome_class *class)
{
    int rc;

    if (!verdict_is_redirect(attempt) || run->options->max_redirects == 0)
        return false;
    if (job->hops >= (unsigned)run->options->max_redirects)
        rc = COIL_EHTTP_TOO_MANY_REDIRECTS;
    else
        rc = verdict_follow(attempt, job, run->options->allows_downgrade);
    if (rc == 0) {
        job->tries = 0;
        return true;
    }
    attempt->error = rc;
    *class = verdict_class(attempt, &run->accepted);
    return false;
}

/* Failures that say something of the host, and not of one URL. */
static bool is_of_host(enum outcome_class class)
{
    return class == OUTCOME_DNS || class == OUTCOME_CONNECT ||
           class == OUTCOME_TIMEOUT || class == OUTCOME_TLS ||
           class == OUTCOME_RESET;
}

/* A host that fails time after time is given up, with all that waits for it. */
static void judge_host(struct run *run, struct job *job,
                       enum outcome_class class)
{
    unsigned most = run->options->max_host_errors;
    bool failed = is_of_host(class);
    unsigned failures = schedule_count_failure(run->schedule, job, failed);

    if (class == OUTCOME_OK)
        schedule_recover(run->schedule, job);
    if (failed && most > 0 && failures >= most)
        run_give_up_host(run, job);
}

/*
 * Once a job is tried again without further ado: its place is given back, so what
 * the host has asked for, and better jobs, come first.
 */
static bool is_repeated(struct run *run, struct job *job,
                        const struct attempt *attempt, const struct body *body)
{
    if (job->was_stale || run->stop != STOP_NOT ||
        (!verdict_is_stale(attempt) && !body->is_again))
        return false;
    job->was_stale = true;
    job->tries--;
    return true;
}

enum next judge(struct run *run, struct job *job, struct attempt *attempt,
                struct body *body, enum outcome_class *class, coil_time *when)
{
    if (run->hsts)
        note_hsts(run, attempt);
    *class = OUTCOME_OK;
    if (is_repeated(run, job, attempt, body))
        return NEXT_REPEAT;
    *class = verdict_class(attempt, &run->accepted);
    judge_host(run, job, *class);
    if (is_led_on(run, job, attempt, class))
        return NEXT_FOLLOW;
    *class = body_judge(body, attempt, *class);
    *when = next_try(run, attempt, *class);
    return *when >= 0 ? NEXT_RETRY : NEXT_FINISH;
}
