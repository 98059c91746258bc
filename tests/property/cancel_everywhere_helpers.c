/* SPDX-License-Identifier: MIT */
/*
 * The suspending functions that are made of others, as cancel_everywhere.c has
 * those of the primitives.
 */
#include <coil/event.h>
#include <coil/map.h>

#include "cancel_everywhere.h"

/* ---- map ------------------------------------------------------------------ */

static struct coil_event event;

static void clear_event(void)
{
    coil_event_init(&event);
}

static void set_event(void)
{
    coil_event_set(&event);
}

static int wait_for_event(void *item, void *arg)
{
    (void)arg;
    *(int *)item = 1;
    return coil_event_wait(&event);
}

/* Two of three wait at a time. */
static int map_events(void)
{
    int begun[3] = { 0 };
    int rc = coil_map(begun, 3, 2, wait_for_event, NULL);

    if (rc == 0)
        ASSERT(begun[2]);
    return rc;
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_map_at, .prepare = clear_event, .call = map_events,
         .ready = set_event, .turns = 2, .flags = WAITS_FIRST),
};

EVERYWHERE_TEST(cancel_everywhere_helpers_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_helpers_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
