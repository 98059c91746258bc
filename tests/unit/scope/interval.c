/* SPDX-License-Identifier: MIT */
/*
 * Ticks, and what becomes of those that are missed.
 */
#include <coil/interval.h>

#include "jobs.h"

#define S COIL_SECOND

static struct coil_interval interval;

static void begin(enum coil_missed_ticks missed)
{
    coil_interval_init(&interval, S, missed);
}

/* The next tick comes at `when`. */
static void expect(coil_time when)
{
    ASSERT_EQ(coil_interval_tick(&interval), 0);
    ASSERT_EQ(coil_now(), when);
}

static void work_until(coil_time when)
{
    ASSERT_EQ(coil_sleep_until(when), 0);
}

CORE_TEST(interval_ticks_at_once_and_then_at_its_pace)
{
    begin(COIL_MISSED_BURST);
    expect(0);
    expect(1 * S);
    work_until(1 * S + S / 2);
    expect(2 * S);
    ASSERT_EQ(coil_interval_next(&interval), 3 * S);
    ASSERT_EQ(coil_interval_skipped(&interval), 0);
}

CORE_TEST(interval_may_begin_later)
{
    coil_interval_init_at(&interval, 5 * S, S, COIL_MISSED_SKIP);
    expect(5 * S);
    expect(6 * S);
    work_until(6 * S + 1);
    coil_interval_reset(&interval);
    expect(7 * S + 1);
}

CORE_TEST(interval_that_bursts_loses_no_tick)
{
    begin(COIL_MISSED_BURST);
    expect(0);
    work_until(34 * S / 10);
    expect(34 * S / 10);
    expect(34 * S / 10);
    expect(34 * S / 10);
    expect(4 * S);
    ASSERT_EQ(coil_interval_skipped(&interval), 0);
}

CORE_TEST(interval_that_delays_begins_anew)
{
    begin(COIL_MISSED_DELAY);
    expect(0);
    work_until(34 * S / 10);
    expect(34 * S / 10);
    expect(44 * S / 10);
    ASSERT_EQ(coil_interval_skipped(&interval), 2);
}

CORE_TEST(interval_that_skips_keeps_its_grid)
{
    begin(COIL_MISSED_SKIP);
    expect(0);
    work_until(34 * S / 10);
    expect(34 * S / 10);
    expect(4 * S);
    ASSERT_EQ(coil_interval_skipped(&interval), 2);
    work_until(7 * S); /* just in time for one of them */
    expect(7 * S);
    expect(8 * S);
    ASSERT_EQ(coil_interval_skipped(&interval), 4);
}

/* A tick that is a little late is not missed, and the pace does not drift. */
CORE_TEST(interval_is_not_put_off_by_a_little)
{
    static const enum coil_missed_ticks all[] = { COIL_MISSED_BURST,
                                                  COIL_MISSED_DELAY,
                                                  COIL_MISSED_SKIP };

    for (int i = 0; i < 3; i++) {
        coil_time t = coil_now();

        begin(all[i]);
        expect(t);
        work_until(t + 19 * S / 10);
        expect(t + 19 * S / 10);
        expect(t + 2 * S);
        ASSERT_EQ(coil_interval_skipped(&interval), 0);
    }
}

CORE_TEST(interval_of_nothing_ticks_each_nanosecond)
{
    coil_interval_init(&interval, 0, COIL_MISSED_BURST);
    expect(0);
    expect(1);
    expect(2);
}

CORE_TEST(interval_far_away_does_not_overflow)
{
    coil_interval_init(&interval, COIL_NEVER, COIL_MISSED_SKIP);
    expect(0);
    ASSERT_EQ(coil_interval_next(&interval), COIL_NEVER);
}

static int tick(void *arg)
{
    int rc = coil_interval_tick(&interval);

    if (rc == 0)
        say("%s ", (const char *)arg);
    return rc;
}

CORE_TEST(interval_cancelled_keeps_its_tick)
{
    struct coil_task *task;

    begin(COIL_MISSED_BURST);
    expect(0);
    task = start_waiting(tick, "a");
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    expect(1 * S);
}

CORE_TEST(interval_gives_each_tick_to_one_task)
{
    struct coil_task *a, *b;

    begin(COIL_MISSED_BURST);
    expect(0);
    a = start_waiting(tick, "a");
    b = start_waiting(tick, "b");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(coil_now(), 1 * S);
    ASSERT(!coil_task_is_done(b));
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(coil_now(), 2 * S);
    SAID("a b ");
}

static int tick_without_clock(void *arg)
{
    begin(COIL_MISSED_BURST);
    return tick(arg);
}

TEST(interval_needs_a_clock)
{
    ASSERT_EQ(run_without_clock(tick_without_clock, "a"), -ENOTSUP);
}
