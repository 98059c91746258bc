/* SPDX-License-Identifier: MIT */
/*
 * sampler.h - look at a process many times a second, and count what is seen
 *
 * Where tasks run is sampled by the processor time of the loops' threads (perf.h),
 * and, while a thread is off the processor in the middle of a step, by the clock.
 * Where tasks wait is sampled by the clock: at each tick some of the tasks are
 * read, in turn, and stand for all.
 */
#ifndef COIL_PROFILE_SAMPLER_H
#define COIL_PROFILE_SAMPLER_H

#include "graph.h"
#include "inspect/scan.h"
#include "inspect/stacks.h"

enum { HOLDERS_MAX = 8 };

/* Who has held a lock while others waited. */
struct held {
    uint64_t id;
    const char *name; /* exact, with its site */
    const char *does; /* what it did meanwhile, last seen */
    double us;        /* of the waiters' time */
};

/* Of an object that tasks wait for; scan_object->user. */
struct waited {
    struct waited *next;
    uintptr_t address;
    const char *label; /* "lock first" or "lock 0x7f..." */
    double us;
    size_t most; /* waiters of one tick, scaled to all tasks */
    bool has_holder;
    struct held holders[HOLDERS_MAX];
    size_t holder_count;
    double others; /* us by further holders */
};

struct sampler_options {
    double hz;
    size_t most; /* tasks that are read at a tick */
    bool run, wait;
    bool exact_names;
};

struct sampler {
    struct sampler_options options;
    struct target *target;
    struct scan *scan;
    struct stacks *stacks;
    struct graph run, wait;
    struct waited *waited;

    struct thread *threads;
    bool has_perf;    /* of one thread at least */
    bool lacks_perf;  /* of one thread at least */
    bool sees_kernel; /* of all that have it */
    uint64_t lost;

    /* Sums over the ticks. */
    uint64_t ticks, missed;
    uint64_t stopped; /* ticks at which the process was stopped */
    double us;
    double own;     /* processor time of this program before them, in seconds */
    double task_us; /* tasks times their time */
    double read;    /* tasks that were read */
    size_t most_tasks, most_loops;

    unsigned char *bytes; /* stacks of a batch */
    struct bulk_piece *pieces;
    struct scan_task **changed;
};

void sampler_init(struct sampler *sampler, struct target *target,
                  struct scan *scan, struct stacks *stacks,
                  const struct sampler_options *options);
void sampler_fini(struct sampler *sampler);

/*
 * Look once; `us` microseconds have passed since the last time.  False: the
 * process has no memory any more.
 */
bool sampler_tick(struct sampler *sampler, double us);

/*
 * Look once without counting: names of functions are read from files then, which
 * takes long the first time.
 */
bool sampler_prepare(struct sampler *sampler);

/* Sort what was waited for, most first; and finish the graphs. */
void sampler_finish(struct sampler *sampler);

/* "worker-* (main.c:12)": how the sampler names a task. */
const char *sampler_label(const struct sampler *sampler, const char *name,
                          const char *site);

/* path.c: the node of a task below its loop's and its parents'. */
struct graph_node *sampler_path(struct sampler *sampler, struct graph *graph,
                                struct scan_task *task);
struct graph_node *sampler_loop_path(struct sampler *sampler,
                                     struct graph *graph, size_t loop);
struct graph_node *sampler_push(struct graph *graph, struct graph_node *node,
                                const struct stack *stack);

/* running.c and waiting.c: the two halves of a tick. */
void sampler_tick_running(struct sampler *sampler, double us);
void sampler_forget_running(struct sampler *sampler);
void sampler_close_running(struct sampler *sampler);
void sampler_tick_waiting(struct sampler *sampler, double us);

/* report.c: the processor time of this program, and what a person reads. */
double sampler_own_seconds(void);
void sampler_report(const struct sampler *sampler, FILE *to);

#endif
