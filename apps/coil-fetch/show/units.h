/* SPDX-License-Identifier: MIT */
/* units.h - numbers, sizes and durations as people read them, in ASCII */
#ifndef COIL_FETCH_SHOW_UNITS_H
#define COIL_FETCH_SHOW_UNITS_H

#include <stdint.h>

#include <coil/time.h>

#include "common/text.h"

/* "12,345" */
void units_count(struct text *text, uint64_t count);

/* "999 B", "1.23 kB", "12.3 MB", of 1000 */
void units_bytes(struct text *text, double bytes);

/* "0.012 ms", "12.3 ms", "1.23 s", "12.3 s", "2:05", "1:02:03", "3 d 04 h" */
void units_duration(struct text *text, coil_time duration);

/* The same for what is still going on: "0.3 s", "12 s", "2:05" */
void units_seconds(struct text *text, coil_time duration);

/* "8,130", "12.3", "0.25": a number of things a second */
void units_rate(struct text *text, double rate);

#endif
