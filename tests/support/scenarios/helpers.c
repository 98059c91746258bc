/* SPDX-License-Identifier: MIT */
/* helpers.c - programs of what is made of tasks and waits: scenario.h */
#include <coil/map.h>

#include "scenarios/scope.h"

/* ---- map ---- */

static int naps[5];

static int nap_for_item(void *item, void *arg)
{
    int *naps_of_item = item;
    int rc = nap(arg);

    *naps_of_item += rc == 0;
    return rc;
}

static int map_naps(void *arg)
{
    int rc;

    for (int i = 0; i < 5; i++)
        naps[i] = 0;
    rc = coil_map(naps, 5, 2, nap_for_item, arg);
    for (int i = 0; rc == 0 && i < 5; i++)
        ASSERT_EQ(naps[i], 1);
    return rc;
}

static int fail_for_third(void *item, void *arg)
{
    return item == &naps[2] ? -EBADMSG : nap_for_item(item, arg);
}

static int map_and_fail(void *arg)
{
    int rc = coil_map(naps, 5, 2, fail_for_third, arg);

    return rc == -EBADMSG ? nap(arg) : rc;
}

static int map_all(void *arg)
{
    int results[5];
    const struct coil_map_options options = { .results = results, .all = true };
    int rc = coil_map_with(naps, 5, 3, fail_for_third, arg, &options);

    if (rc >= 0)
        ASSERT_EQ(results[2], -EBADMSG);
    return rc < 0 ? rc : 0;
}

/* ---- all of them ---- */

const struct scenario scenarios_helpers[] = {
    { "map", no_begin, map_naps, probe_count, no_end },
    { "map_fails", no_begin, map_and_fail, probe_count, no_end },
    { "map_all", no_begin, map_all, probe_count, no_end },
    { NULL },
};
