/* SPDX-License-Identifier: MIT */
/*
 * loop/loop.h - a scheduler with timers, I/O and an inbox for other threads
 *
 * One turn: look at the inbox, the kernel and the timers, then run what is
 * ready.  Looking costs more than running, so within one budget (budget.h)
 * several turns follow each other without a look.
 */
#ifndef COIL_LOOP_LOOP_H
#define COIL_LOOP_LOOP_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <coil/handle.h>
#include <coil/loop.h>

#include "base/platform.h"
#include "sched/foreign.h"
#include "sched/scheduler.h"
#include "loop/counts.h"
#include "loop/timers.h"
#include "sched/wait.h"
#include "loop/watched.h"
#include "backend/backend.h"

/* How much is done before the loop looks outside again: see budget.h. */
struct coil_budget {
    size_t stride_left; /* units until the next look at the clock */
    size_t left;        /* units of the budget beyond this stride */
    size_t stride;      /* how long this stride was at its beginning */
    coil_time end;
    coil_time checked; /* the last look at the clock */
    bool spent;
};

/*
 * Functions with which a test watches and directs the steps of a loop.  Their
 * state is loop->testing.
 */
struct coil_loop_steps {
    /* Take the next runnable out of the ready queue; NULL: there is none. */
    struct coil_runnable *(*pick)(struct coil_loop *loop);
    void (*after_step)(struct coil_loop *loop);
    /* The loop has looked outside. */
    void (*looked)(struct coil_loop *loop);
    /* Units of the budget are burnt.  The test may let them take time. */
    void (*work)(struct coil_loop *loop, size_t units);
    /* Whether chance or a choice ends the budget here. */
    bool (*ends_budget)(struct coil_loop *loop, size_t units);
    /* Whether the next turn begins without a look outside. */
    bool (*skips_look)(struct coil_loop *loop);
    /* Only time can make anything ready.  True: somebody was woken. */
    bool (*settled)(struct coil_loop *loop);
};

/*
 * The search for tasks that wait for each other while others go on
 * (inspect/cycles.c).
 */
struct coil_cycle_watch {
    coil_time due;   /* for the next search */
    bool is_on;      /* as of the last search */
    bool is_settled; /* nothing has run since it, and no wait was too young */
    uint64_t seen;   /* which waits there were at the last search */
    uint64_t told[8];
    unsigned told_count;
};

/* How the loop calls those above it.  Whoever makes the loop passes this in. */
struct coil_loop_listener {
    /* A signal has come that ends coil_run(). */
    void (*interrupted)(struct coil_loop *loop);
    /* This process is a child of fork(), and the loop belongs to the parent. */
    void (*forked)(struct coil_loop *loop);
    /* It is time to search for cycles of waits. */
    void (*search_cycles)(struct coil_loop *loop, coil_time now);
};

struct coil_loop {
    struct coil_scheduler scheduler; /* first */
    struct coil__backend *backend;
    struct coil_timers timers;

    size_t grants; /* how often fuel was granted; for the watchdog */
    struct coil_budget budget;   /* until the next look outside */
    struct coil_list after_look; /* tasks that gave way */

    _Atomic(struct coil_handle *) inbox; /* newest first, linked by child */
    atomic_bool
        is_awake; /* it looks into the inbox before it waits: handle.c */
    atomic_int signalled;        /* SIGINT or SIGTERM, not yet seen */
    atomic_bool signals_pending; /* for handlers: signal.c */
    atomic_bool stop_requested;  /* from another thread */
    struct coil_task *main_task; /* cancelled by these signals */
    atomic_int interrupted_by;   /* the signal that did; read by the handler */

    struct coil_hook *hooks; /* struct coil_loop_hook */
    struct coil_loop *next;  /* in the list of all: registry.c */
    const struct coil_loop_listener *listener;
    struct coil_hook *thread_calls;   /* those not over: threadsafe.c */
    struct coil_hook *shared_waiters; /* cross/shared.c */
    struct coil_mailbox *mailbox;     /* threads/mailbox.h; NULL: none yet */
    struct coil_handle *mail;         /* the handle of the mailbox, or NULL */
    struct coil_handle *held_back;    /* of a replay: has come too early */
    coil_time close_limit;
    const struct coil_loop_steps *steps; /* a test's, or NULL */
    struct coil_testing *testing;        /* a test's, or NULL */
    struct coil_loop_report report;
    struct coil_watched watched;
    struct coil_loop_counts counts;
    struct coil_cycle_watch cycles;
    unsigned number; /* for stats: registry.c */
    bool no_watchdog;
    bool stepwise; /* every step returns to the loop */
    bool stopping;
    bool guest;         /* one turn at a time, driven from outside */
    bool shut;          /* for other threads; under the registry's mutex */
    coil_time trims_at; /* when idle stacks give memory back; 0: never */

    struct coil_circle *circle; /* loop/circle.h; NULL: it is in none */
    struct coil_loop *next_in_circle;
    unsigned place_in_circle;
    struct coil_loop_hook circle_hook;
    size_t awaits_others; /* of the backend's holds */
    bool is_asleep;       /* under the circle's mutex */
    bool is_doomed;       /* the same: it will never be woken */
    bool has_told;        /* who waits for what has been reported */
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

/* The clock of the kernel or of the simulator. */
coil_time coil__loop_now(struct coil_loop *loop);

/*
 * Whether a time shortly before coil__loop_now() can be had for less, and this
 * time: the last tick of the kernel's clock.
 */
static inline bool coil__loop_ticks(const struct coil_loop *loop)
{
    return loop->backend->ops->ticked;
}

static inline coil_time coil__loop_ticked(struct coil_loop *loop)
{
    return loop->backend->ops->ticked(loop->backend);
}

/* A random number of 64 bits, which the simulator's seed repeats. */
static inline uint64_t coil__loop_random(struct coil_loop *loop)
{
    return loop->backend->ops->random(loop->backend);
}

/*
 * As coil__checkpoint(), for a function that needs a loop.  Stores the running
 * loop; -ENOTSUP: there is none.
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
