/* SPDX-License-Identifier: MIT */
/*
 * lineup.h - the groups of a schedule, by whether they may begin a job
 *
 * A group is in the heap `startable` if its limit and the clock let its best job
 * begin, in `timed` if only the clock is in the way, else in neither.  What changes
 * this for a group is done between lineup_take_out() and lineup_place(), or followed
 * by lineup_place_again().
 */
#ifndef COIL_FETCH_SCHEDULE_LINEUP_H
#define COIL_FETCH_SCHEDULE_LINEUP_H

#include "schedule/groups.h"
#include "schedule/schedule.h"

struct lineup {
    struct groups groups;
    struct group_heap startable;
    struct group_heap timed;
    size_t full; /* groups that only lack a place of their own */
    size_t per_group;
    coil_time interval; /* between two beginnings of a new group */
};

/* `spread` is kept.  Returns 0; or an error of hash_key_make(). */
int lineup_init(struct lineup *lineup, const struct schedule_options *options,
                struct spread *spread);

/* Frees the groups; what they hold must be gone. */
void lineup_fini(struct lineup *lineup);

/* Find the group called `name`, or make it.  Returns 0; -ENOMEM. */
int lineup_get(struct lineup *lineup, struct group **out, const char *name,
               coil_time now);

void lineup_take_out(struct lineup *lineup, struct group *group);
void lineup_place(struct lineup *lineup, struct group *group, coil_time now);
void lineup_place_again(struct lineup *lineup, struct group *group,
                        coil_time now);

/* A job comes into its group.  Returns 0; -ENOMEM. */
int lineup_add_job(struct lineup *lineup, struct job *job, coil_time now);

/* The best job of a group that has one leaves it, whether it may begin or not. */
struct job *lineup_take_job(struct lineup *lineup, struct group *group,
                            coil_time now);

/* The groups for which the clock was in the way, and is no longer, may begin. */
void lineup_pass_time(struct lineup *lineup, coil_time now);

/* Any group with a job in it; NULL: there is none. */
struct group *lineup_any(const struct lineup *lineup);

#endif
