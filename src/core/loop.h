/* SPDX-License-Identifier: MIT */
/*
 * core/loop.h - a scheduler with timers, I/O and an inbox for other threads
 *
 * One turn: look at the inbox, the kernel and the timers; run what is ready
 * then.  Looking costs more than running, so turns that make more ready follow
 * each other without a look, up to STEPS_BETWEEN_POLLS steps.
 */
#ifndef COIL_CORE_LOOP_H
#define COIL_CORE_LOOP_H

#include <pthread.h>
#include <stdatomic.h>

#include <coil/loop.h>

#include "core/timers.h"
#include "core/watchdog.h"
#include "poll/poll.h"

/* Called on the loop's thread when the loop is closed. */
struct coil_loop_hook {
    struct coil_loop_hook *next;
    void (*fn)(struct coil_loop_hook *self);
};

struct coil_testing;

struct coil_loop {
    struct coil_scheduler scheduler; /* first */
    struct coil_poll *poll;
    struct coil_timers timers;

    size_t turn_left;  /* steps of this turn, beyond the fuel granted */
    size_t steps_left; /* until the next look outside, likewise */

    _Atomic(struct coil_handle *) inbox; /* newest first, linked by child */
    atomic_int signalled;                /* SIGINTs not yet seen */
    atomic_bool stop_requested;          /* from another thread */
    struct coil_task *main_task;         /* that SIGINT cancels */
    unsigned interrupts;

    coil_exception_fn exception_fn;
    void *exception_arg;
    struct coil_loop_hook *hooks;
    struct coil_testing *testing; /* on the simulator */
    struct coil_loop_report report;
    pthread_t thread;
    struct coil_watched watched;
    bool no_watchdog;
    bool stepwise; /* every step returns to the loop */
    bool debug;
    bool running;
    bool stopping;
    bool closing;
};

static inline struct coil_loop *coil__loop_of(struct coil_scheduler *scheduler)
{
    return scheduler ? scheduler->loop : NULL;
}

/* Tasks are no longer made. */
static inline bool coil__loop_is_closing(const struct coil_loop *loop)
{
    return loop->closing;
}

/* The simulator's or the kernel's clock. */
coil_time coil__loop_now(struct coil_loop *loop);

/* Run turns until coil_loop_stop(); 0, -EBUSY or -EDEADLK. */
int coil__loop_run(struct coil_loop *loop);

/* Arm a handle that is known to be free. */
void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg);

void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook);
void coil__loop_unhook(struct coil_loop *loop, struct coil_loop_hook *hook);

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
/* Nothing is ready and only time could help; true if it woke somebody. */
bool coil__testing_settled(struct coil_loop *loop);

#endif
