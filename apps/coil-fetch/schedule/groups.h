/* SPDX-License-Identifier: MIT */
/*
 * groups.h - the groups of a schedule, found by name
 *
 * A group that nobody needs is kept for what is known of it, until so many others
 * have been needed after it.
 */
#ifndef COIL_FETCH_SCHEDULE_GROUPS_H
#define COIL_FETCH_SCHEDULE_GROUPS_H

#include "common/hash.h"
#include "schedule/group.h"

/* Zeroed but for the key and the limit, there is none. */
struct groups {
    struct hash_key key;
    struct group **buckets; /* a power of two of them */
    size_t bucket_count;
    size_t count;
    size_t max_unused;
    size_t unused;
    struct group *oldest;
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

/* Nothing of it waits or is under way; or something does. */
void groups_set_unused(struct groups *groups, struct group *group);
void groups_set_used(struct groups *groups, struct group *group);

#endif
