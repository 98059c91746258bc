/* SPDX-License-Identifier: MIT */
/*
 * lag.h - how much later than their rate would have it things begin
 *
 * An open-model load: what a rate lets begin counts from the moment at which it
 * would have begun if there had always been a place for it.  When places are missing
 * all that follow are late, too, since a rate makes up for nothing.  Time in which
 * nothing waits makes nobody late.
 */
#ifndef COIL_FETCH_SCHEDULE_LAG_H
#define COIL_FETCH_SCHEDULE_LAG_H

#include <stdbool.h>

#include <coil/time.h>

/* Zeroed, nothing has waited yet. */
struct lag {
    coil_time late;     /* how far the rate is behind, by its last beginning */
    coil_time since;    /* something has waited all the time since then */
    coil_time place_at; /* when there was a place again */
    bool has_work;      /* something waits, for a place or for the rate alone */
    bool is_place_missing;
};

/* Whether something waits, and whether a place for it is missing. */
void lag_look(struct lag *lag, bool has_work, bool is_place_missing,
              coil_time now);

/*
 * Something begins, which the rate has let begin since `token`, and counts as begun
 * at `begun`.  Returns how late it is.
 */
coil_time lag_begin(struct lag *lag, coil_time token, coil_time begun);

#endif
