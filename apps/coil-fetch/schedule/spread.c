/* SPDX-License-Identifier: MIT */
#include "schedule/spread.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

int spread_init(struct spread *spread, unsigned loops, size_t per_group)
{
    *spread = (struct spread){ .loops = loops, .per_group = per_group };
    spread->active = calloc(loops, sizeof *spread->active);
    return spread->active ? 0 : -ENOMEM;
}

void spread_fini(struct spread *spread)
{
    free(spread->active);
}

void spread_begin_share(struct spread *spread, struct share *share,
                        size_t *numbers)
{
    *share = (struct share){ .active = numbers, .first = spread->next };
    spread->next = (spread->next + 1) % spread->loops;
}

/* How many places of a group the loop has that comes `nth` for it. */
static size_t places_of(const struct spread *spread, unsigned nth)
{
    return spread->per_group / spread->loops +
           (nth < spread->per_group % spread->loops);
}

static unsigned loop_of(const struct spread *spread, const struct share *share,
                        unsigned nth)
{
    return (share->first + nth) % spread->loops;
}

/* Of the loops that have a free place of the group, or of all. */
static bool find(const struct spread *spread, const struct share *share,
                 bool looks_at_places, unsigned *out)
{
    bool is_found = false;

    for (unsigned nth = 0; nth < spread->loops; nth++) {
        unsigned loop = loop_of(spread, share, nth);

        if (looks_at_places && share->active[loop] >= places_of(spread, nth))
            continue;
        if (!is_found || spread->active[loop] < spread->active[*out])
            *out = loop;
        is_found = true;
    }
    return is_found;
}

/* A queue of many machines may let a group have more than its places. */
unsigned spread_take(struct spread *spread, struct share *share)
{
    unsigned loop = 0;

    if (!find(spread, share, true, &loop))
        (void)find(spread, share, false, &loop);
    share->active[loop]++;
    spread->active[loop]++;
    return loop;
}

void spread_give_back(struct spread *spread, struct share *share, unsigned loop)
{
    share->active[loop]--;
    spread->active[loop]--;
}
