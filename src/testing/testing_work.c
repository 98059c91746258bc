/* SPDX-License-Identifier: MIT */
/*
 * testing_work.c - what work costs on the simulator, and who waits meanwhile
 *
 * On a real machine a budget ends by the clock, and nobody can predict where.
 * A run with a seed or with choices ends it wherever it may end, and leaves out
 * looks that are not due yet.  On the kernel this file does neither.
 */
#include "testing/testing_work.h"

#include "loop/budget.h"
#include "sched/scheduler.h"
#include "testing/testing_choose.h"
#include "backend/simulator.h"

/* With a seed, a budget ends early one time in so many. */
enum { BUDGET_CHANCE = 16 };

/* ---- time ----------------------------------------------------------------- */

static struct coil_loop *simulated(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop && coil__backend_is_simulated(loop->backend) ? loop : NULL;
}

void coil_test_compute(coil_time duration)
{
    struct coil_loop *loop = simulated();

    if (loop)
        coil__simulator_advance(loop->backend, coil_after(duration));
}

void coil_test_let_work_take(coil_time step)
{
    struct coil_loop *loop = simulated();

    if (loop)
        loop->testing->unit = step;
}

void coil__testing_work(struct coil_loop *loop, size_t units)
{
    if (loop->testing->unit > 0)
        coil_test_compute(loop->testing->unit * (coil_time)units);
}

/* ---- choices -------------------------------------------------------------- */

/* Each choice multiplies the schedules, so only network calls are chosen at. */
bool coil__testing_ends_budget(struct coil_loop *loop, size_t units)
{
    uint64_t limit = BUDGET_CHANCE;

    if (!coil__backend_is_simulated(loop->backend))
        return false;
    if (loop->testing->choices)
        limit = units >= COIL__UNITS_CALL ? 2 : 1;
    return limit > 1 && coil__testing_choice(loop, limit) == limit - 1;
}

bool coil__testing_skips_look(struct coil_loop *loop)
{
    if (coil__scheduler_is_idle(&loop->scheduler) ||
        !coil__backend_is_simulated(loop->backend))
        return false;
    if (loop->testing->choices && !coil__simulator_is_busy(loop->backend))
        return false;
    return coil__testing_choice(loop, 2) == 1;
}

/* ---- who waits ------------------------------------------------------------ */

/* Counted here and not by the budget, as it is the budget that is checked. */
static uint64_t units_made(const struct coil_loop *loop)
{
    uint64_t calls = 0;

    if (coil__backend_is_simulated(loop->backend))
        calls = coil__simulator_calls(loop->backend);
    return loop->testing->steps + calls * COIL__UNITS_CALL;
}

void coil__testing_looked(struct coil_loop *loop)
{
    loop->testing->looked = units_made(loop);
}

/* What one step does without a chance to give way does not count. */
const char *coil__testing_check_delay(struct coil_loop *loop)
{
    struct coil_testing *testing = loop->testing;
    uint64_t began = testing->made;

    testing->made = units_made(loop);
    if (began <= testing->looked + COIL__BUDGET_UNITS)
        return NULL;
    return "nobody has looked outside for longer than a budget";
}
