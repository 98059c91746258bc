/* SPDX-License-Identifier: MIT */
/*
 * core/loop.h - a scheduler with timers, I/O and an inbox for other threads
 *
 * One turn: look at the inbox, the kernel and the timers; run what is ready
 * then.  Looking costs more than running, so turns that make more ready follow
 * each other without a look, within one budget (budget.h).
 */
#ifndef COIL_CORE_LOOP_H
#define COIL_CORE_LOOP_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <coil/loop.h>

#include "base/platform.h"
#include "core/budget.h"
#include "core/scheduler.h"
#include "core/timers.h"
#include "core/wait.h"
#include "core/watched.h"
#include "poll/poll.h"

struct coil_testing;

struct coil_loop {
    struct coil_scheduler scheduler; /* first */
    struct coil_poll *poll;
    struct coil_timers timers;

    size_t grants; /* how often fuel was granted: the watchdog reads it */
    struct coil_budget budget;        /* until the next look outside */
    struct coil_scheduler after_look; /* only a queue: who gave way */

    _Atomic(struct coil_handle *) inbox; /* newest first, linked by child */
    atomic_int signalled;                /* SIGINT or SIGTERM, not yet seen */
    atomic_bool signals_pending;         /* for handlers: signal.c */
    atomic_bool stop_requested;          /* from another thread */
    struct coil_task *main_task;         /* that these signals cancel */
    atomic_int interrupted_by; /* the one that did; read by the handler */

    struct coil_loop_hook *hooks;
    struct coil_loop *next;                /* of all: loops.c */
    struct coil_thread_call *thread_calls; /* not over: threadsafe.c */
    coil_time close_limit;
    struct coil_testing *testing; /* on the simulator */
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

/* Burn `units` of the budget; budget.h says what costs how much. */
static inline void coil__loop_burn(struct coil_loop *loop, size_t units)
{
    if (COIL_LIKELY(loop->budget.stride_left > units))
        loop->budget.stride_left -= units;
    else
        coil__budget_check(loop, units);
}

/* In debug mode: stop the program if another thread runs `loop`. */
static inline void coil__loop_check(const struct coil_loop *loop,
                                    const char *function)
{
    coil__scheduler_check(&loop->scheduler, function);
}

/* What a loop does for its scheduler: turn.c. */
bool coil__loop_refuel(struct coil_scheduler *scheduler);

/* The simulator's or the kernel's clock. */
coil_time coil__loop_now(struct coil_loop *loop);

/* Run turns until coil_loop_stop(); 0, -EBUSY, -EDEADLK, -EBADF, -ENOMEM. */
int coil__loop_run(struct coil_loop *loop);

/* One turn, without waiting; the same, and no -EDEADLK if anything was ready. */
int coil__loop_run_turn(struct coil_loop *loop);

/*
 * One turn, also while another loop runs here; it waits until `limit` at most.
 * The same, and -EINTR if coil_loop_stop() was called.
 */
int coil__loop_run_once(struct coil_loop *loop, coil_time limit);

/* Arm a handle that is known to be free. */
void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg);

/*
 * Have hook->fn, which is set, called on the loop's thread when the loop is
 * closed and its tasks have ended, the last hook first.  It is unhooked by then.
 */
void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook);
void coil__loop_unhook(struct coil_loop_hook *hook);

/* The loop is being closed: end what other threads wait for. */
void coil__thread_calls_close(struct coil_loop *loop);

/* The thread that runs it ends: likewise, with -EOWNERDEAD. */
void coil__thread_calls_lost(struct coil_loop *loop);

/* It is the parent's: nobody waits here, and nobody is told. */
void coil__thread_calls_forked(struct coil_loop *loop);

/* A signal has come that is for coil_run(): run.c. */
void coil__run_interrupt(struct coil_loop *loop);

/* Arrange the calls that signals have asked for: signal.c. */
void coil__signals_deliver(struct coil_loop *loop);

/*
 * coil_loop_call_soon_threadsafe() by somebody who keeps the loop from being
 * closed meanwhile.
 */
int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg);

/* Take handles that call_soon_threadsafe() left: handle.c. */
void coil__loop_empty_inbox(struct coil_loop *loop);
/* Look at the clock, and append the timers that are due. */
void coil__loop_fire_timers(struct coil_loop *loop);

/* coil_loop_close(); without `tells` nothing is said of tasks and timers. */
int coil__loop_close(struct coil_loop *loop, struct coil_loop_report *report,
                     bool tells);

/* Take back the handles that were ready and not called. */
void coil__loop_drop_handles(struct coil_loop *loop);

/* The stepwise part of a turn: testing.c. */
int coil__testing_open(struct coil_loop *loop, uint64_t seed);
void coil__testing_close(struct coil_loop *loop);
struct coil_runnable *coil__testing_pick(struct coil_loop *loop);
void coil__testing_after_step(struct coil_loop *loop);
/* The loop has looked outside. */
void coil__testing_looked(struct coil_loop *loop);
/* Units of the budget are burnt: they may take time. */
void coil__testing_work(struct coil_loop *loop, size_t units);
/* Whether chance, or a choice, ends the budget here. */
bool coil__testing_ends_budget(struct coil_loop *loop, size_t units);
/* Whether the next turn begins without a look outside. */
bool coil__testing_skips_look(struct coil_loop *loop);
/* Nothing is ready and only time could help; true if it woke somebody. */
bool coil__testing_settled(struct coil_loop *loop);

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
