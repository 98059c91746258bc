/* SPDX-License-Identifier: MIT */
/*
 * loop/counts.h - what a loop counts, and how other threads read it
 *
 * The loop counts in plain members, its own and those of its scheduler, timers,
 * backend and stacks.  Whenever it looks outside it publishes them: it copies them
 * into atomic members.  `sequence` is odd meanwhile, so a reader that has seen the
 * same even number before and after has read the counts of one look.
 *
 * All stores between the two of `sequence` release, and all loads of a reader
 * acquire, in place of fences, which ThreadSanitizer does not know.
 */
#ifndef COIL_LOOP_COUNTS_H
#define COIL_LOOP_COUNTS_H

#include <stdatomic.h>

#include <coil/loop_stats.h>

typedef _Atomic(uint64_t) coil__count;

/* What the watchdog has noticed.  Written by its thread alone. */
struct coil_slow_counts {
    atomic_uint sequence;
    coil__count steps;
    coil__count duration;
    coil__count task;
    coil__count name[COIL_LOOP_STEP_NAME / sizeof(uint64_t)];
    coil__count site[COIL_LOOP_STEP_SITE / sizeof(uint64_t)];
};

/* Part of each loop. */
struct coil_loop_counts {
    /* The loop's own, while it counts. */
    uint64_t own_budget_ends;
    uint64_t own_timers_fired;
    uint64_t own_thread_calls;
    size_t own_ready_most;
    coil_time own_longest;
    coil_time own_longest_at;
    unsigned own_turn; /* scheduler.turn when it was published */

    /* What has been published. */
    atomic_uint sequence;
    atomic_uint phase; /* enum coil_loop_phase */
    coil__count since; /* when the phase began */
    coil__count running;
    coil__count waiting;
    coil__count looks;
    coil__count turns;
    coil__count budget_ends;
    coil__count tasks_ended;
    coil__count tasks_cancelled;
    coil__count tasks_failed;
    coil__count timers_fired;
    coil__count thread_calls;
    coil__count tasks;
    coil__count tasks_kept;
    coil__count ready;
    coil__count ready_most;
    coil__count timers;
    coil__count operations;
    coil__count stacks_in_use;
    coil__count stacks_idle;
    coil__count longest;
    coil__count longest_at;
    coil__count stretches[COIL_LOOP_STRETCHES + 1];

    struct coil_slow_counts slow;
};

/*
 * Whether tasks and callbacks run.  What a backend calls while the loop waits may
 * burn the budget, too.
 */
static inline bool coil__counts_runs(const struct coil_loop_counts *counts)
{
    return atomic_load_explicit(&counts->phase, memory_order_relaxed) ==
           COIL_LOOP_RUNNING;
}

/* The loop has looked at its clock `now`, `elapsed` after the last time. */
static inline void coil__counts_clock(struct coil_loop_counts *counts,
                                      coil_time now, coil_time elapsed)
{
    if (elapsed > counts->own_longest && coil__counts_runs(counts)) {
        counts->own_longest = elapsed;
        counts->own_longest_at = now;
    }
}

/* So many are ready. */
static inline void coil__counts_ready(struct coil_loop_counts *counts,
                                      size_t ready)
{
    if (ready > counts->own_ready_most)
        counts->own_ready_most = ready;
}

#endif
