/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - which URL is fetched next
 *
 *     rc = schedule_put(schedule, job, "example.org");
 *     ...
 *     while (schedule_take(schedule, &job) > 0) {
 *         ...                                            fetch it, in a task
 *         schedule_end(schedule, job);
 *     }
 *
 * Jobs wait in groups, each of which is left alone by itself: a group has a limit
 * of jobs that are under way at a time, a rate, and a time before which none of it
 * begins (Retry-After).  There are a limit and a rate in all, too.  A job is
 * *startable* if none of these stands in its way.  The best startable job is
 * always taken first: the one with the lowest priority number; among equals, the
 * one that was put first.  So a group that has to wait holds up no other.
 *
 * A job that is taken holds a slot of its group and of all, until schedule_end() or
 * schedule_retry().  A job that waits for its next try holds none, and keeps its
 * place among its equals.
 *
 * One task takes.  All the rest may be called from any task of the same loop.
 * Semantics: asyncio's PriorityQueue and Semaphore, the one for each group.
 */
#ifndef COIL_FETCH_SCHEDULE_SCHEDULE_H
#define COIL_FETCH_SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>
#include <coil/time.h>

#include "schedule/rate.h"

struct job;
struct group;
struct pace;
struct schedule;

struct schedule_options {
    size_t concurrency;         /* jobs under way, in all; not 0 */
    size_t per_group;           /* and of one group; not 0 */
    struct rate rate;           /* of beginnings, in all */
    struct rate rate_per_group; /* and of one group */
    size_t max_groups; /* idle groups beyond these are forgotten; 0: 10,000 */
    unsigned loops;    /* that make requests; 0: one */
};

/* `*out` is returned: release it with schedule_free().  Returns 0; -ENOMEM. */
int schedule_new(struct schedule **out, const struct schedule_options *options);

/* Frees the jobs that wait in it, too; none is under way.  NULL is allowed. */
void schedule_free(struct schedule *schedule);

/*
 * Let a job wait in the group called `name`, which is made if there is none; the
 * job is given.  Returns 0; -ENOMEM, and the job is the caller's.
 */
int schedule_put(struct schedule *schedule, struct job *job, const char *name);

/*
 * Wait until a job may begin, and take the best one.  Returns 1 and `*out`, which
 * is the caller's until it is ended; 0: nothing waits, nothing is under way, and
 * schedule_close() was called, or schedule_stop(); or -ECANCELED: none was taken.
 */
int schedule_take(struct schedule *schedule, struct job **out) COIL_SUSPENDS;

/*
 * A job that somebody else has chosen, who sees to all limits, begins in the group
 * called `name`.  It stays the caller's, and holds a slot, until schedule_end().
 * Returns 0; -EAGAIN: the group is to be left alone until `*until`; -ENOMEM.
 */
int schedule_adopt(struct schedule *schedule, struct job *job, const char *name,
                   coil_time *until);

/* A job that was taken holds no slot any more, and is the caller's. */
void schedule_end(struct schedule *schedule, struct job *job);

/*
 * The same, and it waits in its group once more, not before `when`.  It keeps its
 * place.  Returns 0; -ENOMEM, and the job is the caller's, without a slot.
 */
int schedule_retry(struct schedule *schedule, struct job *job, coil_time when);

/*
 * As schedule_retry(), of a job for which nothing was asked of its host.  No rate
 * counts its beginning, if none has begun after it.
 */
int schedule_put_off(struct schedule *schedule, struct job *job,
                     coil_time when);

/* There will be no schedule_put() from outside; jobs under way may still put. */
void schedule_close(struct schedule *schedule);

/* Nothing more begins. */
void schedule_stop(struct schedule *schedule);
bool schedule_is_stopped(const struct schedule *schedule);

/*
 * Take a job that waits, in no order, whether it may begin or not: for what becomes
 * of them when the run has been stopped.  NULL: none waits.  It holds no slot.
 */
struct job *schedule_drain(struct schedule *schedule);

/* The same of the group of a job that is under way; not those for their next try. */
struct job *schedule_drain_group(struct schedule *schedule,
                                 const struct job *job);

/* ---- how a group fares -------------------------------------------------- */

/*
 * Nothing of the job's group begins before `when`, if it was to begin earlier.
 */
void schedule_block(struct schedule *schedule, const struct job *job,
                    coil_time when);

/*
 * The server has said that there are too many requests, without saying until when.
 * The group is left alone for `first`; if its first requests after that are told
 * the same, for twice as long, up to `most`.  Several that were under way together
 * count once.
 */
void schedule_back_off(struct schedule *schedule, const struct job *job,
                       coil_time first, coil_time most);

/* It has answered well: the next time, it is left alone for half as long. */
void schedule_recover(struct schedule *schedule, const struct job *job);

/* Its beginnings are at least `interval` apart (Crawl-delay). */
void schedule_slow_down(struct schedule *schedule, const struct job *job,
                        coil_time interval);

/*
 * Count failures of the group in a row, or with `failed` false begin anew.  Returns
 * how many there are.
 */
unsigned schedule_count_failure(struct schedule *schedule,
                                const struct job *job, bool failed);

/* The group of a job that is under way: its name, and until when it is left alone. */
const char *schedule_group_name(const struct job *job);
coil_time schedule_blocked_until(const struct job *job);

/* Before when no further job of its group begins, by its rate, too. */
coil_time schedule_not_before(const struct job *job);

/*
 * On which loop a job that is under way makes its next request (spread.h), from 0 on;
 * and that the request has ended.
 */
unsigned schedule_choose_loop(struct schedule *schedule, struct job *job);
void schedule_leave_loop(struct schedule *schedule, struct job *job,
                         unsigned loop);

/* How fast bodies come to the group of a job that is under way: its user's to keep. */
struct pace *schedule_pace(const struct job *job);

/* ---- what is seen of it ------------------------------------------------- */

/* How many wait, those for their next try included, and how many are under way. */
size_t schedule_waiting(const struct schedule *schedule);
size_t schedule_waiting_bytes(const struct schedule *schedule);
size_t schedule_retrying(const struct schedule *schedule);
size_t schedule_active(const struct schedule *schedule);

struct group_view {
    const char *name;
    size_t waiting;
    size_t active;
    coil_time not_before; /* 0: it may begin now */
    bool was_told;        /* by Retry-After, or 429 and 503 */
};

/* Tell of each group; fn() must not change the schedule. */
void schedule_each_group(const struct schedule *schedule,
                         void (*fn)(void *arg, const struct group_view *view),
                         void *arg);

#endif
