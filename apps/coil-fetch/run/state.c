/* SPDX-License-Identifier: MIT */
#include "run/state.h"

#include <string.h>

#include "common/text.h"
#include "run/world.h"
#include "schedule/schedule.h"
#include "show/progress.h"
#include "show/state.h"
#include "show/stats.h"

/* Whom a group is told to. */
struct listener {
    const struct run *run;
    void (*fn)(void *to, const struct state_group *group);
    void *to;
};

static void tell_group(void *arg, const struct group_view *view)
{
    const struct listener *listener = arg;

    listener->fn(listener->to, &(struct state_group){
                                   .name = view->name,
                                   .waiting = view->waiting,
                                   .active = view->active,
                                   .limit = listener->run->options->per_host,
                                   .not_before = view->not_before,
                                   .was_told = view->was_told,
                               });
}

static void each_group(void *arg,
                       void (*fn)(void *to, const struct state_group *group),
                       void *to)
{
    const struct run *run = arg;
    struct listener listener = { run, fn, to };

    schedule_each_group(run->schedule, tell_group, &listener);
}

void state_print(struct run *run)
{
    struct state_source source = { each_group, run };
    struct text text = { 0 };
    char *line, *end;

    stats_collect(run->stats, coil_now());
    state_text(&text, run->stats, &source, coil_now());
    if (text.has_failed)
        goto fini;
    for (line = text.bytes; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        progress_say(run->progress, line);
    }
fini:
    text_fini(&text);
}
