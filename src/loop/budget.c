/* SPDX-License-Identifier: MIT */
#include "loop/budget.h"

#include "loop/turn_record.h"
#include "sched/scheduler.h"

/*
 * The next stride lasts as long as fits into `time`, if a unit takes as long as
 * in the last `units`, which took `elapsed`.  It is at most twice as long as
 * the last one, as the few units after a look say little.  In a test it is 0:
 * the clock is looked at for every unit.
 */
static size_t next_stride(const struct coil_loop *loop, coil_time time,
                          size_t units, coil_time elapsed)
{
    coil_time longest = 2 * (coil_time)loop->budget.stride;
    coil_time fitting = COIL__BUDGET_STRIDE;

    if (loop->steps)
        return 0;
    if (elapsed > 0)
        fitting = time * (coil_time)units / elapsed;
    if (fitting > longest)
        fitting = longest;
    if (fitting >= COIL__BUDGET_STRIDE)
        return COIL__BUDGET_STRIDE;
    return fitting > 0 ? (size_t)fitting : 1;
}

static void begin_stride(struct coil_budget *b, size_t stride)
{
    b->stride = stride < b->left ? stride : b->left;
    b->stride_left = b->stride;
    b->left -= b->stride;
}

void coil__budget_begin(struct coil_loop *loop, coil_time now)
{
    struct coil_budget *b = &loop->budget;

    if (loop->steps)
        loop->steps->looked(loop);
    b->spent = false;
    b->left = COIL__BUDGET_UNITS;
    b->checked = now;
    b->end = coil__time_add(now, COIL__BUDGET_TIME);
    begin_stride(b, loop->steps ? 0 : b->stride ? b->stride : 1);
}

/* The steps that were granted but not taken still belong to this turn. */
static void end(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;

    loop->counts.own_budget_ends += coil__counts_runs(&loop->counts);
    loop->budget.spent = true;
    loop->budget.stride_left = 0;
    loop->scheduler.turn_left += s->fuel;
    coil__scheduler_fill(s, 0);
}

/*
 * A test on the kernel that counts suspensions must count the same each time,
 * so its clock stands still.
 */
static coil_time look_at_clock(struct coil_loop *loop)
{
    if (loop->steps && !coil__backend_is_simulated(loop->backend))
        return loop->budget.checked;
    return coil__loop_now(loop);
}

bool coil__budget_check(struct coil_loop *loop, size_t units)
{
    struct coil_budget *b = &loop->budget;
    size_t over = units - b->stride_left;
    size_t used = b->stride + over;
    coil_time now;
    coil_time elapsed;

    if (b->spent)
        return false;
    if (loop->steps)
        loop->steps->work(loop, units);
    b->left -= over < b->left ? over : b->left;
    now = look_at_clock(loop);
    elapsed = now - b->checked;
    b->checked = now;
    coil__counts_clock(&loop->counts, now, elapsed);
    if (b->left == 0 || now >= b->end ||
        (loop->steps && loop->steps->ends_budget(loop, units))) {
        b->stride = next_stride(loop, COIL__BUDGET_TIME, used, elapsed);
        end(loop);
    } else {
        begin_stride(b, next_stride(loop, b->end - now, used, elapsed));
    }
    /* The fewer values are still needed here, the smaller is this frame. */
    if (COIL_UNLIKELY(coil__turn_record_of(loop)))
        coil__turn_record_steps(loop);
    return !b->spent;
}
