/* SPDX-License-Identifier: MIT */
/*
 * turn.c - the turns of a loop
 *
 * A turn is what was ready at its start.  Its steps that are left are the
 * scheduler's fuel, and turn_left beyond that; as many entries stand first in
 * the ready queue, for what becomes ready meanwhile is appended.  An entry that
 * is withdrawn from a turn takes its step with it.
 *
 * A turn may be interrupted by a look outside when the budget has ended; it goes
 * on afterwards.
 */
#include "core/loop.h"

#include <errno.h>
#include <stdio.h>

#include "context/guard.h"
#include "core/coroutine.h"
#include "core/inspect.h"
#include "core/task.h"
#include "core/thread.h"

/* By the last look at the clock: such a timer is not kept waiting for a turn. */
static bool is_timer_due(const struct coil_loop *loop)
{
    const struct coil_handle *first = coil__timers_first(&loop->timers);

    return first && first->when <= loop->scheduler.looked;
}

/* The watchdog tells grants apart by their number. */
static void grant(struct coil_loop *loop, size_t steps)
{
    __atomic_store_n(&loop->grants, loop->grants + 1, __ATOMIC_RELAXED);
    coil__scheduler_fill(&loop->scheduler, steps);
}

/* Steps are accounted when they are granted, not when they are made. */
bool coil__loop_refuel(struct coil_scheduler *s)
{
    struct coil_loop *loop = s->loop;
    struct coil_budget *budget = &loop->budget;
    size_t steps;

    if (loop->stepwise || budget->spent)
        return false;
    if (loop->scheduler.turn_left == 0) {
        if (loop->stopping || loop->guest || is_timer_due(loop))
            return false;
        coil__scheduler_begin_turn(&loop->scheduler);
    }
    if (budget->stride_left == 0 && !coil__budget_check(loop, 0))
        return false;
    steps = loop->scheduler.turn_left < budget->stride_left
                ? loop->scheduler.turn_left
                : budget->stride_left;
    loop->scheduler.turn_left -= steps;
    budget->stride_left -= steps;
    grant(loop, steps);
    return steps > 0;
}

static void run_ready(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    struct coil_runnable *r;

    while (s->fuel > 0 || coil__loop_refuel(s)) {
        coil__scheduler_burn(s);
        r = coil__scheduler_pop(s);
        if (!r) {
            /* Somebody has used coil_scheduler_pop(). */
            coil__scheduler_fill(s, 0);
            loop->scheduler.turn_left = 0;
            return;
        }
        r->run(r);
    }
}

static void check_step(struct coil_loop *loop, coil_time duration)
{
    coil_time limit = coil_loop_slow_callback_duration(loop);
    struct coil_exception exception = { .error = 0 };
    char message[96];

    if (limit <= 0 || duration <= limit)
        return;
    snprintf(message, sizeof message,
             "a step took %lld ms, more than slow_callback_duration, %lld ms",
             (long long)(duration / COIL_MILLISECOND),
             (long long)(limit / COIL_MILLISECOND));
    exception.message = message;
    coil_loop_call_exception_handler(loop, &exception);
}

static void run_step(struct coil_loop *loop, struct coil_runnable *r)
{
    bool is_timed = loop->scheduler.debug;
    coil_time before = is_timed ? coil__loop_now(loop) : 0;

    coil__watched_step(&loop->watched);
    r->run(r);
    if (is_timed)
        check_step(loop, coil__loop_now(loop) - before);
    if (loop->testing)
        coil__testing_after_step(loop);
}

/* Whether a turn goes on that is run step by step, or one follows at once. */
static bool goes_on_stepwise(struct coil_loop *loop)
{
    if (loop->budget.spent)
        return false;
    if (loop->scheduler.turn_left == 0 && loop->testing && !loop->stopping &&
        !loop->guest && !is_timer_due(loop) && coil__testing_skips_look(loop))
        coil__scheduler_begin_turn(&loop->scheduler);
    return loop->scheduler.turn_left > 0;
}

/* A turn in which every step returns to the loop, to be looked at. */
static void run_stepwise(struct coil_loop *loop)
{
    while (goes_on_stepwise(loop)) {
        struct coil_runnable *r = loop->testing
                                      ? coil__testing_pick(loop)
                                      : coil__scheduler_pop(&loop->scheduler);

        if (!r) {
            loop->scheduler.turn_left = 0;
            break;
        }
        loop->scheduler.turn_left--;
        run_step(loop, r);
        coil__loop_burn(loop, COIL__UNITS_STEP);
    }
    if (loop->scheduler.turn_left == 0)
        loop->stepwise = loop->scheduler.debug || loop->testing;
}

static void see_signals(struct coil_loop *loop)
{
    if (atomic_exchange_explicit(&loop->stop_requested, false,
                                 memory_order_acquire))
        loop->stopping = true;
    if (atomic_load_explicit(&loop->signalled, memory_order_relaxed) != 0)
        coil__run_interrupt(loop);
    /* An exchange is dear, and signals are rare. */
    if (atomic_load_explicit(&loop->signals_pending, memory_order_relaxed)) {
        atomic_exchange_explicit(&loop->signals_pending, false,
                                 memory_order_acquire);
        coil__signals_deliver(loop);
    }
}

/* Behind all that the look has made ready. */
static void append_who_gave_way(struct coil_loop *loop)
{
    struct coil_runnable *r;

    while ((r = coil__scheduler_pop(&loop->after_look)))
        coil__scheduler_append(&loop->scheduler, r);
}

static bool is_anything_ready(const struct coil_loop *loop)
{
    return loop->scheduler.head || loop->after_look.head;
}

/* Nothing is ready: wait, until `limit` at most.  Else only look. */
static int look_outside(struct coil_loop *loop, coil_time limit)
{
    const struct coil_poll_ops *ops = loop->poll->ops;
    struct coil_handle *first = coil__timers_first(&loop->timers);
    coil_time deadline = first && first->when < limit ? first->when : limit;
    int rc;

    coil__loop_empty_inbox(loop);
    /* Closing goes on until the tasks have ended, whoever stops. */
    if (is_anything_ready(loop) || (loop->stopping && !loop->scheduler.closing))
        deadline = INT64_MIN;
    else if (loop->testing && coil__testing_settled(loop))
        deadline = INT64_MIN;
    else
        coil__stack_trim(coil__thread()->stacks);

    coil__watched_look(&loop->watched);
    rc = ops->wait(loop->poll, deadline);
    coil__watched_look(&loop->watched);
    coil__watchdog_is_needed();
    coil__loop_empty_inbox(loop);
    see_signals(loop);
    coil__loop_fire_timers(loop);
    append_who_gave_way(loop);
    coil__budget_begin(loop, loop->scheduler.looked);
    return rc;
}

static bool is_over(const struct coil_loop *loop)
{
    if (loop->scheduler.closing)
        return loop->scheduler.task_count == 0;
    return loop->stopping && loop->scheduler.turn_left == 0 &&
           loop->scheduler.fuel == 0;
}

/*
 * What was here before the loop runs: nothing, unless it is a guest, or runs in
 * a child that was forked by a task.
 */
struct before {
    struct coil_scheduler *scheduler;
    struct coil_coroutine *current;
    struct coil_context *base;
    void (*lose_loop)(struct coil_thread *self);
};

/* The thread ends within a run. */
static void lose_loop(struct coil_thread *self)
{
    struct coil_loop *loop = coil__loop_of(self->scheduler);

    if (!loop)
        return;
    coil__watchdog_remove(loop);
    coil__thread_calls_lost(loop);
}

static int enter(struct coil_loop *loop, struct before *before)
{
    struct coil_thread *self = coil__thread();

    if (loop->scheduler.forked)
        return -EBADF;
    if (loop->scheduler.running)
        return -EBUSY;
    if (!coil__thread_stacks())
        return -ENOMEM;
    *before = (struct before){ self->scheduler, self->current, self->base,
                               self->lose_loop };
    self->scheduler = &loop->scheduler;
    self->lose_loop = lose_loop;
    if (self->current)
        self->base = &self->current->context;
    self->current = NULL;
    loop->scheduler.running = true;
    loop->scheduler.thread = self;
    loop->scheduler.turn_left = 0;
    coil__scheduler_fill(&loop->scheduler, 0);
    coil__watchdog_add(loop, __builtin_frame_address(0));
    coil__watched_look(&loop->watched);
    return 0;
}

static void leave(struct coil_loop *loop, const struct before *before)
{
    struct coil_thread *self = coil__thread();

    coil__watched_look(&loop->watched);
    append_who_gave_way(loop);
    loop->stopping = false;
    loop->scheduler.running = false;
    self->scheduler = before->scheduler;
    self->current = before->current;
    self->base = before->base;
    self->lose_loop = before->lose_loop;
    /* A scheduler of the user's goes on, as in loops.c. */
    if (loop->scheduler.forked)
        self->forked =
            coil__loop_of(before->scheduler) ? before->scheduler : NULL;
    if (!before->scheduler)
        coil__thread_free_stacks();
}

static int turn(struct coil_loop *loop, coil_time limit)
{
    int rc = look_outside(loop, limit);

    if (rc < 0 && !loop->scheduler.head)
        return rc;
    /* A stop from before the run leaves it one turn. */
    if (loop->scheduler.turn_left == 0)
        coil__scheduler_begin_turn(&loop->scheduler);
    if (loop->stepwise)
        run_stepwise(loop);
    else
        run_ready(loop);
    return loop->scheduler.forked ? -EBADF : 0;
}

/* To its end, which looks in between may put off. */
static int whole_turn(struct coil_loop *loop, coil_time limit)
{
    int rc;

    do {
        rc = turn(loop, limit);
        limit = INT64_MIN;
    } while (rc == 0 &&
             (loop->scheduler.turn_left > 0 || loop->scheduler.fuel > 0));
    return rc;
}

/*
 * Callbacks run on the loop's stack, and what they throw must not unwind it:
 * what follows runs behind a guard.
 */
struct run {
    struct coil_loop *loop;
    coil_time limit;
};

static int run_until_over(void *arg)
{
    struct coil_loop *loop = arg;
    int rc;

    do
        rc = turn(loop, COIL_NEVER);
    while (rc == 0 && !is_over(loop));
    return rc;
}

static int run_whole_turn(void *arg)
{
    const struct run *run = arg;

    return whole_turn(run->loop, run->limit);
}

int coil__loop_run(struct coil_loop *loop)
{
    struct before before;
    int rc;

    if (coil_scheduler_current())
        return -EBUSY;
    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    rc = coil__guard(run_until_over, loop);
    leave(loop, &before);
    return rc;
}

int coil__loop_run_turn(struct coil_loop *loop)
{
    struct run run = { loop, INT64_MIN };
    struct before before;
    int rc;

    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    loop->stopping = true;
    rc = coil__guard(run_whole_turn, &run);
    leave(loop, &before);
    return rc;
}

int coil__loop_run_once(struct coil_loop *loop, coil_time limit)
{
    struct run run = { loop, limit };
    struct before before;
    bool stopped;
    int rc;

    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    loop->guest = true;
    rc = coil__guard(run_whole_turn, &run);
    loop->guest = false;
    stopped = loop->stopping;
    leave(loop, &before);
    return rc == 0 && stopped ? -EINTR : rc;
}
