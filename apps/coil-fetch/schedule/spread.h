/* SPDX-License-Identifier: MIT */
/*
 * spread.h - on which loop a request is made: --loops
 *
 * Each loop has connections of its own.  So that they are used again, and a host meets
 * no more of them than with one loop, the places of a group are dealt out: of six
 * places and four loops, two loops have two and two have one, and the group has at
 * most so many requests under way there.  The first loop of a group is another one for
 * each group in turn.  Of the loops that are left, the one with the fewest requests
 * under way has the next.
 */
#ifndef COIL_FETCH_SCHEDULE_SPREAD_H
#define COIL_FETCH_SCHEDULE_SPREAD_H

#include <stddef.h>

struct spread {
    unsigned loops;
    size_t per_group;
    size_t *active; /* requests on each loop */
    unsigned next;  /* the first loop of the next group */
};

/* A group's part of it. */
struct share {
    size_t *active; /* of each loop, its own: zeroes at first */
    unsigned first;
};

/* `loops` is not 0.  Returns 0; -ENOMEM. */
int spread_init(struct spread *spread, unsigned loops, size_t per_group);
void spread_fini(struct spread *spread);

/* A new group has this place for its numbers, `loops` of them, which are zero. */
void spread_begin_share(struct spread *spread, struct share *share,
                        size_t *numbers);

/* On which loop its next request is made, which counts until it is given back. */
unsigned spread_take(struct spread *spread, struct share *share);
void spread_give_back(struct spread *spread, struct share *share,
                      unsigned loop);

#endif
