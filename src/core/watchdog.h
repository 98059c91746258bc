/* SPDX-License-Identifier: MIT */
/*
 * core/watchdog.h - a thread that notices steps which do not end
 *
 * One thread for all loops of the process, from when the first runs until the
 * last is closed.  It looks at each loop a few times in slow_callback_duration.
 * A loop tells what it does by what it writes anyway: `looks`, odd while it
 * waits, and the steps it has left until the next look.  All three the same
 * means the same step.
 *
 * Whose step has taken too long is asked for a backtrace, while it runs.  If its
 * thread computes, by a signal.  If it is in a system call a signal would make
 * that fail with EINTR, so its stack is read from outside.
 */
#ifndef COIL_CORE_WATCHDOG_H
#define COIL_CORE_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "context/backtrace.h"
#include "core/task.h"

struct coil_loop;
struct coil_thread;

/* Part of each loop. */
struct coil_watched {
    struct coil_watched *next;
    struct coil_loop *loop;
    bool is_added;
    /* Written by the loop, read by the watchdog. */
    _Atomic coil_time limit; /* slow_callback_duration; 0: off */
    atomic_uint looks;
    atomic_int tid;
    _Atomic(struct coil_thread *) thread;
    _Atomic(uintptr_t) base; /* the frame of its run: callbacks are below */
    /* The watchdog's own. */
    unsigned seen_looks;
    size_t seen_steps;
    size_t seen_fuel;
    coil_time age;
    coil_time next_report;
    unsigned tries;
};

/* What was found out about a step: in the handler, or from outside. */
struct coil_step_report {
    bool is_task;
    bool has_name;
    bool is_coroutine; /* without a task */
    char name[COIL_TASK_NAME];
    uint64_t id;
    const char *site;
    size_t frame_count;
    struct coil_frame frames[COIL__BACKTRACE_MAX];
};

extern atomic_bool coil__watchdog_sleeps;

/* The loop is about to run, in this thread, from the frame `base`. */
void coil__watchdog_add(struct coil_loop *loop, const void *base);

/* It is closed. */
void coil__watchdog_remove(struct coil_loop *loop);

void coil__watchdog_wake(void);

/* After waiting: the watchdog does not look while all loops wait for long. */
static inline void coil__watchdog_is_needed(void)
{
    if (COIL_UNLIKELY(
            atomic_load_explicit(&coil__watchdog_sleeps, memory_order_relaxed)))
        coil__watchdog_wake();
}

static inline void coil__watched_look(struct coil_watched *watched)
{
    atomic_store_explicit(
        &watched->looks,
        atomic_load_explicit(&watched->looks, memory_order_relaxed) + 1,
        memory_order_relaxed);
}

/* ---- watchdog_look.c ------------------------------------------------------ */

/* In the signal handler of the loop's thread. */
void coil__step_look_here(struct coil_step_report *report,
                          const struct coil_watched *watched,
                          const void *ucontext);

/*
 * From outside.  True if the thread was in one and the same system call all the
 * time; then `*report` is filled.  False with *is_blocked false: it computes.
 */
bool coil__step_look_outside(struct coil_step_report *report,
                             const struct coil_watched *watched,
                             bool *is_blocked);

void coil__step_write(const struct coil_step_report *report, coil_time age);

#endif
