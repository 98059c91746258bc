/* SPDX-License-Identifier: MIT */
#include "inspect/metrics_loops.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include <coil/loop_stats.h>

#include "base/memory.h"
#include "inspect/metrics_page.h"

/* Loops that may be made between their count and their stats. */
enum { SPARE = 8 };

enum unit { COUNT, SIZE, TIME };

/* Families with one sample a loop. */
static const struct family {
    const char *name;
    const char *help;
    enum coil_metric_kind kind;
    enum unit unit;
    size_t offset; /* in struct coil_loop_stats */
} families[] = {
#define FAMILY(name, kind, unit, field, help)                                  \
    {                                                                          \
        "coil_" name, help, COIL_METRIC_##kind, unit,                          \
            offsetof(struct coil_loop_stats, field)                            \
    }
    FAMILY("loop_looks_total", COUNTER, COUNT, looks,
           "Looks at the kernel, the clock, signals and other threads."),
    FAMILY("loop_turns_total", COUNTER, COUNT, turns, "Turns of the loop."),
    FAMILY("loop_budget_ends_total", COUNTER, COUNT, budget_ends,
           "Looks that came because a budget had ended."),
    FAMILY("loop_running_seconds_total", COUNTER, TIME, running,
           "Time in which tasks and callbacks ran."),
    FAMILY("loop_waiting_seconds_total", COUNTER, TIME, waiting,
           "Time in which the loop waited for the kernel, or asked it."),
    FAMILY("loop_slow_steps_total", COUNTER, COUNT, slow_steps,
           "Steps that the watchdog has reported."),
    FAMILY("loop_longest_stretch_seconds", GAUGE, TIME, longest,
           "Longest time between two looks at the clock while tasks ran."),
    FAMILY("loop_ready", GAUGE, SIZE, ready, "Tasks and callbacks to run."),
    FAMILY("loop_ready_most", GAUGE, SIZE, ready_most,
           "The most tasks and callbacks that were to run at a time."),
    FAMILY("tasks", GAUGE, SIZE, tasks, "Tasks that have not ended."),
    FAMILY("tasks_kept", GAUGE, SIZE, tasks_kept,
           "Tasks that have ended and were not released."),
    FAMILY("tasks_made_total", COUNTER, COUNT, tasks_made,
           "Tasks that were made."),
    FAMILY("tasks_cancelled_total", COUNTER, COUNT, tasks_cancelled,
           "Tasks that have ended because they were cancelled."),
    FAMILY("tasks_failed_total", COUNTER, COUNT, tasks_failed,
           "Tasks that have ended with another error."),
    FAMILY("timers", GAUGE, SIZE, timers,
           "Timers and timeouts that are armed."),
    FAMILY("timers_fired_total", COUNTER, COUNT, timers_fired,
           "Timers that have become due."),
    FAMILY("thread_calls_total", COUNTER, COUNT, thread_calls,
           "Calls that came from other threads."),
    FAMILY("operations", GAUGE, SIZE, operations,
           "Reads, writes and the like that have begun."),
    FAMILY("stacks_in_use", GAUGE, SIZE, stacks_in_use,
           "Stacks of tasks and coroutines, in the thread of the loop."),
    FAMILY("stacks_idle", GAUGE, SIZE, stacks_idle,
           "Stacks that are kept for the next tasks."),
#undef FAMILY
};

static void write_sample(struct coil_metrics_page *page,
                         const struct family *family,
                         const struct coil_loop_stats *stats,
                         const char *const *labels)
{
    const void *at = (const char *)stats + family->offset;

    if (family->unit == TIME)
        coil_metrics_seconds(page, labels, *(const coil_time *)at);
    else if (family->unit == SIZE)
        coil_metrics_count(page, labels, *(const size_t *)at);
    else
        coil_metrics_count(page, labels, *(const uint64_t *)at);
}

static void write_stretches(struct coil_metrics_page *page,
                            const struct coil_loop_stats *stats,
                            const char *const *labels)
{
    double bounds[COIL_LOOP_STRETCHES];

    for (size_t i = 0; i < COIL_LOOP_STRETCHES; i++)
        bounds[i] = (double)coil_loop_stretch_bounds[i] / COIL_SECOND;
    coil_metrics_buckets(page, labels, bounds, stats->stretches,
                         COIL_LOOP_STRETCHES,
                         (double)stats->stretch_time / COIL_SECOND);
}

/* `family` NULL: the histogram. */
static void write_family(struct coil_metrics_page *page,
                         const struct family *family,
                         const struct coil_loop_stats *stats, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char number[16];
        const char *const labels[] = { "loop", number, NULL };

        snprintf(number, sizeof number, "%u", stats[i].number);
        if (family)
            write_sample(page, family, &stats[i], labels);
        else
            write_stretches(page, &stats[i], labels);
    }
}

static void write_all(struct coil_metrics_page *page,
                      const struct coil_loop_stats *stats, size_t count)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        coil_metrics_family(page, families[i].kind, families[i].name,
                            families[i].help);
        write_family(page, &families[i], stats, count);
    }
    coil_metrics_family(page, COIL_METRIC_HISTOGRAM,
                        "coil_loop_stretch_seconds",
                        "How long the loop ran from one look outside to the "
                        "next.");
    write_family(page, NULL, stats, count);
}

void coil__metrics_write_loops(struct coil_metrics_page *page)
{
    size_t capacity = coil_all_loop_stats(NULL, 0) + SPARE;
    struct coil_loop_stats *stats = coil__alloc(capacity * sizeof *stats);
    size_t count;

    if (!stats) {
        page->error = -ENOMEM;
        return;
    }
    count = coil_all_loop_stats(stats, capacity);
    write_all(page, stats, count < capacity ? count : capacity);
    coil__free(stats);
}
