/* SPDX-License-Identifier: MIT */
#include "loop/turn_record.h"

#include "sched/thread.h"
#include "sched/wait_record.h"
#include "task/task_record.h"

/*
 * Who ran last: the task that suspends just now, and has asked for another step; or
 * that of which the last record tells.
 */
static uint64_t ran_last(const struct coil_recorder *r)
{
    const struct coil_coroutine *co = coil__thread()->current;

    return co ? co->running.id : r->last;
}

void coil__turn_record_steps(struct coil_loop *loop)
{
    struct coil_recorder *r = loop->scheduler.recorder;

    coil__record_time(r, COIL_RECORD_CLOCK_STEPS, ran_last(r),
                      loop->budget.checked);
    r->last = 0;
}

/*
 * To record a wait and its end takes some 100 ns.  While there is work all the
 * time, that shall be 2 % of the time: so waits that are shorter than this
 * are not recorded.  A loop that has nothing to do records them all.
 */
static bool is_time_for_recent(const struct coil_recorder *r)
{
    const coil_time each = 5 * COIL_MICROSECOND;

    return r->time - r->told >= (coil_time)r->recent_count * each;
}

void coil__turn_record_look(struct coil_loop *loop, bool waits)
{
    struct coil_recorder *r = loop->scheduler.recorder;

    if (waits || is_time_for_recent(r))
        coil__record_recent(r);
    if (r->sweep_left > 0)
        coil__task_record_sweep(&loop->scheduler);
    if (waits)
        coil__record_time(r, COIL_RECORD_CLOCK_WAITS, ran_last(r),
                          coil__loop_now(loop));
    r->cause = COIL_RECORD_BY_IO;
}

void coil__turn_record_left(struct coil_loop *loop)
{
    coil__turn_record_look(loop, true);
    loop->scheduler.recorder->cause = COIL_RECORD_BY_CALLBACK;
}

void coil__turn_record_looked(struct coil_loop *loop)
{
    struct coil_recorder *r = loop->scheduler.recorder;

    r->looks++;
    r->last = 0;
    r->cause = COIL_RECORD_BY_CALLBACK;
    coil__record_time(r, COIL_RECORD_CLOCK_LOOKED, loop->scheduler.ready_count,
                      loop->scheduler.looked);
}
