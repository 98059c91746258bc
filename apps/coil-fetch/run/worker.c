/* SPDX-License-Identifier: MIT */
#include "run/worker.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/url.h>

#include "fetch/hsts.h"
#include "job/job.h"
#include "run/body.h"
#include "run/finish.h"
#include "run/place.h"
#include "run/polite.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

/* A host that is not told how long to wait is left alone for so long at most. */
#define LONGEST_BACK_OFF (60 * COIL_SECOND)

struct work {
    struct run *run;
    struct job *job;
    struct stats_flight flight;
    struct body *body;
};

/* ---- what an attempt leads to --------------------------------------------- */

static bool is_retried(const struct run *run, const struct attempt *attempt,
                       enum outcome_class class)
{
    static const unsigned bits[OUTCOME_CLASSES] = {
        [OUTCOME_DNS] = RETRY_DNS,           [OUTCOME_CONNECT] = RETRY_CONNECT,
        [OUTCOME_TIMEOUT] = RETRY_TIMEOUT,   [OUTCOME_RESET] = RETRY_RESET,
        [OUTCOME_PROTOCOL] = RETRY_PROTOCOL, [OUTCOME_TLS] = RETRY_TLS,
        [OUTCOME_SERVER_ERROR] = RETRY_5XX,  [OUTCOME_RATE_LIMITED] = RETRY_429,
        [OUTCOME_CHECKSUM] = RETRY_CHECKSUM,
    };
    const struct options *o = run->options;
    const struct job *job = attempt->job;
    bool is_408 = attempt->response && attempt->response->status == 408;
    unsigned bit = is_408 ? RETRY_TIMEOUT : bits[class];

    return (o->retry_on & bit) != 0 && job->tries <= o->retries &&
           verdict_may_repeat(attempt) && run->stop == STOP_NOT &&
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
                        (int64_t)time(NULL));
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

static void note_moment(void *arg, const struct coil_http_event *event)
{
    struct work *work = arg;

    work->flight.moment = event->moment;
    work->flight.has_moment = true;
    if (event->moment == COIL_HTTP_CONNECTED && event->address)
        coil_address_string(event->address, work->body->address);
}

/* Bytes have come; more may come when --limit-rate lets them. */
static int keep_pace(void *arg, size_t size)
{
    const struct work *work = arg;
    struct run *run = work->run;
    coil_time now = coil_now();
    coil_time all = pace_take(&run->pace, run->options->limit_rate, size, now);
    coil_time host = pace_take(schedule_pace(work->job),
                               run->options->limit_rate_per_host, size, now);
    coil_time wait = (all > host ? all : host) - now;

    return wait < COIL_MILLISECOND ? 0 : coil_sleep(wait);
}

/* ---- one attempt ---------------------------------------------------------- */

/* Returns 0, whatever came of it; or -ECANCELED. */
static int make_attempt(struct work *work, struct attempt *attempt,
                        struct body *body)
{
    struct run *run = work->run;
    struct job *job = work->job;
    bool is_limited =
        run->options->limit_rate + run->options->limit_rate_per_host > 0;
    coil_time now = coil_now();
    int rc;

    work->body = body;
    *attempt = (struct attempt){
        .options = &run->attempt,
        .job = job,
        .extra = body->extra,
        .extra_count = body->extra_count,
        .sink = body_sink(body),
        .pace = is_limited ? keep_pace : NULL,
        .pace_arg = work,
        .watch = note_moment,
        .watch_arg = work,
    };
    job->attempts++;
    job->tries++;
    if (job->first_at == 0)
        job->first_at = now;
    stats_begin_request(run->stats, &work->flight, job, now);
    rc = attempt_make(attempt);
    stats_end_request(run->stats, &work->flight,
                      attempt->response ? attempt->response->status : 0,
                      coil_now());
    return rc;
}

/* What follows from an attempt. */
enum next {
    NEXT_FINISH,
    NEXT_REPEAT,  /* at once, as it was none of the URL's fault */
    NEXT_RETRY,   /* at `when` */
    NEXT_PUT_OFF, /* until `when`, as nothing was asked of its host */
    NEXT_FOLLOW,  /* with another URL */
    NEXT_STOP,    /* the run ends */
};

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

static enum next judge(struct work *work, struct attempt *attempt,
                       struct body *body, enum outcome_class *class,
                       coil_time *when)
{
    struct run *run = work->run;
    struct job *job = work->job;

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

/* Nothing of the attempt is left, and the job goes its way. */
static void go_on(struct run *run, struct job *job, enum next next,
                  coil_time when)
{
    int rc = 0;

    switch (next) {
    case NEXT_REPEAT:
        rc = schedule_retry(run->schedule, job, coil_now());
        break;
    case NEXT_RETRY:
        rc = schedule_retry(run->schedule, job, when);
        break;
    case NEXT_PUT_OFF:
        rc = schedule_put_off(run->schedule, job, when);
        break;
    case NEXT_FOLLOW:
        schedule_end(run->schedule, job);
        rc = place_job(run, job);
        break;
    case NEXT_STOP:
        schedule_end(run->schedule, job);
        finish_without(run, job, OUTCOME_STOPPED, NULL);
        break;
    case NEXT_FINISH:
        schedule_end(run->schedule, job);
        job_free(job);
        break;
    }
    if (rc < 0)
        finish_without(run, job, OUTCOME_INTERNAL, "no memory");
}

/* A body goes into the archive also when the job is not over with it. */
static int archive(struct run *run, struct body *body,
                   const struct attempt *attempt)
{
    int rc = body_archive(body, attempt);

    if (rc < 0 && rc != -ECANCELED)
        run_fail(run, run->options->warc, rc);
    return rc;
}

/* Returns 0; or -ECANCELED. */
static int attend(struct work *work, struct body *body, enum next *next,
                  coil_time *when)
{
    struct run *run = work->run;
    struct attempt attempt;
    enum outcome_class class;
    int rc = make_attempt(work, &attempt, body);

    *next = NEXT_STOP;
    if (rc == 0) {
        *next = judge(work, &attempt, body, &class, when);
        if (*next == NEXT_FINISH)
            rc = finish_attempt(run, &attempt, body, class);
        else
            rc = archive(run, body, &attempt);
        if (rc < 0)
            *next = NEXT_STOP;
    }
    attempt_fini(&attempt);
    return rc == -ECANCELED ? rc : 0;
}

/* The file is there already, or the disk does not want it. */
static void finish_unasked(struct run *run, struct job *job,
                           const struct body *body, int rc)
{
    const struct outcome outcome = {
        .job = job,
        .class = rc > 0 ? OUTCOME_SKIPPED : OUTCOME_OUTPUT,
        .error = rc < 0 ? rc : 0,
        .final_url = job->url,
        .file = rc > 0 ? place_file(body->place) : NULL,
        .done_at = coil_now(),
    };

    finish_tell(run, &outcome);
}

static int deal_with(struct work *work)
{
    struct run *run = work->run;
    struct job *job = work->job;
    struct body body;
    enum next next = NEXT_FINISH;
    coil_time when = 0;
    int rc = body_begin(&body, run, job, &work->flight);

    if (rc == -ECANCELED)
        next = NEXT_STOP;
    else if (rc != 0)
        finish_unasked(run, job, &body, rc);
    else
        rc = attend(work, &body, &next, &when);
    if (body_end(&body) == -ECANCELED)
        rc = -ECANCELED;
    go_on(run, job, next, when);
    return rc == -ECANCELED ? rc : 0;
}

/* The job holds its slot, in the group where it belongs. */
static int begin_job(struct work *work)
{
    struct run *run = work->run;
    struct polite_answer answer;
    int rc = polite_may_fetch(run, work->job, &answer);

    if (rc == POLITE_YES)
        return deal_with(work);
    if (rc == POLITE_LATER && run->stop == STOP_NOT) {
        go_on(run, work->job, NEXT_PUT_OFF, answer.when);
        return 0;
    }
    schedule_end(run->schedule, work->job);
    finish_without(run, work->job,
                   rc == POLITE_NO ? OUTCOME_ROBOTS : OUTCOME_STOPPED,
                   rc == POLITE_NO ? answer.reason : NULL);
    return rc < 0 ? rc : 0;
}

static int work(void *arg)
{
    struct work *work = arg;
    int rc = place_by_address(work->run, work->job);

    if (rc > 0)
        return begin_job(work);
    if (rc == -ECANCELED)
        schedule_end(work->run->schedule, work->job);
    if (rc < 0)
        finish_without(work->run, work->job,
                       rc == -ECANCELED ? OUTCOME_STOPPED : OUTCOME_INTERNAL,
                       rc == -ECANCELED ? NULL : "no memory");
    return rc == -ECANCELED ? rc : 0;
}

/* It begins at once, so that it has begun when it is cancelled. */
int worker_start(struct run *run, struct job *job)
{
    struct work first = { .run = run, .job = job };

    return coil_task_group_create_with(
        &run->workers, NULL, work, &first,
        &(struct coil_task_options){ .arg_size = sizeof first, .eager = true });
}
