/* SPDX-License-Identifier: MIT */
#include "leaks.h"

#include <stdlib.h>
#include <time.h>

enum { LOOKS = 6, PAUSE_NS = 3000000 };

static int compare(const void *a, const void *b)
{
    uintptr_t one = ((const struct reach_lost *)a)->address;
    uintptr_t other = ((const struct reach_lost *)b)->address;

    return (one > other) - (one < other);
}

static void sort(struct reach_lost *lost, size_t count)
{
    if (count > 0)
        qsort(lost, count, sizeof lost[0], compare);
}

static const struct reach_lost *find(const struct reach_lost *lost,
                                     size_t count, uintptr_t task)
{
    const struct reach_lost key = { .address = task };

    return count ? bsearch(&key, lost, count, sizeof lost[0], compare) : NULL;
}

/* Whether it is the same wait of the same task. */
static bool is_same(const struct reach_lost *a, const struct reach_lost *b)
{
    return a->id == b->id && a->object == b->object && a->since == b->since;
}

/* Forget those that a later look has found alive. */
static void keep_common(struct leaks *leaks, const struct reach_result *later)
{
    size_t kept = 0;

    for (size_t i = 0; i < leaks->count; i++) {
        const struct reach_lost *other =
            find(later->lost, later->count, leaks->all[i].address);

        if (!other || !is_same(other, &leaks->all[i]))
            continue;
        leaks->all[kept] = leaks->all[i];
        leaks->all[kept++].is_held |= other->is_held;
    }
    leaks->count = kept;
}

static void pause_a_little(void)
{
    const struct timespec time = { .tv_nsec = PAUSE_NS };

    nanosleep(&time, NULL);
}

/*
 * What a look tells during which nothing ran is so.  Of others it is kept what all
 * of them tell.
 */
static void take(struct leaks *leaks, const struct reach_result *result,
                 bool is_first)
{
    leaks->tasks = result->tasks;
    leaks->is_certain = result->is_stable;
    if (!is_first && !result->is_stable) {
        keep_common(leaks, result);
        free(result->lost);
        return;
    }
    free(leaks->all);
    leaks->all = result->lost;
    leaks->count = result->count;
}

int leaks_find(struct leaks *leaks, struct target *target)
{
    *leaks = (struct leaks){ .count = 0 };
    for (int i = 0; i < LOOKS && !leaks->is_certain; i++) {
        struct reach_result result;
        int status;

        if (i > 0)
            pause_a_little();
        status = reach_look(&result, target);
        if (status != 0) {
            leaks_free(leaks);
            return status;
        }
        sort(result.lost, result.count);
        take(leaks, &result, i == 0);
    }
    return 0;
}

void leaks_free(struct leaks *leaks)
{
    free(leaks->all);
    leaks->all = NULL;
    leaks->count = 0;
}

bool leaks_is_held(const struct leaks *leaks, uintptr_t task)
{
    const struct reach_lost *lost = find(leaks->all, leaks->count, task);

    return lost && lost->is_held;
}
