/* SPDX-License-Identifier: MIT */
/*
 * Rules
 *   What makes it possible that something begins sets `changed`.
 *   `waiting` counts the jobs of all groups and of `later`.
 */
#include "schedule/schedule.h"

#include <errno.h>
#include <stdlib.h>

#include <coil/event.h>
#include <coil/timeout.h>

#include "schedule/job_heap.h"
#include "schedule/lag.h"
#include "schedule/lineup.h"

struct schedule {
    struct schedule_options options;
    struct spread spread;
    struct lineup lineup;
    struct job_heap later; /* jobs that wait for their next try */
    struct rate rate;
    struct lag lag;
    const struct job *latest; /* that has begun; it may be gone */
    size_t waiting;
    size_t bytes; /* of the jobs that wait */
    size_t active;
    uint64_t placed; /* so many jobs were put */
    bool is_closed;
    bool is_stopped;
    struct coil_event changed;
};

int schedule_new(struct schedule **out, const struct schedule_options *options)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    int rc;

    *out = NULL;
    if (!schedule)
        return -ENOMEM;
    schedule->options = *options;
    schedule->rate = options->rate;
    coil_event_init(&schedule->changed);
    rc = spread_init(&schedule->spread, options->loops ? options->loops : 1,
                     options->per_group);
    if (rc == 0)
        rc = lineup_init(&schedule->lineup, options, &schedule->spread);
    if (rc < 0) {
        spread_fini(&schedule->spread);
        free(schedule);
        return rc;
    }
    *out = schedule;
    return 0;
}

void schedule_free(struct schedule *schedule)
{
    struct job *job;

    if (!schedule)
        return;
    while ((job = schedule_drain(schedule)))
        job_free(job);
    lineup_fini(&schedule->lineup);
    spread_fini(&schedule->spread);
    job_heap_fini(&schedule->later);
    free(schedule);
}

static void count_waiting(struct schedule *schedule, const struct job *job)
{
    schedule->waiting++;
    schedule->bytes += job_size(job);
}

static void discount_waiting(struct schedule *schedule, const struct job *job)
{
    schedule->waiting--;
    schedule->bytes -= job_size(job);
}

/* Something about a group has changed. */
static void place_again(struct schedule *schedule, struct group *group,
                        coil_time now)
{
    lineup_place_again(&schedule->lineup, group, now);
    coil_event_set(&schedule->changed);
}

/* A job comes into its group.  Returns 0; -ENOMEM. */
static int add_job(struct schedule *schedule, struct job *job, coil_time now)
{
    int rc = lineup_add_job(&schedule->lineup, job, now);

    if (rc == 0)
        coil_event_set(&schedule->changed);
    return rc;
}

int schedule_put(struct schedule *schedule, struct job *job, const char *name)
{
    coil_time now = coil_now();
    struct group *group;
    int rc = lineup_get(&schedule->lineup, &group, name, now);

    if (rc < 0)
        return rc;
    job->group = group;
    if (job->place == 0)
        job->place = ++schedule->placed;
    rc = add_job(schedule, job, now);
    if (rc < 0)
        return rc;
    count_waiting(schedule, job);
    return 0;
}

int schedule_adopt(struct schedule *schedule, struct job *job, const char *name,
                   coil_time *until)
{
    coil_time now = coil_now();
    struct group *group;
    int rc = lineup_get(&schedule->lineup, &group, name, now);

    if (rc < 0)
        return rc;
    *until = group_not_before(group);
    if (*until > now)
        return -EAGAIN;
    job->group = group;
    group->active++;
    schedule->active++;
    rate_begin(&group->rate, now);
    lineup_place_again(&schedule->lineup, group, now);
    return 0;
}

/* ---- taking --------------------------------------------------------------- */

/* The jobs whose next try is due come into their groups.  Returns 0; -ENOMEM. */
static int take_up_retries(struct schedule *schedule, coil_time now)
{
    struct job *job;

    while ((job = job_heap_first(&schedule->later)) && job->not_before <= now) {
        int rc = add_job(schedule, job, now);

        if (rc < 0)
            return rc;
        job->group->retrying--;
        (void)job_heap_take(&schedule->later);
    }
    return 0;
}

static struct job *begin(struct schedule *schedule, coil_time now)
{
    struct group *group = group_heap_first(&schedule->lineup.startable);
    coil_time token = schedule->rate.next;
    struct job *job;

    lineup_take_out(&schedule->lineup, group);
    job = job_heap_take(&group->jobs);
    group->active++;
    schedule->active++;
    discount_waiting(schedule, job);
    rate_begin(&group->rate, now);
    rate_begin(&schedule->rate, now);
    if (schedule->rate.interval > 0)
        job->late = lag_begin(&schedule->lag, token,
                              schedule->rate.next - schedule->rate.interval);
    group->latest = job;
    schedule->latest = job;
    lineup_place(&schedule->lineup, group, now);
    return job;
}

/* When something can begin that cannot now, if nothing else changes. */
static coil_time next_moment(const struct schedule *schedule)
{
    const struct job *job = job_heap_first(&schedule->later);
    const struct group *group = group_heap_first(&schedule->lineup.timed);
    coil_time moment = COIL_NEVER;

    if (job)
        moment = job->not_before;
    if (group && group->due < moment)
        moment = group->due;
    if (schedule->lineup.startable.count > 0 &&
        schedule->active < schedule->options.concurrency &&
        schedule->rate.next < moment)
        moment = schedule->rate.next;
    return moment;
}

static int wait_for_change(struct schedule *schedule)
{
    struct coil_timeout timeout;
    int rc = coil_timeout_begin_at(&timeout, next_moment(schedule));

    if (rc < 0)
        return rc;
    coil_event_clear(&schedule->changed);
    rc = coil_event_wait(&schedule->changed);
    rc = coil_timeout_end(&timeout, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* How late things are is of interest if they have a rate. */
static void look_at_lag(struct schedule *schedule, coil_time now)
{
    bool is_startable = schedule->lineup.startable.count > 0;
    bool has_work = is_startable || schedule->lineup.full > 0;
    bool is_full = schedule->active >= schedule->options.concurrency;

    if (schedule->rate.interval > 0)
        lag_look(&schedule->lag, has_work,
                 has_work && (is_full || !is_startable), now);
}

int schedule_take(struct schedule *schedule, struct job **out)
{
    for (;;) {
        coil_time now = coil_now();
        int rc;

        if (schedule->is_stopped)
            return 0;
        rc = take_up_retries(schedule, now);
        if (rc < 0)
            return rc;
        lineup_pass_time(&schedule->lineup, now);
        look_at_lag(schedule, now);
        if (schedule->lineup.startable.count > 0 &&
            schedule->rate.next <= now &&
            schedule->active < schedule->options.concurrency) {
            *out = begin(schedule, now);
            return 1;
        }
        if (schedule->is_closed && schedule->waiting + schedule->active == 0)
            return 0;
        rc = wait_for_change(schedule);
        if (rc < 0)
            return rc;
    }
}

static void give_slot_back(struct schedule *schedule, struct group *group)
{
    group->active--;
    schedule->active--;
    place_again(schedule, group, coil_now());
}

void schedule_end(struct schedule *schedule, struct job *job)
{
    struct group *group = job->group;

    job->group = NULL;
    give_slot_back(schedule, group);
}

int schedule_retry(struct schedule *schedule, struct job *job, coil_time when)
{
    struct group *group = job->group;
    int rc;

    job->not_before = when;
    rc = job_heap_put(&schedule->later, job, job->not_before);
    if (rc < 0) {
        schedule_end(schedule, job);
        return rc;
    }
    group->retrying++;
    count_waiting(schedule, job);
    give_slot_back(schedule, group);
    return 0;
}

int schedule_put_off(struct schedule *schedule, struct job *job, coil_time when)
{
    if (schedule->latest == job)
        rate_take_back(&schedule->rate);
    if (job->group->latest == job)
        rate_take_back(&job->group->rate);
    schedule->latest = NULL;
    job->group->latest = NULL;
    return schedule_retry(schedule, job, when);
}

void schedule_close(struct schedule *schedule)
{
    schedule->is_closed = true;
    coil_event_set(&schedule->changed);
}

void schedule_stop(struct schedule *schedule)
{
    schedule->is_stopped = true;
    coil_event_set(&schedule->changed);
}

bool schedule_is_stopped(const struct schedule *schedule)
{
    return schedule->is_stopped;
}

struct job *schedule_drain(struct schedule *schedule)
{
    struct job *job = job_heap_take(&schedule->later);
    struct group *group;

    if (job) {
        job->group->retrying--;
    } else {
        group = lineup_any(&schedule->lineup);
        if (!group)
            return NULL;
        job = lineup_take_job(&schedule->lineup, group, coil_now());
    }
    discount_waiting(schedule, job);
    job->group = NULL;
    return job;
}

struct job *schedule_drain_group(struct schedule *schedule,
                                 const struct job *job)
{
    struct job *drained;

    if (job->group->jobs.count == 0)
        return NULL;
    drained = lineup_take_job(&schedule->lineup, job->group, coil_now());
    discount_waiting(schedule, drained);
    drained->group = NULL;
    return drained;
}

/* ---- how a group fares ---------------------------------------------------- */

void schedule_block(struct schedule *schedule, const struct job *job,
                    coil_time when)
{
    struct group *group = job->group;

    if (when <= group->blocked_until)
        return;
    group->blocked_until = when;
    place_again(schedule, group, coil_now());
}

void schedule_back_off(struct schedule *schedule, const struct job *job,
                       coil_time first, coil_time most)
{
    struct group *group = job->group;
    coil_time now = coil_now();

    if (group->blocked_until > now)
        return;
    group->back_off = group->back_off > 0 ? 2 * group->back_off : first;
    if (group->back_off > most)
        group->back_off = most;
    schedule_block(schedule, job, now + group->back_off);
}

void schedule_recover(struct schedule *schedule, const struct job *job)
{
    struct group *group = job->group;

    (void)schedule;
    if (group->back_off > 0 && group->blocked_until <= coil_now())
        group->back_off /= 2;
}

void schedule_slow_down(struct schedule *schedule, const struct job *job,
                        coil_time interval)
{
    struct group *group = job->group;
    coil_time now = coil_now();

    if (interval <= group->rate.interval)
        return;
    group->rate.interval = interval;
    if (group->rate.next < now + interval)
        group->rate.next = now + interval;
    place_again(schedule, group, now);
}

unsigned schedule_count_failure(struct schedule *schedule,
                                const struct job *job, bool failed)
{
    (void)schedule;
    job->group->failures = failed ? job->group->failures + 1 : 0;
    return job->group->failures;
}

const char *schedule_group_name(const struct job *job)
{
    return job->group->name;
}

coil_time schedule_blocked_until(const struct job *job)
{
    return job->group->blocked_until;
}

coil_time schedule_not_before(const struct job *job)
{
    return group_not_before(job->group);
}

unsigned schedule_choose_loop(struct schedule *schedule, struct job *job)
{
    return spread_take(&schedule->spread, &job->group->share);
}

void schedule_leave_loop(struct schedule *schedule, struct job *job,
                         unsigned loop)
{
    spread_give_back(&schedule->spread, &job->group->share, loop);
}

struct pace *schedule_pace(const struct job *job)
{
    return &job->group->pace;
}

/* ---- what is seen of it --------------------------------------------------- */

size_t schedule_waiting(const struct schedule *schedule)
{
    return schedule->waiting;
}

size_t schedule_waiting_bytes(const struct schedule *schedule)
{
    return schedule->bytes;
}

size_t schedule_retrying(const struct schedule *schedule)
{
    return schedule->later.count;
}

size_t schedule_active(const struct schedule *schedule)
{
    return schedule->active;
}

void schedule_each_group(const struct schedule *schedule,
                         void (*fn)(void *arg, const struct group_view *view),
                         void *arg)
{
    for (const struct group *group = groups_first(&schedule->lineup.groups);
         group; group = groups_next(group)) {
        coil_time not_before = group_not_before(group);

        fn(arg, &(struct group_view){
                    .name = group->name,
                    .waiting = group->jobs.count + group->retrying,
                    .active = group->active,
                    .not_before = not_before > coil_now() ? not_before : 0,
                    .was_told = group->blocked_until > coil_now(),
                });
    }
}
