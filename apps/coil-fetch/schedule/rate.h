/* SPDX-License-Identifier: MIT */
/* rate.h - when the next one may begin, if so many may in so much time */
#ifndef COIL_FETCH_SCHEDULE_RATE_H
#define COIL_FETCH_SCHEDULE_RATE_H

#include <coil/time.h>

/*
 * The beginnings are spaced evenly, `interval` apart; 0: there is no limit.  What
 * could not begin in time is not made up for, but for 10 ms of it: timers are not
 * more exact than that when the intervals are short.
 */
struct rate {
    coil_time interval;
    coil_time next; /* not before; 0: at once */
};

/* `count` in `in`; a `count` of 0 is no limit. */
struct rate rate_of(uint64_t count, coil_time in);

/* One begins at `now`, which is not before `next`. */
void rate_begin(struct rate *rate, coil_time now);

/* The one that began last has not begun after all. */
void rate_take_back(struct rate *rate);

#endif
