/* SPDX-License-Identifier: MIT */
#include "run/worker.h"

#include <errno.h>
#include <stdio.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/work.h>

#include "job/job.h"
#include "run/body.h"
#include "run/crew.h"
#include "run/finish.h"
#include "run/judge.h"
#include "run/place.h"
#include "run/polite.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

struct work {
    struct run *run;
    struct job *job;
    struct stats_flight flight;
    struct body *body;
    struct worker_end
        *end; /* the job belongs to a queue; NULL: to the schedule */
};

/* ---- one attempt ---------------------------------------------------------- */

static void note_moment(void *arg, const struct coil_http_event *event)
{
    struct work *work = arg;

    atomic_store_explicit(&work->flight.moment, event->moment,
                          memory_order_relaxed);
    atomic_store_explicit(&work->flight.has_moment, true, memory_order_relaxed);
    if (event->moment == COIL_HTTP_CONNECTED && event->address)
        coil_address_string(event->address, work->body->address);
}

/* When more may be read; all loops take of the same. */
static coil_time take_of_paces(struct run *run, struct job *job, size_t size,
                               coil_time now)
{
    coil_time all, host;

    pthread_mutex_lock(&run->pacing);
    all = pace_take(&run->pace, run->options->limit_rate, size, now);
    host = pace_take(schedule_pace(job), run->options->limit_rate_per_host,
                     size, now);
    pthread_mutex_unlock(&run->pacing);
    return all > host ? all : host;
}

/* Bytes have come; more may come when --limit-rate lets them. */
static int keep_pace(void *arg, size_t size)
{
    const struct work *work = arg;
    coil_time now = coil_now();
    coil_time wait = take_of_paces(work->run, work->job, size, now) - now;

    return wait < COIL_MILLISECOND ? 0 : coil_sleep(wait);
}

static int carry_out(void *attempt)
{
    return attempt_make(attempt);
}

/*
 * On the loop that has a place for the job.  Until it ends, what the attempt and the body
 * have is that loop's.  Returns 0, whatever came of it; or -ECANCELED.
 */
static int make_somewhere(struct work *work, struct attempt *attempt)
{
    struct run *run = work->run;
    struct body *body = work->body;
    unsigned loop = schedule_choose_loop(run->schedule, work->job);
    struct hand *hand = crew_hand(run, loop);
    int rc;

    attempt->client = hand->client;
    body->is_away = loop > 0;
    if (body->place)
        place_move(body->place, &hand->places);
    rc = crew_carry_out(hand, carry_out, attempt);
    if (body->place)
        place_move(body->place, &run->first.places);
    schedule_leave_loop(run->schedule, work->job, loop);
    if (rc < 0 && rc != -ECANCELED) {
        attempt->error = rc;
        attempt->done_at = coil_now();
    }
    return rc == -ECANCELED ? rc : 0;
}

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
    rc = make_somewhere(work, attempt);
    stats_end_request(run->stats, &work->flight,
                      attempt->response ? attempt->response->status : 0,
                      coil_now());
    return rc;
}

/* ---- what becomes of the job ---------------------------------------------- */

/* Nothing of the attempt is left, and the job goes its way. */
static void go_on(struct work *work, enum next next, coil_time when)
{
    struct run *run = work->run;
    struct job *job = work->job;
    int rc = 0;

    if (work->end) {
        work->end->next = next;
        work->end->when = when;
        return;
    }
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

/* The job would be tried again if it might be. */
static void note_exhaustion(struct worker_end *end,
                            const struct options *options,
                            const struct attempt *attempt,
                            enum outcome_class class)
{
    int status = attempt->response ? attempt->response->status : 0;

    end->is_exhausted = judge_may_retry(options, attempt, class);
    if (attempt->error < 0)
        (void)snprintf(end->reason, sizeof end->reason, "%s: %s",
                       outcome_class_name(class),
                       coil_strerror(attempt->error));
    else
        (void)snprintf(end->reason, sizeof end->reason, "%s %d",
                       outcome_class_name(class), status);
}

/* It is another's, or will be.  What comes next does not wait perhaps. */
static bool is_lost(const struct work *work)
{
    return work->end && !coil_job_is_held(work->end->leased);
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
        *next = judge(run, work->job, &attempt, body, &class, when);
        if (work->end)
            note_exhaustion(work->end, run->options, &attempt, class);
        if (*next == NEXT_FINISH && is_lost(work))
            *next = NEXT_STOP;
        else if (*next == NEXT_FINISH)
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
    go_on(work, next, when);
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
        go_on(work, NEXT_PUT_OFF, answer.when);
        return 0;
    }
    if (rc == POLITE_NO)
        finish_tell_without(run, work->job, OUTCOME_ROBOTS, answer.reason);
    go_on(work, rc == POLITE_NO ? NEXT_FINISH : NEXT_STOP, 0);
    return rc < 0 ? rc : 0;
}

int worker_attend(struct run *run, struct job *job, struct worker_end *end)
{
    struct work work = { .run = run, .job = job, .end = end };

    *end = (struct worker_end){ .leased = end->leased, .next = NEXT_STOP };
    return begin_job(&work);
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
