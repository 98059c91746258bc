/* SPDX-License-Identifier: MIT */
#include "run/kept.h"

#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "sched/sink.h"
#include "task/task.h"

enum {
    TOLD_MAX = 10,
    PLACES_MAX = 128,
    KEPT_MANY = 1000, /* so many ended tasks are held by mistake */
};

static const char anywhere[] = "anywhere"; /* no task's site */
static const char release_them[] = "coil_task_release() is missing";

static struct coil_task *kept_task(struct coil_hook *hook)
{
    return coil__container_of(hook, struct coil_task, kept);
}

/*
 * Take the kept tasks that were made at `site` out of the list; ANYWHERE: all of
 * them.  The tasks live on as long as somebody has a reference.  Returns how
 * many, and in `first` the one that ended last.
 */
static size_t forget_kept(struct coil_loop *loop, const char *site,
                          struct coil_task **first)
{
    struct coil_hook *next;
    size_t count = 0;

    *first = NULL;
    for (struct coil_hook *at = loop->scheduler.kept; at; at = next) {
        next = at->next;
        if (site != anywhere && kept_task(at)->co.site != site)
            continue;
        if (count++ == 0)
            *first = kept_task(at);
        coil__task_forget(kept_task(at));
    }
    return count;
}

/* Where kept tasks were made, and how many. */
struct place {
    const char *site;
    size_t count;
};

static struct place *find_place(struct place *places, size_t *count,
                                const char *site)
{
    for (size_t i = 0; i < *count; i++) {
        if (places[i].site == site)
            return &places[i];
    }
    if (*count == PLACES_MAX)
        return NULL;
    places[*count] = (struct place){ .site = site };
    return &places[(*count)++];
}

static int compare_places(const void *a, const void *b)
{
    size_t one = ((const struct place *)a)->count;
    size_t other = ((const struct place *)b)->count;

    return (one < other) - (one > other);
}

/* Of very many places, some are not counted.  Returns how many there are. */
static size_t count_places(const struct coil_loop *loop, struct place *places)
{
    size_t count = 0;

    for (struct coil_hook *at = loop->scheduler.kept; at; at = at->next) {
        struct place *place =
            find_place(places, &count, kept_task(at)->co.site);

        if (place)
            place->count++;
    }
    qsort(places, count, sizeof *places, compare_places);
    return count;
}

static void tell_of_kept(struct coil_loop *loop, struct coil_task *task,
                         size_t count)
{
    struct coil_exception exception;
    char message[128];

    snprintf(message, sizeof message,
             "%zu ended task%s still held when the loop closed", count,
             count == 1 ? " was" : "s were");
    exception = coil__task_exception(message, 0, task);
    exception.cure = release_them;
    coil__sink_tell(&loop->scheduler, &exception);
}

static void tell_of_other_kept(struct coil_loop *loop, size_t count)
{
    struct coil_exception exception;
    char message[128];

    snprintf(message, sizeof message,
             "and %zu more, made at other places, %s still held", count,
             count == 1 ? "was" : "were");
    exception = coil__exception(message, 0, NULL);
    exception.cure = release_them;
    coil__sink_tell(&loop->scheduler, &exception);
}

/*
 * A reference may be released after the loop is gone, so a few that are held need
 * be no mistake.  Very many are one.
 */
static bool tells_of_kept(const struct coil_loop *loop)
{
    return !loop->scheduler.forked &&
           (loop->scheduler.debug || loop->scheduler.kept_count >= KEPT_MANY);
}

/* Who is told may release tasks. */
void coil__kept_count(struct coil_loop *loop)
{
    bool tells = tells_of_kept(loop);
    struct place places[PLACES_MAX];
    size_t known = tells ? count_places(loop, places) : 0;
    struct coil_task *first;
    size_t count;

    loop->report.tasks_kept = loop->scheduler.kept_count;
    for (size_t i = 0; i < known && i < TOLD_MAX; i++) {
        count = forget_kept(loop, places[i].site, &first);
        if (count > 0)
            tell_of_kept(loop, first, count);
    }
    count = forget_kept(loop, anywhere, &first);
    if (tells && count > 0)
        tell_of_other_kept(loop, count);
}
