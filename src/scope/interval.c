/* SPDX-License-Identifier: MIT */
/*
 * interval.c - a deadline that moves on by a period with each tick
 *
 * The deadline moves when a tick is taken, never while a task waits, so a
 * cancelled wait has changed nothing.
 */
#include <coil/interval.h>

#include <coil/sleep.h>

#include "base/platform.h"
#include "loop/loop.h"

void coil_interval_init_at(struct coil_interval *interval, coil_time first,
                           coil_time period, enum coil_missed_ticks missed)
{
    *interval = (struct coil_interval){
        .period = period > 0 ? period : 1,
        .next = first,
        .missed = missed,
    };
}

void coil_interval_init(struct coil_interval *interval, coil_time period,
                        enum coil_missed_ticks missed)
{
    coil_interval_init_at(interval, coil_now(), period, missed);
}

/* Take the tick that is due; the clock shows `now`. */
static void take(struct coil_interval *i, coil_time now)
{
    coil_time periods = (now - i->next) / i->period; /* that are missed */

    if (periods == 0 || i->missed == COIL_MISSED_BURST) {
        i->next = coil__time_add(i->next, i->period);
        return;
    }
    i->skipped += (uint64_t)periods;
    if (i->missed == COIL_MISSED_DELAY)
        i->next = coil__time_add(now, i->period);
    else
        i->next = coil__time_add(i->next + periods * i->period, i->period);
}

int coil_interval_tick(struct coil_interval *interval)
{
    struct coil_loop *loop;
    coil_time now;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    now = coil__loop_now(loop);
    /* Another task may have taken the tick meanwhile. */
    while (now < interval->next) {
        rc = coil_sleep_until(interval->next);
        if (rc < 0)
            return rc;
        now = coil__loop_now(loop);
    }
    take(interval, now);
    return 0;
}

coil_time coil_interval_next(const struct coil_interval *interval)
{
    return interval->next;
}

void coil_interval_reset(struct coil_interval *interval)
{
    interval->next = coil_after(interval->period);
}

uint64_t coil_interval_skipped(const struct coil_interval *interval)
{
    return interval->skipped;
}
