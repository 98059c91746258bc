/* SPDX-License-Identifier: MIT */
#include "show/state.h"

#include <string.h>

#include "job/job.h"
#include "show/progress_frame.h"
#include "show/units.h"
#include "show/words.h"

enum { MAX_GROUPS = 20, MAX_FLIGHTS = 50, MAX_URL = 300 };

static const struct style plain = { STYLE_PLAIN, false };

/* The groups with most URLs waiting, those first. */
struct choice {
    struct state_group groups[MAX_GROUPS];
    char names[MAX_GROUPS][64];
    size_t count;
    uint64_t all;
};

static void choose(void *to, const struct state_group *group)
{
    struct choice *choice = to;
    size_t at;

    if (group->waiting == 0)
        return;
    choice->all++;
    if (choice->count == MAX_GROUPS &&
        group->waiting <= choice->groups[MAX_GROUPS - 1].waiting)
        return;
    at = choice->count < MAX_GROUPS ? choice->count++ : MAX_GROUPS - 1;
    for (; at > 0 && choice->groups[at - 1].waiting < group->waiting; at--) {
        choice->groups[at] = choice->groups[at - 1];
        memcpy(choice->names[at], choice->names[at - 1],
               sizeof choice->names[at]);
    }
    choice->groups[at] = *group;
    strncpy(choice->names[at], group->name, sizeof choice->names[at] - 1);
    choice->names[at][sizeof choice->names[at] - 1] = '\0';
}

static void add_reason(struct text *text, const struct state_group *group,
                       coil_time now)
{
    if (group->not_before > now) {
        text_add(text, group->was_told ? "left alone, as it asked, for "
                                       : "its rate allows the next one in ");
        units_seconds(text, group->not_before - now);
    } else if (group->limit > 0 && group->active >= group->limit) {
        text_add_format(text, "its limit of %zu at a time", group->limit);
    } else {
        text_add(text, "its turn has not come: the limit of all, or others of "
                       "better priority");
    }
}

static void add_groups(struct text *text, const struct state_source *source,
                       coil_time now)
{
    struct choice choice = { .count = 0 };

    source->each_group(source->arg, choose, &choice);
    for (size_t i = 0; i < choice.count; i++) {
        const struct state_group *group = &choice.groups[i];

        text_add(text, "  waiting    ");
        style_fit(text, plain, 60, choice.names[i], strlen(choice.names[i]));
        text_add(text, ": ");
        units_count(text, group->waiting);
        text_add_format(text, " waiting, %zu in flight; ", group->active);
        add_reason(text, group, now);
        text_add_char(text, '\n');
    }
    if (choice.all > choice.count)
        text_add_format(text, "  waiting    and %llu groups more\n",
                        (unsigned long long)(choice.all - choice.count));
}

static void add_flights(struct text *text, const struct stats *stats,
                        coil_time now)
{
    const struct stats_flight *flight = stats->oldest;
    uint64_t told = 0;

    for (; flight && told < MAX_FLIGHTS; flight = flight->newer, told++) {
        text_add_format(text, "  in flight  %s, ", words_of_flight(flight));
        units_seconds(text, now - flight->began);
        if (flight->bytes > 0) {
            text_add(text, ", ");
            units_bytes(text, (double)flight->bytes);
        }
        if (flight->job->attempts > 1)
            text_add_format(text, ", attempt %u", flight->job->attempts);
        text_add(text, ": ");
        style_fit(text, plain, MAX_URL, flight->job->url,
                  strlen(flight->job->url));
        text_add_char(text, '\n');
    }
    if (stats->in_flight > told)
        text_add_format(text, "  in flight  and %llu more\n",
                        (unsigned long long)(stats->in_flight - told));
}

void state_text(struct text *text, const struct stats *stats,
                const struct state_source *source, coil_time now)
{
    progress_line(text, stats, now);
    text_add_char(text, '\n');
    if (source)
        add_groups(text, source, now);
    add_flights(text, stats, now);
}
