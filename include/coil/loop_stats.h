/* SPDX-License-Identifier: MIT */
/*
 * coil/loop_stats.h - what a loop has done so far, and how it is
 *
 *     struct coil_loop_stats stats;
 *
 *     if (coil_loop_stats(loop, &stats) == 0)
 *         printf("%zu tasks, %.3f s busy\n", stats.tasks,
 *                (double)stats.running / COIL_SECOND);
 *
 * A loop counts always; what it counts costs nothing to wait, to yield or to
 * take a lock.  It publishes its counts whenever it looks outside, and when a run
 * ends.  So the counts are those of its last look, all of one moment.  A loop
 * that runs tasks looks after 100 microseconds or, if a step takes longer, when
 * that step is over (coil/loop.h).  A loop that waits has looked before it
 * began to wait.
 *
 * coil/metrics.h writes all of this as text for Prometheus.
 */
#ifndef COIL_LOOP_STATS_H
#define COIL_LOOP_STATS_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_loop_phase {
    COIL_LOOP_STOPPED, /* nobody runs it */
    COIL_LOOP_RUNNING, /* it runs tasks and callbacks */
    COIL_LOOP_WAITING, /* it looks at the kernel, or waits there */
};

enum {
    COIL_LOOP_STRETCHES = 8,
    COIL_LOOP_STEP_NAME = 32, /* with the final 0 */
    COIL_LOOP_STEP_SITE = 64,
};

/* The bounds of the first COIL_LOOP_STRETCHES buckets of `stretches`. */
COIL_API extern const coil_time coil_loop_stretch_bounds[COIL_LOOP_STRETCHES];

/* A step that took too long: see coil_loop_set_slow_callback_duration(). */
struct coil_loop_slow_step {
    coil_time duration; /* at least: the step went on when it was noticed */
    uint64_t task;      /* its id; 0: it was no task */
    char name[COIL_LOOP_STEP_NAME]; /* of the task, if it has been given one */
    /* Where the task was made: the end of it, if it is too long. */
    char site[COIL_LOOP_STEP_SITE];
};

struct coil_loop_stats {
    /* To tell loops apart.  The loop may be gone already. */
    const struct coil_loop *loop;
    /*
     * When the loop was made, this was the smallest number, from 0 on, that no
     * other loop of the process had.
     */
    unsigned number;
    int tid; /* of the thread that ran it last, as gettid(); 0: none yet */
    enum coil_loop_phase phase;

    /* Counted since the loop was made. */
    uint64_t looks; /* at the kernel, the clock, signals and other threads */
    uint64_t turns;
    uint64_t budget_ends; /* looks that came because the budget had ended */
    uint64_t tasks_made;
    uint64_t tasks_ended;     /* these among them: */
    uint64_t tasks_cancelled; /* they returned -ECANCELED */
    uint64_t tasks_failed;    /* they returned another error */
    uint64_t timers_fired;
    uint64_t thread_calls; /* that came from other threads */
    /*
     * Time in which tasks and callbacks ran, and time in the kernel's look: the
     * loop waited there, or asked without waiting.  These alone go on after the
     * last look, until now; not on the simulator.
     */
    coil_time running;
    coil_time waiting;

    /* At the last look. */
    size_t tasks;      /* that have not ended */
    size_t tasks_kept; /* that have ended, and were not released */
    size_t ready;      /* tasks and callbacks that will run */
    size_t timers;     /* timers that are armed, timeouts included */
    size_t operations; /* reads, writes and the like that have begun */
    /* Stacks of the loop's thread: of tasks, and kept for the next ones. */
    size_t stacks_in_use;
    size_t stacks_idle;

    /*
     * The most that were ready at a look, or at the beginning of a turn of more
     * than 64.
     */
    size_t ready_most;
    /*
     * The longest time between two looks at the clock while tasks ran, and when
     * that was over.  At most 64 steps fell into it; a step that took longer is
     * contained in it.
     */
    coil_time longest;
    coil_time longest_at;
    /*
     * How many times it has run for how long from one look outside to the next:
     * so long may whatever comes from outside have waited.  [i]: at most as long as
     * coil_loop_stretch_bounds[i], and longer than what is before that.  The last one:
     * longer than all bounds.  Together they have taken `stretch_time`.
     */
    uint64_t stretches[COIL_LOOP_STRETCHES + 1];
    coil_time stretch_time;

    /*
     * Steps that the watchdog has reported, and the longest of them.  Zeroes
     * without a watchdog.
     */
    uint64_t slow_steps;
    struct coil_loop_slow_step slowest;
};

/*
 * Store what `loop` has published.  From any thread, while the loop runs, ends or
 * is closed; it disturbs no loop.  Not for signal handlers.
 *
 * Returns 0, or -ESHUTDOWN, with *stats untouched: the loop has been closed.  A
 * freed loop is recognised, unless a new loop has the same address.
 */
COIL_API int coil_loop_stats(const struct coil_loop *loop,
                             struct coil_loop_stats *stats) COIL_ANY_THREAD;

/*
 * The same of all loops of this process, in the order of their numbers.  Returns
 * how many there are; at most `capacity` are stored.  In a child of fork(), the
 * loops of the parent are not among them.
 */
COIL_API size_t coil_all_loop_stats(struct coil_loop_stats *stats,
                                    size_t capacity) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
