/* SPDX-License-Identifier: MIT */
/*
 * base/backoff.h - how long to wait before the next attempt
 */
#ifndef COIL_BASE_BACKOFF_H
#define COIL_BASE_BACKOFF_H

#include <coil/time.h>

/*
 * A pause that doubles with each attempt, from `first` up to `most`, of which up
 * to a half is left out at random, so that not all come back at once.  `lot`
 * draws: whoever tries keeps it; it may be zeroed.  `now` is the loop's clock, so
 * that a simulated program draws the same each time.
 */
coil_time coil__backoff_pause(uint64_t *lot, coil_time now, coil_time first,
                              coil_time most, unsigned attempts);

#endif
