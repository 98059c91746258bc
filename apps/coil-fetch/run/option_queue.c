/* SPDX-License-Identifier: MIT */
/* option_queue.c - what cannot be done with a queue of many machines */
#include <string.h>

#include "run/option_set.h"

/* An option that was given although it needs, or cannot be with, a queue. */
struct conflict {
    bool is_given;
    const char *message;
};

static int check(const struct conflict *conflicts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (conflicts[i].is_given)
            return option_complain("%s", conflicts[i].message);
    return READ_ON;
}

static int check_without(const struct options *o)
{
    const struct conflict conflicts[] = {
        { o->shows_status, "--status needs --queue URL" },
        { o->shows_dead, "--dead needs --queue URL" },
        { o->revives, "--revive needs --queue URL" },
        { o->queue_waits, "--queue-wait needs --queue URL" },
        { o->queue_name, "--queue-name needs --queue URL" },
        { o->queue_lease > 0, "--queue-lease needs --queue URL" },
        { o->allows_volatile, "--allow-volatile needs --queue URL" },
    };

    return check(conflicts, sizeof conflicts / sizeof conflicts[0]);
}

static int check_with(const struct options *o)
{
    const struct conflict conflicts[] = {
        { o->journal,
          "--queue and --journal: the queue remembers what is done" },
        { o->is_ordered,
          "--queue and --ordered: the URLs of a list go to many machines" },
        { o->group_by == GROUP_BY_ADDRESS,
          "--queue and --group-by address: the queue knows names, and no "
          "addresses" },
        { o->max_host_errors > 0,
          "--queue and --max-host-errors: what waits for a host lies in the "
          "queue, and is not given up" },
        { o->retry_max_time > 0,
          "--queue and --retry-max-time: the tries of a URL are made by many "
          "machines; --retries limits them" },
        { o->shows_status + o->shows_dead + o->revives > 1,
          "one of --status, --dead and --revive" },
        { o->shows_status + o->shows_dead + o->revives > 0 &&
              o->sources.count > 0,
          "--status, --dead and --revive take no URLs" },
    };

    return check(conflicts, sizeof conflicts / sizeof conflicts[0]);
}

int option_check_queue(const struct options *o)
{
    return o->queue ? check_with(o) : check_without(o);
}
