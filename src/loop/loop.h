/* SPDX-License-Identifier: MIT */
/*
 * loop/loop.h - a scheduler with timers, I/O and an inbox for other threads
 *
 * One turn: look at the inbox, the kernel and the timers; run what is ready
 * then.  Looking costs more than running, so turns that make more ready follow
 * each other without a look, within one budget (budget.h).
 */
#ifndef COIL_LOOP_LOOP_H
#define COIL_LOOP_LOOP_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <coil/loop.h>

#include "base/platform.h"
#include "sched/scheduler.h"
#include "loop/timers.h"
#include "sched/wait.h"
#include "loop/watched.h"
#include "backend/backend.h"

/*
 * How much is done before the loop looks outside again.  All but its fields is in
 * budget.h.
 */
struct coil_budget {
    size_t stride_left; /* units until the next look at the clock */
    size_t left;        /* units of the budget beyond this stride */
    size_t stride;      /* how long this stride was at its beginning */
    coil_time end;
    coil_time checked; /* the last look at the clock */
    bool spent;
};

/*
 * What a test does at the steps of a loop.  Its state is loop->testing.
 */
struct coil_loop_steps {
    /* Take the next to run out of the ready queue; NULL: there is none. */
    struct coil_runnable *(*pick)(struct coil_loop *loop);
    void (*after_step)(struct coil_loop *loop);
    /* The loop has looked outside. */
    void (*looked)(struct coil_loop *loop);
    /* Units of the budget are burnt: they may take time. */
    void (*work)(struct coil_loop *loop, size_t units);
    /* Whether chance, or a choice, ends the budget here. */
    bool (*ends_budget)(struct coil_loop *loop, size_t units);
    /* Whether the next turn begins without a look outside. */
    bool (*skips_look)(struct coil_loop *loop);
    /* Nothing is ready and only time could help; true if it woke somebody. */
    bool (*settled)(struct coil_loop *loop);
};

/* What the loop tells those above it.  Whoever makes the loop hands it in. */
struct coil_loop_listener {
    /* A signal has come that is for coil_run(). */
    void (*interrupted)(struct coil_loop *loop);
    /* This process is a child, and the loop its parent's. */
    void (*forked)(struct coil_loop *loop);
};

struct coil_loop {
    struct coil_scheduler scheduler; /* first */
    struct coil__backend *backend;
    struct coil_timers timers;

    size_t grants; /* how often fuel was granted: the watchdog reads it */
    struct coil_budget budget;   /* until the next look outside */
    struct coil_list after_look; /* who gave way */

    _Atomic(struct coil_handle *) inbox; /* newest first, linked by child */
    atomic_int signalled;                /* SIGINT or SIGTERM, not yet seen */
    atomic_bool signals_pending;         /* for handlers: signal.c */
    atomic_bool stop_requested;          /* from another thread */
    struct coil_task *main_task;         /* that these signals cancel */
    atomic_int interrupted_by; /* the one that did; read by the handler */

    struct coil_hook *hooks; /* struct coil_loop_hook */
    struct coil_loop *next;  /* of all: registry.c */
    const struct coil_loop_listener *listener;
    struct coil_hook *thread_calls; /* not over: threadsafe.c */
    coil_time close_limit;
    const struct coil_loop_steps *steps; /* of a test, or NULL */
    struct coil_testing *testing;        /* likewise */
    struct coil_loop_report report;
    struct coil_watched watched;
    bool no_watchdog;
    bool stepwise; /* every step returns to the loop */
    bool stopping;
    bool shut;  /* for other threads; under the mutex of the list */
    bool guest; /* one turn at a time, driven by somebody else */
};

static inline struct coil_loop *coil__loop_of(struct coil_scheduler *scheduler)
{
    return scheduler ? scheduler->loop : NULL;
}

/* In debug mode: stop the program if another thread runs `loop`. */
static inline void coil__loop_check(const struct coil_loop *loop,
                                    const char *function)
{
    coil__scheduler_check(&loop->scheduler, function);
}

/* The simulator's or the kernel's clock. */
coil_time coil__loop_now(struct coil_loop *loop);

/*
 * coil__checkpoint() of a function that needs a loop, which is returned; without
 * one -ENOTSUP.
 */
static inline int coil__checkpoint_in_loop(struct coil_loop **loop)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    *loop = coil_loop_current();
    return *loop ? 0 : -ENOTSUP;
}

#endif
