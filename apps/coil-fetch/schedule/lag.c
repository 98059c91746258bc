/* SPDX-License-Identifier: MIT */
#include "schedule/lag.h"

void lag_look(struct lag *lag, bool has_work, bool is_place_missing,
              coil_time now)
{
    if (has_work && !lag->has_work)
        lag->since = now;
    if (lag->is_place_missing && !is_place_missing)
        lag->place_at = now;
    lag->has_work = has_work;
    lag->is_place_missing = is_place_missing;
}

static coil_time later_of(coil_time a, coil_time b)
{
    return a > b ? a : b;
}

/* That timers are a little late is no lack of places. */
coil_time lag_begin(struct lag *lag, coil_time token, coil_time begun)
{
    coil_time due = later_of(token - lag->late, lag->since);
    coil_time at = later_of(later_of(token, lag->since), lag->place_at);
    coil_time kept = at < begun ? at : begun;

    lag->late = kept > due ? kept - due : 0;
    return at > due ? at - due : 0;
}
