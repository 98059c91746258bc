/* SPDX-License-Identifier: MIT */
/*
 * watch.c - what loops do, from many short looks at them
 *
 * Newer loops count their time and their longest stretch themselves.  Of others it
 * is estimated: by how many looks met the loop waiting, and how long looks one
 * after the other met it in the same step.
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/must.h"
#include "top.h"

static struct watch *watch_of(struct top *top, size_t index)
{
    while (top->watch_count <= index) {
        top->watches = must_grow(top->watches, top->watch_count,
                                 &top->watch_capacity, sizeof top->watches[0]);
        top->watches[top->watch_count++] = (struct watch){ .ticks = 0 };
    }
    return &top->watches[index];
}

bool top_tick(struct top *top, double seconds)
{
    struct scan_loop *loops;
    size_t count;

    if (!scan_look(top->scan))
        return false;
    count = scan_loops(top->scan, &loops);
    for (size_t i = 0; i < count; i++) {
        struct watch *w = watch_of(top, i);

        if (!loops[i].is_open)
            continue;
        w->ticks++;
        w->polls += loops[i].is_waiting;
        if (loops[i].is_running && !loops[i].is_waiting && !loops[i].has_moved)
            w->step += seconds;
        else
            w->step = 0;
        if (w->step > w->longest)
            w->longest = w->step;
    }
    return true;
}

static void refresh_loop(struct watch *w, const struct scan_loop *loop,
                         double seconds)
{
    if (seconds > 0) {
        w->turns_rate = (double)(loop->turn - w->turn) / seconds;
        /* Each look counts twice: it begins, and it ends. */
        w->looks_rate = (double)(loop->looks - w->looks) / 2 / seconds;
    }
    if (loop->has_stats &&
        loop->running + loop->waiting > w->running + w->waiting)
        w->polling =
            (double)(loop->waiting - w->waiting) /
            (double)(loop->running + loop->waiting - w->running - w->waiting);
    else if (w->ticks > 0)
        w->polling = (double)w->polls / (double)w->ticks;
    if (loop->has_stats)
        w->longest = (double)loop->longest / 1e9;
    w->turn = loop->turn;
    w->looks = loop->looks;
    w->running = loop->running;
    w->waiting = loop->waiting;
    w->ticks = 0;
    w->polls = 0;
}

bool top_refresh(struct top *top)
{
    struct scan_loop *loops;
    size_t count;
    int64_t before = top->refreshed;

    if (!scan_begin(top->scan))
        return false;
    scan_read(top->scan, SIZE_MAX);
    top->refreshed = scan_now(top->scan);
    count = scan_loops(top->scan, &loops);
    for (size_t i = 0; i < count; i++)
        refresh_loop(watch_of(top, i), &loops[i],
                     before > 0 ? (double)(top->refreshed - before) / 1e9 : 0);
    connections_read(&top->connections, top->target->pid);
    return true;
}
