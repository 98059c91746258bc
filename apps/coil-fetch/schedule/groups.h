/* SPDX-License-Identifier: MIT */
/*
 * groups.h - the groups of a schedule, found by name
 *
 * A group that nobody needs is kept for what is known of it, until so many others
 * have been needed after it.
 */
#ifndef COIL_FETCH_SCHEDULE_GROUPS_H
#define COIL_FETCH_SCHEDULE_GROUPS_H

#include "common/table.h"
#include "schedule/group.h"

/*
 * `table` is made by table_init(); the rest is zero, but for the limit and `spread`,
 * which is kept.
 */
struct groups {
    struct table table;
    struct spread *spread;
    size_t max_unused;
    size_t unused;
    struct group *oldest; /* of those that nobody needs */
    struct group *newest;
};

/* Frees the groups; what they hold must be gone. */
void groups_fini(struct groups *groups);

/*
 * Find the group called `name`, or make it.  Returns 0; -ENOMEM.  `now` decides
 * which groups may be forgotten.
 */
int groups_get(struct groups *groups, struct group **out, const char *name,
               coil_time now);

/* One after the other, until NULL. */
struct group *groups_first(const struct groups *groups);
struct group *groups_next(const struct group *group);

/* Nothing of it waits or is under way; or something does. */
void groups_set_unused(struct groups *groups, struct group *group);
void groups_set_used(struct groups *groups, struct group *group);

#endif
