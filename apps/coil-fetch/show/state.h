/* SPDX-License-Identifier: MIT */
/*
 * state.h - what a run is doing now: the answer to SIGUSR1
 *
 * The counts and what is in flight are those of struct stats.  What waits is told by
 * those who know: each_group() calls fn(to, group) for each group that has URLs
 * waiting.
 */
#ifndef COIL_FETCH_SHOW_STATE_H
#define COIL_FETCH_SHOW_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#include "common/text.h"
#include "show/stats.h"

/* A group of URLs that are left alone by themselves. */
struct state_group {
    const char *name;
    size_t waiting;
    size_t active;        /* requests in flight */
    size_t limit;         /* of those; 0: unknown */
    coil_time not_before; /* when the next one may begin; 0: now */
    bool was_told;        /* by Retry-After, 429 or 503, and not by its rate */
};

struct state_source {
    void (*each_group)(void *arg,
                       void (*fn)(void *to, const struct state_group *group),
                       void *to);
    void *arg;
};

/*
 * Lines for people: the counts; of the groups that wait the 20 with most URLs, and
 * why; of the requests in flight the 50 that began first.  `source` may be NULL.
 */
void state_text(struct text *text, const struct stats *stats,
                const struct state_source *source, coil_time now);

#endif
