/* SPDX-License-Identifier: MIT */
/*
 * testing_choose.c - the next ready task, and whether time passes before it
 *
 * Whatever may go one way or another is decided by coil__testing_choice(): by
 * chance, from the seed, or by the choices of a schedule of
 * coil_test_explore().
 */
#include "testing/testing_choose.h"

#include "loop/handle.h"
#include "sched/scheduler.h"
#include "task/task.h"
#include "backend/simulator.h"

static uint64_t random_below(struct coil_loop *loop, uint64_t limit)
{
    return loop->backend->ops->random(loop->backend) % limit;
}

uint64_t coil__testing_choice(struct coil_loop *loop, uint64_t limit)
{
    struct coil_testing *testing = loop->testing;

    if (limit < 2)
        return 0;
    if (testing->choices)
        return coil__choices_next(testing->choices, limit);
    return testing->seed ? random_below(loop, limit) : 0;
}

/*
 * The number of runnables that may be next.  Any ready task may be.  Handles
 * keep their order, which is documented, so only the first of them may be.
 */
static uint64_t count_candidates(const struct coil_scheduler *s)
{
    uint64_t tasks = 0;
    bool handles = false;

    for (struct coil_runnable *r = coil__scheduler_first(s); r;
         r = coil__runnable_of(r->link.next)) {
        if (r->run == coil__coroutine_run)
            tasks++;
        else
            handles = true;
    }
    return tasks + handles;
}

/* The n-th of these, in the order of the queue. */
static struct coil_runnable *candidate(const struct coil_scheduler *s,
                                       uint64_t n)
{
    struct coil_runnable *r = coil__scheduler_first(s);
    bool handles = false;

    for (;; r = coil__runnable_of(r->link.next)) {
        bool is_handle = r->run != coil__coroutine_run;

        if (is_handle && handles)
            continue;
        if (n-- == 0)
            return r;
        handles = handles || is_handle;
    }
}

/* Whether the clock may go on to the next timer. */
static bool time_may_pass(struct coil_loop *loop)
{
    struct coil_handle *first;

    coil__loop_arm_noted(loop, coil__loop_now(loop));
    first = coil__timers_first(&loop->timers);
    return first && first->when != COIL_NEVER &&
           coil__backend_is_simulated(loop->backend) &&
           first->when - coil__loop_now(loop) <= loop->testing->leap;
}

static void let_time_pass(struct coil_loop *loop)
{
    coil__simulator_advance(loop->backend,
                            coil__timers_first(&loop->timers)->when);
    coil__loop_fire_timers(loop);
}

static void let_time_pass_by_chance(struct coil_loop *loop)
{
    unsigned haste = loop->testing->haste;

    if (haste > 0 && !loop->testing->choices && time_may_pass(loop) &&
        coil__testing_choice(loop, haste) == 0)
        let_time_pass(loop);
}

struct coil_runnable *coil__testing_choose(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    bool explores = loop->testing->choices;
    struct coil_runnable *r;

    let_time_pass_by_chance(loop);
    for (;;) {
        uint64_t candidates = count_candidates(s);
        uint64_t n;

        if (candidates == 0)
            return NULL;
        n = coil__testing_choice(loop, candidates +
                                           (explores && time_may_pass(loop)));
        if (n == candidates) {
            let_time_pass(loop);
            continue;
        }
        r = candidate(s, n);
        coil__scheduler_remove(s, r);
        return r;
    }
}

uint64_t coil_test_choose(uint64_t limit)
{
    struct coil_loop *loop = coil_loop_current();

    return loop && loop->testing ? coil__testing_choice(loop, limit) : 0;
}

uint64_t coil_test_random(uint64_t limit)
{
    struct coil_loop *loop = coil_loop_current();

    return loop && loop->testing && limit > 0 ? random_below(loop, limit) : 0;
}
