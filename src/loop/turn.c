/* SPDX-License-Identifier: MIT */
/*
 * turn.c - the turns of a loop
 *
 * A turn is what was ready when it began.  The steps that it has left are the
 * scheduler's fuel plus turn_left.  They belong to the first entries of the
 * ready queue, because all that becomes ready later is appended.  An entry that
 * is withdrawn from a turn takes its step with it.
 *
 * When the budget ends within a turn, the loop looks outside and then goes on
 * with the same turn.
 */
#include "loop/turn.h"

#include <errno.h>
#include <stdio.h>

#include "loop/bell.h"
#include "loop/budget.h"
#include "loop/circle.h"
#include "loop/handle.h"
#include "loop/leftovers.h"
#include "loop/loop.h"
#include "loop/loop_stats.h"
#include "sched/scheduler.h"
#include "loop/signal.h"
#include "loop/turn_record.h"
#include "sched/sink.h"
#include "sched/thread.h"

/*
 * Whether a timer was due at the last look: it must not wait for a turn.  The look
 * itself has left none.
 */
static bool is_timer_due(const struct coil_loop *loop)
{
    const struct coil_handle *first;

    if (COIL_LIKELY(!loop->timers.may_be_due))
        return false;
    first = coil__timers_first(&loop->timers);
    return first && first->when <= loop->scheduler.looked;
}

/* The watchdog recognises a grant by its number. */
static void grant(struct coil_loop *loop, size_t steps)
{
    __atomic_store_n(&loop->grants, loop->grants + 1, __ATOMIC_RELAXED);
    coil__scheduler_fill(&loop->scheduler, steps);
}

/*
 * Grant as much of the turn as the stride has left.  If that is nothing, look at
 * the clock first, and begin the next stride.
 */
static COIL_NOINLINE bool refuel_in_part(struct coil_loop *loop)
{
    struct coil_budget *budget = &loop->budget;
    size_t steps;

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

/*
 * A step is paid for when it is granted.  Most turns are short, and the stride
 * has enough left for the whole of one.
 */
bool coil__turn_refuel(struct coil_scheduler *s)
{
    struct coil_loop *loop = coil__container_of(s, struct coil_loop, scheduler);
    struct coil_budget *budget = &loop->budget;

    if (loop->stepwise || budget->spent)
        return false;
    if (s->turn_left > 0)
        return refuel_in_part(loop);
    if (loop->stopping || loop->guest || is_timer_due(loop))
        return false;
    if (COIL_UNLIKELY(s->ready_count == 0 ||
                      s->ready_count > budget->stride_left)) {
        coil__counts_ready(&loop->counts, s->ready_count);
        coil__scheduler_begin_turn(s);
        return refuel_in_part(loop);
    }
    s->turn++;
    budget->stride_left -= s->ready_count;
    grant(loop, s->ready_count);
    return true;
}

static void run_ready(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    struct coil_runnable *r;

    while (s->fuel > 0 || coil__turn_refuel(s)) {
        coil__scheduler_burn(s);
        r = coil__scheduler_pop(s);
        if (!r) {
            /* Somebody else has called coil_scheduler_pop(). */
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
    char message[96];

    if (limit <= 0 || duration <= limit)
        return;
    snprintf(message, sizeof message,
             "a step took %lld ms, more than slow_callback_duration, %lld ms",
             (long long)(duration / COIL_MILLISECOND),
             (long long)(limit / COIL_MILLISECOND));
    coil__report(&loop->scheduler, message, 0, NULL);
}

static void run_step(struct coil_loop *loop, struct coil_runnable *r)
{
    bool is_timed = loop->scheduler.debug;
    coil_time before = is_timed ? coil__loop_now(loop) : 0;

    coil__watched_step(&loop->watched);
    if (is_timed)
        coil__leftovers_run(loop, r);
    else
        r->run(r);
    if (is_timed)
        check_step(loop, coil__loop_now(loop) - before);
    if (loop->steps)
        loop->steps->after_step(loop);
}

/*
 * Whether there is a next step, of this turn or of one without a look before.
 */
static bool goes_on_stepwise(struct coil_loop *loop)
{
    if (loop->budget.spent)
        return false;
    if (loop->scheduler.turn_left == 0 && loop->steps && !loop->stopping &&
        !loop->guest && !is_timer_due(loop) && loop->steps->skips_look(loop))
        coil__scheduler_begin_turn(&loop->scheduler);
    return loop->scheduler.turn_left > 0;
}

/* Run a turn in which every step returns to the loop. */
static void run_stepwise(struct coil_loop *loop)
{
    while (goes_on_stepwise(loop)) {
        struct coil_runnable *r = loop->steps
                                      ? loop->steps->pick(loop)
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
        loop->stepwise = loop->scheduler.debug || loop->steps;
}

/* What is in a history may come at each look: there, all of it is looked at. */
static void see_signals(struct coil_loop *loop)
{
    struct coil__backend *backend = loop->backend;
    int number = atomic_load_explicit(&loop->signalled, memory_order_relaxed);

    if (coil__backend_arrived(backend, COIL__ARRIVAL_STOP,
                              atomic_exchange_explicit(&loop->stop_requested,
                                                       false,
                                                       memory_order_acquire)))
        loop->stopping = true;
    number = (int)coil__backend_arrived(backend, COIL__ARRIVAL_SIGNAL,
                                        (unsigned)number);
    if (number != 0) {
        atomic_store(&loop->signalled, number);
        loop->listener->interrupted(loop);
    }
    /* Load first: an exchange is slow, and signals are rare. */
    if (atomic_load_explicit(&loop->signals_pending, memory_order_relaxed) ||
        COIL_UNLIKELY(backend->ops->arrived)) {
        atomic_exchange_explicit(&loop->signals_pending, false,
                                 memory_order_acquire);
        coil__turn_record_signals(loop);
        coil__signals_deliver(loop);
    }
}

/* These tasks run after all that the look has made ready. */
void coil__turn_append_who_gave_way(struct coil_loop *loop)
{
    struct coil_link *first;

    while ((first = coil__list_pop(&loop->after_look)))
        coil__scheduler_append(&loop->scheduler, coil__runnable_of(first));
}

static bool is_anything_ready(const struct coil_loop *loop)
{
    return loop->scheduler.ready.head || loop->after_look.head;
}

/* The number of the second in which the loop has looked at the clock. */
static unsigned period_of(const struct coil_loop *loop)
{
    return (unsigned)(loop->scheduler.looked / COIL_SECOND);
}

/* What is released from now on is idle since the look that has just ended. */
static void begin_period(const struct coil_loop *loop)
{
    coil__stack_begin_period(coil__thread()->stacks, period_of(loop));
}

/* A loop that nothing can wake has to say so, and not to wait. */
static bool waits_for_nothing(const struct coil_loop *loop, coil_time deadline)
{
    return deadline == COIL_NEVER && loop->backend->pending == 0 &&
           loop->backend->holds == 0;
}

/*
 * The loop is about to wait until `deadline`.  Stacks that have been idle for
 * long give their memory back, and the loop wakes up once more for those that
 * will have been.  Returns until when to wait.
 */
static coil_time give_memory_back(struct coil_loop *loop, coil_time deadline)
{
    coil_time looked = loop->scheduler.looked;
    coil_time again = looked;
    int rc;

    coil__stack_trim(coil__thread()->stacks);
    if (coil__backend_is_simulated(loop->backend))
        return deadline;
    rc = coil__stack_trim_old(coil__thread()->stacks, period_of(loop));
    if (rc == 1)
        again += COIL_SECOND;
    loop->trims_at = rc == 0 ? 0 : again;
    if (rc == 0 || waits_for_nothing(loop, deadline))
        return deadline;
    return again < deadline ? again : deadline;
}

/* Waits that have just begun may be a cycle: the loop wakes up to see that. */
static coil_time search_cycles_again(const struct coil_loop *loop,
                                     coil_time deadline)
{
    const struct coil_cycle_watch *c = &loop->cycles;

    if (!c->is_on || c->is_settled || loop->guest ||
        coil__backend_is_simulated(loop->backend) ||
        waits_for_nothing(loop, deadline))
        return deadline;
    return c->due < deadline ? c->due : deadline;
}

/* Take what other threads have left. */
static void take_calls(struct coil_loop *loop)
{
    size_t before = loop->scheduler.ready_count;

    coil__loop_empty_inbox(loop);
    coil__turn_record_count(loop, COIL_RECORD_CALLS, before);
}

/* Until when to wait, `deadline` at most; INT64_MIN: not at all. */
static coil_time wait_until(struct coil_loop *loop, coil_time deadline)
{
    /* While the loop is closed, a stop is ignored until the tasks have ended. */
    if (is_anything_ready(loop) ||
        (loop->stopping && !loop->scheduler.closing) ||
        (loop->steps && loop->steps->settled(loop)))
        return INT64_MIN;
    deadline = search_cycles_again(loop, give_memory_back(loop, deadline));
    if (deadline != INT64_MIN && !coil__loop_may_wait(loop))
        return INT64_MIN;
    return deadline;
}

/* `needs_others`: only another loop can wake this one before `deadline`. */
static int wait_outside(struct coil_loop *loop, coil_time deadline,
                        bool needs_others)
{
    int rc;

    coil__spill_registers();
    if (COIL_UNLIKELY(coil__turn_record_of(loop)))
        coil__turn_record_look(loop, deadline != INT64_MIN);
    coil__watched_look(&loop->watched);
    if (COIL_UNLIKELY(needs_others) && deadline != INT64_MIN)
        rc = coil__circle_wait(loop, deadline);
    else
        rc = loop->backend->ops->wait(loop->backend, deadline);
    coil__watched_look(&loop->watched);
    coil__bell_ring_if_awaited();
    coil__loop_stays_awake(loop);
    return rc;
}

/* After the wait: all that has come becomes ready, and a budget begins. */
static void take_in(struct coil_loop *loop)
{
    size_t before;

    coil__turn_record_cause(loop, COIL_RECORD_BY_THREAD);
    take_calls(loop);
    see_signals(loop);
    before = loop->scheduler.ready_count;
    coil__loop_fire_timers(loop);
    coil__turn_record_count(loop, COIL_RECORD_TIMERS, before);
    begin_period(loop);
    coil__turn_append_who_gave_way(loop);
    coil__counts_looked(loop, loop->scheduler.looked);
    if (!coil__scheduler_is_idle(&loop->scheduler))
        loop->cycles.is_settled = false;
    if (COIL_UNLIKELY(coil__turn_record_of(loop)))
        coil__turn_record_looked(loop);
    coil__budget_begin(loop, loop->scheduler.looked);
}

/* Look outside.  If nothing is ready, wait there until `limit` at most. */
static int look_outside(struct coil_loop *loop, coil_time limit)
{
    coil_time now = coil__loop_now(loop);
    const struct coil_handle *first;
    coil_time deadline;
    bool needs_others;
    int rc;

    coil__loop_arm_noted(loop, now);
    if (COIL_UNLIKELY(now >= loop->cycles.due))
        loop->listener->search_cycles(loop, now);
    coil__counts_look(loop, now);
    first = coil__timers_first(&loop->timers);
    deadline = first && first->when < limit ? first->when : limit;
    needs_others = deadline == COIL_NEVER && coil__circle_closes(loop);
    take_calls(loop);
    rc = wait_outside(loop, wait_until(loop, deadline), needs_others);
    /* Of a deadlock other loops know, too: what they post now comes too late. */
    if (COIL_LIKELY(!loop->has_told))
        take_in(loop);
    return rc;
}

int coil__turn(struct coil_loop *loop, coil_time limit)
{
    int rc = look_outside(loop, limit);

    if (rc < 0 && coil__scheduler_is_idle(&loop->scheduler))
        return rc;
    /* coil_loop_stop() before the run still allows one turn, as in asyncio. */
    if (loop->scheduler.turn_left == 0)
        coil__scheduler_begin_turn(&loop->scheduler);
    if (loop->stepwise)
        run_stepwise(loop);
    else
        run_ready(loop);
    return loop->scheduler.forked ? -EBADF : 0;
}

/* Further looks may come before the turn has ended. */
int coil__turn_whole(struct coil_loop *loop, coil_time limit)
{
    int rc;

    do {
        rc = coil__turn(loop, limit);
        limit = INT64_MIN;
    } while (rc == 0 &&
             (loop->scheduler.turn_left > 0 || loop->scheduler.fuel > 0));
    return rc;
}
