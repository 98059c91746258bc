/* SPDX-License-Identifier: MIT */
/*
 * fleet_work.c - jobs of the queue are leased, fetched, and ended
 *
 * Rules
 *   A job is begun and ended by one task, which is cancelled when it has lost the
 *   lease.  What it was doing has no outcome then: the job is another's.
 *   A job counts as done when its file has its name and its record is written.
 *   A group that is left alone here is left alone by all: the queue is told before the
 *   job goes back to it.
 */
#include <errno.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "job/job.h"
#include "queue/parcel.h"
#include "run/fleet.h"
#include "run/fleet_inside.h"
#include "run/keeper.h"
#include "run/worker.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/stats.h"

/* How often it is looked whether the queue is empty, when there is nothing to do. */
#define LOOK (250 * COIL_MILLISECOND)

/* When a job could not be dealt with, for want of memory or of the engine. */
#define SOON COIL_SECOND

/* ---- a task without a job ------------------------------------------------- */

/* On its stack, while nothing of a job is lost if it is cancelled. */
struct slot {
    struct slot *next;
    struct slot **link;
    struct coil_task *task;
};

static void begin_idling(struct fleet *fleet, struct slot *slot)
{
    *slot = (struct slot){ .next = fleet->idle,
                           .link = &fleet->idle,
                           .task = coil_current_task() };
    if (slot->next)
        slot->next->link = &slot->next;
    fleet->idle = slot;
}

static void end_idling(struct slot *slot)
{
    *slot->link = slot->next;
    if (slot->next)
        slot->next->link = slot->link;
}

void fleet_stop(struct run *run)
{
    struct fleet *fleet = run->fleet;

    if (!fleet || fleet->is_ending)
        return;
    fleet->is_ending = true;
    for (struct slot *slot = fleet->idle; slot; slot = slot->next)
        coil_task_cancel(slot->task);
    coil_event_set(&fleet->changed);
    coil_event_set(&fleet->to_put);
}

/* With --rate, one after the other waits for its turn and takes what comes then. */
static int lease_in_turn(struct fleet *fleet, struct coil_job *leased)
{
    int rc = coil_lock_acquire(&fleet->gate);

    if (rc < 0)
        return rc;
    rc = coil_sleep_until(fleet->rate.next);
    if (rc == 0)
        rc = coil_work_get(fleet->work, leased);
    if (rc == 0)
        rate_begin(&fleet->rate, coil_now());
    coil_lock_release(&fleet->gate);
    return rc;
}

static int lease_one(struct run *run, struct coil_job *leased)
{
    struct fleet *fleet = run->fleet;
    int rc = fleet_await_engine(run);

    if (rc < 0)
        return rc;
    return fleet->rate.interval > 0 ? lease_in_turn(fleet, leased)
                                    : coil_work_get(fleet->work, leased);
}

/* Returns 1 and a job; 0: nothing more begins; -ECANCELED. */
static int next_job(struct run *run, struct coil_job *leased)
{
    struct fleet *fleet = run->fleet;

    while (!fleet->is_ending) {
        struct slot slot;
        int rc;

        begin_idling(fleet, &slot);
        rc = lease_one(run, leased);
        end_idling(&slot);
        if (rc == 0) {
            fleet_note_success(run);
            return 1;
        }
        if (fleet->is_ending)
            return 0;
        if (rc == -ECANCELED)
            return rc;
        fleet_note_trouble(run, rc);
    }
    return 0;
}

/* ---- how a job ends ------------------------------------------------------- */

/* What the end of a job has returned.  Returns 0; -ECANCELED. */
static int take_result(struct run *run, int rc)
{
    if (rc == -ECANCELED)
        return rc;
    if (rc == 0)
        fleet_note_success(run);
    else if (rc == -ESTALE)
        run->fleet->lost++;
    else if (rc != COIL_EUNKNOWN) /* told all the same, in the background */
        fleet_note_trouble(run, rc);
    return 0;
}

/* Let all workers leave a group alone until then.  Returns 0, or why not. */
static int pause_group(struct run *run, const struct coil_job *leased,
                       coil_time until)
{
    coil_time now = coil_now();
    int rc;

    if (until <= now || *leased->group == '\0')
        return 0;
    rc = coil_work_pause(run->fleet->work, leased->group, until - now);
    if (rc < 0 && rc != -ECANCELED)
        fleet_note_trouble(run, rc);
    return rc;
}

static int retry(struct coil_job *leased, coil_time when)
{
    coil_time now = coil_now();

    return coil_job_retry(leased, when > now ? when - now : 0);
}

/* What it has led to is in the queue before it is out of it. */
static int follow(struct run *run, struct coil_job *leased, struct job *job)
{
    int rc = fleet_put_redirected(run, job, leased->id, leased->priority);

    if (rc == 0)
        return coil_job_done(leased);
    if (rc == -ECANCELED || rc == COIL_EUNKNOWN)
        return coil_job_return(leased);
    fleet_note_trouble(run, rc);
    return coil_job_retry(leased, SOON);
}

/* It has an outcome, which is written down first. */
static int finish(struct run *run, struct coil_job *leased,
                  const struct worker_end *end)
{
    int rc = keeper_flush(run);

    if (rc < 0)
        return coil_job_return(leased);
    return end->is_exhausted ? coil_job_bury(leased, end->reason)
                             : coil_job_done(leased);
}

static int end_as(struct run *run, struct coil_job *leased, struct job *job,
                  const struct worker_end *end)
{
    switch (end->next) {
    case NEXT_RETRY:
        return retry(leased, end->when);
    case NEXT_FOLLOW:
        return follow(run, leased, job);
    case NEXT_FINISH:
        return finish(run, leased, end);
    default: /* STOP, and PUT_OFF: it was not begun */
        return coil_job_return(leased);
    }
}

/* ---- one job -------------------------------------------------------------- */

/*
 * The job holds a slot.  `*until`: its group is left alone until then.  Returns 0;
 * -ECANCELED.
 */
static int fetch_it(struct run *run, struct coil_job *leased, struct job *job,
                    struct worker_end *end, coil_time *until)
{
    int rc = pause_group(run, leased, schedule_not_before(job));

    end->next = NEXT_STOP;
    if (rc == -ECANCELED)
        return rc;
    do {
        rc = worker_attend(run, job, end);
    } while (rc == 0 && end->next == NEXT_REPEAT);
    *until = schedule_not_before(job);
    if (end->next == NEXT_PUT_OFF && end->when > *until)
        *until = end->when;
    return rc;
}

static void describe(struct run *run, struct job *job,
                     const struct coil_job *leased)
{
    const struct options *o = run->options;

    job->usual_method = o->method ? o->method : o->body ? "POST" : NULL;
    job->is_located = true;
    job->tries = leased->delivery - 1;
    job->attempts += leased->delivery - 1;
    job->read_at = coil_now();
}

static int work_on_job(struct run *run, struct coil_job *leased,
                       struct job *job)
{
    struct worker_end end = { .leased = leased, .next = NEXT_STOP };
    coil_time until = 0;
    int rc;

    describe(run, job, leased);
    rc = schedule_adopt(run->schedule, job, leased->group, &until);
    if (rc == -ENOMEM)
        return take_result(run, coil_job_retry(leased, SOON));
    if (rc == 0) {
        rc = fetch_it(run, leased, job, &end, &until);
        schedule_end(run->schedule, job);
    }
    if (rc != -ECANCELED)
        (void)!pause_group(run, leased, until);
    return take_result(run, end_as(run, leased, job, &end));
}

/* What another one has put may be of no use.  It lies among the dead then. */
static int work_on(struct run *run, struct coil_job *leased)
{
    struct text why = { 0 };
    struct job *job;
    int rc = parcel_unpack(&job, leased->body, leased->size, &why);

    if (rc == 0) {
        rc = work_on_job(run, leased, job);
        job_free(job);
    } else if (rc == -ENOMEM) {
        rc = take_result(run, coil_job_retry(leased, SOON));
    } else {
        run_say(run, "a job of the queue: %s", why.bytes);
        rc = take_result(run, coil_job_bury(leased, why.bytes));
    }
    text_fini(&why);
    return rc;
}

static void show(struct run *run, bool is_all)
{
    stats_set_read(run->stats, run->over + run->fleet->active, is_all);
}

static int work(void *arg)
{
    struct run *run = arg;
    struct fleet *fleet = run->fleet;
    struct coil_job leased;
    int rc;

    while ((rc = next_job(run, &leased)) > 0) {
        fleet->active++;
        show(run, false);
        rc = work_on(run, &leased);
        fleet->active--;
        show(run, false);
        if (fleet->active == 0)
            coil_event_set(&fleet->changed);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/* ---- the end of all ------------------------------------------------------- */

/* Returns 1: nothing is in the queue that anybody will do; 0; -ECANCELED. */
static int is_empty(struct run *run)
{
    struct coil_work_stats stats;
    int rc = fleet_await_engine(run);

    if (rc == 0)
        rc = coil_work_stats(run->fleet->work, &stats);
    if (rc == 0)
        return stats.queued + stats.delayed + stats.leased == 0;
    if (rc == -ECANCELED || rc == COIL_EUNKNOWN)
        return -ECANCELED;
    fleet_note_trouble(run, rc);
    return 0;
}

static int await_change(struct fleet *fleet)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, LOOK);

    if (rc < 0)
        return rc;
    coil_event_clear(&fleet->changed);
    rc = coil_event_wait(&fleet->changed);
    rc = coil_timeout_end(&limit, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* As long as there is something to do here, nobody has to be asked. */
static int watch(struct run *run)
{
    struct fleet *fleet = run->fleet;
    int rc = 0;

    while (rc == 0 && !fleet->is_ending) {
        if (fleet->is_all_put && fleet->active == 0 &&
            !run->options->queue_waits)
            rc = is_empty(run);
        if (rc == 0 && !fleet->is_ending)
            rc = await_change(fleet);
    }
    if (rc > 0)
        show(run, true);
    fleet_stop(run);
    return rc < 0 ? rc : 0;
}

/*
 * A list is put to its end before its first URL begins, as far as the reader holds them
 * back (reader.h): a better one may be the last.  Unless there is no room for it: then
 * somebody has to make room.
 */
static int await_beginning(struct run *run)
{
    struct fleet *fleet = run->fleet;
    int rc = coil_event_wait(&run->may_begin);

    while (rc == 0 && fleet->is_all_read && !fleet->is_all_put &&
           fleet->error == 0 && !fleet->is_ending) {
        coil_event_clear(&fleet->changed);
        rc = coil_event_wait(&fleet->changed);
    }
    return rc;
}

int fleet_run(struct run *run)
{
    int rc = coil_task_group_create(&run->workers, NULL, fleet_run_putter, run);

    if (rc == 0)
        rc = await_beginning(run);
    for (size_t i = 0; rc == 0 && i < run->concurrency; i++)
        rc = coil_task_group_create(&run->workers, NULL, work, run);
    return rc < 0 ? rc : watch(run);
}
