/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - a run of any length as at most 256 equal stretches of time
 *
 * A stretch is 100 ms long at first.  When all are used, each two become one, and
 * all are twice as long.
 */
#ifndef COIL_FETCH_SHOW_TIMELINE_H
#define COIL_FETCH_SHOW_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#define TIMELINE_STRETCHES 256

struct timeline_stretch {
    uint32_t started;   /* requests */
    uint32_t done;      /* URLs that ended well */
    uint32_t failed;    /* URLs that did not */
    uint32_t in_flight; /* the most at a time */
    uint64_t bytes;
};

struct timeline {
    coil_time began;
    coil_time width;
    size_t count; /* stretches that have begun */
    uint32_t in_flight;
    struct timeline_stretch stretches[TIMELINE_STRETCHES];
};

void timeline_init(struct timeline *timeline, coil_time now);

/*
 * The stretch of `now`, to be counted in; valid until the next call.  A time before
 * the beginning belongs to the first one.
 */
struct timeline_stretch *timeline_at(struct timeline *timeline, coil_time now);

/* So many are in flight from now on. */
void timeline_set_in_flight(struct timeline *timeline, uint32_t in_flight,
                            coil_time now);

#endif
