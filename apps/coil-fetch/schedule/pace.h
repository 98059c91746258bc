/* SPDX-License-Identifier: MIT */
/* pace.h - so many bytes a second, by whoever reads them: --limit-rate */
#ifndef COIL_FETCH_SCHEDULE_PACE_H
#define COIL_FETCH_SCHEDULE_PACE_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

/* Zeroed, nothing was read yet. */
struct pace {
    coil_time next; /* nothing more is to be read before */
};

/*
 * So many bytes were read at `now`, of `rate` a second; a `rate` of 0 is no limit.
 * Returns when their reader may read on.  Time in which nobody reads is not made up
 * for.
 */
coil_time pace_take(struct pace *pace, uint64_t rate, size_t bytes,
                    coil_time now);

/* How much is read at a time, of at most `most`, so that pauses are short. */
size_t pace_piece(uint64_t rate, size_t most);

#endif
