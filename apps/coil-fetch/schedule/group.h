/* SPDX-License-Identifier: MIT */
/* group.h - the jobs of one host, which are fetched a few at a time */
#ifndef COIL_FETCH_SCHEDULE_GROUP_H
#define COIL_FETCH_SCHEDULE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/table.h"
#include "schedule/job_heap.h"
#include "schedule/pace.h"
#include "schedule/rate.h"
#include "schedule/spread.h"

/* In which heap of the schedule a group is. */
enum group_state {
    GROUP_IDLE,      /* in none: nothing waits, or its limit is reached */
    GROUP_STARTABLE, /* its best job may begin now, as far as it is concerned */
    GROUP_FULL,      /* in none: only its limit is in the way */
    GROUP_TIMED      /* not before not_before() */
};

struct group {
    struct table_entry entry; /* its place among the groups */
    struct job_heap jobs;     /* that may begin as soon as the group may */
    size_t active;            /* that are under way */
    size_t retrying; /* that wait for their next try; they are elsewhere */
    struct rate rate;
    struct pace pace;         /* of bodies; kept for others */
    struct share share;       /* of the loops */
    const struct job *latest; /* that has begun; it may be gone */
    coil_time blocked_until;
    coil_time back_off; /* how long it was left alone the last time */
    unsigned failures;  /* in a row */
    enum group_state state;
    size_t at;           /* index in the heap of its state */
    coil_time due;       /* when it was put there: its not_before */
    bool is_unused;      /* nobody needs it */
    struct group *older; /* among those that nobody needs */
    struct group *newer;
    char name[];
};

/* The earliest moment for its next job. */
coil_time group_not_before(const struct group *group);

/* ---- the heaps ---------------------------------------------------------- */

typedef bool (*group_order_fn)(const struct group *a, const struct group *b);

/* Room for every group is made when the group is. */
struct group_heap {
    struct group **groups;
    size_t count;
    size_t room;
    group_order_fn order;
};

bool group_has_better_job(const struct group *a, const struct group *b);
bool group_is_due_earlier(const struct group *a, const struct group *b);

/* Returns 0; -ENOMEM. */
int group_heap_reserve(struct group_heap *heap, size_t count);
void group_heap_add(struct group_heap *heap, struct group *group);
void group_heap_remove(struct group_heap *heap, struct group *group);
/* Its order may have changed. */
void group_heap_move(struct group_heap *heap, struct group *group);
struct group *group_heap_first(const struct group_heap *heap);

#endif
