/* SPDX-License-Identifier: MIT */
/*
 * leaks.c - coil-ps --leaks: the tasks that can never wake
 */
#include "inspect/leaks.h"

#include <stdio.h>
#include <stdlib.h>

#include "inspect/must.h"
#include "print.h"

static int take_snapshot(struct snapshot *s, struct target *target,
                         const struct leaks *leaks)
{
    uintptr_t *tasks = must_calloc(leaks->count, sizeof tasks[0]);
    int status;

    for (size_t i = 0; i < leaks->count; i++)
        tasks[i] = leaks->all[i].address;
    status = snapshot_take_some(s, target, tasks, leaks->count);
    free(tasks);
    return status;
}

/* Loops that have none are not shown to a person. */
static void drop_empty_loops(struct snapshot *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->loop_count; i++) {
        if (s->loops[i].task_count > 0)
            s->loops[kept++] = s->loops[i];
        else
            free(s->loops[i].tasks);
    }
    s->loop_count = kept;
}

static void print_text(struct snapshot *s, struct frames *frames,
                       const struct leaks *leaks, bool tree, bool all_frames)
{
    if (leaks->count == 0) {
        printf("no task is leaked, of %zu\n", leaks->tasks);
        return;
    }
    printf("%zu of %zu task%s can never wake: nothing alive reaches what %s "
           "for%s\n",
           leaks->count, leaks->tasks, leaks->tasks == 1 ? "" : "s",
           leaks->count == 1 ? "it waits" : "they wait",
           leaks->is_certain ? "" : "; it ran while this was read");
    drop_empty_loops(s);
    if (tree)
        print_tree(s, frames);
    else
        print_table(s, frames, all_frames);
}

int print_leaks(struct target *target, const struct print_options *options)
{
    struct leaks leaks;
    struct snapshot snapshot;
    struct frames *frames;
    int status = leaks_find(&leaks, target);

    if (status != 0)
        return status;
    status = take_snapshot(&snapshot, target, &leaks);
    if (status == 0) {
        frames = frames_open(target);
        if (options->json)
            print_json(&snapshot, frames, options->frames, &leaks);
        else
            print_text(&snapshot, frames, &leaks, options->tree,
                       options->frames);
        frames_close(frames);
        snapshot_free(&snapshot);
    }
    leaks_free(&leaks);
    return status;
}
