/* SPDX-License-Identifier: MIT */
#include "show/examples.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "job/job.h"

enum { MAX_URL = 2047, MAX_REASON = 511 };

static void example_fini(struct example *example)
{
    free(example->url);
    free(example->reason);
    *example = (struct example){ 0 };
}

void examples_fini(struct examples *examples)
{
    for (size_t class = 0; class < OUTCOME_CLASSES; class ++)
        for (size_t i = 0; i < examples->failure_count[class]; i++)
            example_fini(&examples->failures[class][i]);
    for (size_t i = 0; i < examples->slowest_count; i++)
        example_fini(&examples->slowest[i]);
    *examples = (struct examples){ 0 };
}

/* Returns whether there was memory for it. */
static bool make_example(struct example *example, const struct outcome *outcome,
                         coil_time time)
{
    *example = (struct example){
        .url = strndup(outcome->job->first_url, MAX_URL),
        .reason = outcome->reason ? strndup(outcome->reason, MAX_REASON) : NULL,
        .class = outcome->class,
        .status = outcome->status,
        .error = outcome->error,
        .attempts = outcome->job->attempts,
        .time = time,
    };
    if (example->url && (example->reason || !outcome->reason))
        return true;
    example_fini(example);
    return false;
}

void examples_add_failure(struct examples *examples,
                          const struct outcome *outcome, coil_time time)
{
    size_t *count = &examples->failure_count[outcome->class];

    if (*count < EXAMPLES_OF_A_CLASS &&
        make_example(&examples->failures[outcome->class][*count], outcome,
                     time))
        ++*count;
}

void examples_add_slow(struct examples *examples, const struct outcome *outcome,
                       coil_time time)
{
    struct example *slowest = examples->slowest;
    struct example example;
    size_t at;

    if (examples->slowest_count == EXAMPLES_SLOWEST &&
        time <= slowest[EXAMPLES_SLOWEST - 1].time)
        return;
    if (!make_example(&example, outcome, time))
        return;
    if (examples->slowest_count == EXAMPLES_SLOWEST)
        example_fini(&slowest[--examples->slowest_count]);
    at = examples->slowest_count++;
    for (; at > 0 && slowest[at - 1].time < time; at--)
        slowest[at] = slowest[at - 1];
    slowest[at] = example;
}
