/* SPDX-License-Identifier: MIT */
/*
 * fairness_test.h - tasks that are always busy, and who waits beside them
 *
 *     FAIRNESS_TEST(fairness_beside_a_writer)
 *     {
 *         flood_with(write_and_drain, peer);
 *         expect_punctual_ticks();
 *         end_floods();
 *     }
 *
 * Each body runs on the kernel and on the simulator.  On the simulator work
 * takes time, and how late a tick may be is asserted.  On the kernel the time
 * depends on the machine: there a body ends only if the ticks come at all, and a
 * body that starves fails by its time limit.
 */
#ifndef COIL_TESTS_FAIRNESS_TEST_H
#define COIL_TESTS_FAIRNESS_TEST_H

#define SEEDS 6

#include "loop/budget.h"
#include "stream_test.h"

enum {
    MOST_FLOODS = 16,
    TICKS = 5,
};

/* What a step takes on the simulator; a call of the network takes 16 of it. */
#define STEP (200 * COIL_NANOSECOND)

static struct coil_task *floods[MOST_FLOODS];
static size_t flood_count;
static uint64_t operations; /* that the floods have made */
static bool is_over;

static inline void flood_with(coil_fn fn, void *arg)
{
    ASSERT_LT(flood_count, MOST_FLOODS);
    floods[flood_count++] = start(fn, arg);
}

/* Whatever a flood waits for, it ends. */
static inline void end_floods(void)
{
    is_over = true;
    for (size_t i = 0; i < flood_count; i++)
        coil_task_cancel(floods[i]);
    for (size_t i = 0; i < flood_count; i++)
        end_of(floods[i]);
    flood_count = 0;
}

/*
 * Each busy task has one budget, and the three calls that may go beyond it,
 * between the moment at which something becomes due and the step that it is due
 * for; with a seed others run in another order.
 */
static inline coil_time most_late(size_t busy, coil_time step)
{
    coil_time each = COIL__BUDGET_TIME + step + 3 * COIL__UNITS_CALL * STEP;

    return (coil_time)(busy + 2) * each * (seed == 0 ? 1 : 10);
}

/* `busy` tasks are, and compute for `step` at a time. */
static inline void expect_ticks(size_t busy, coil_time step)
{
    uint64_t before = operations;

    for (int i = 0; i < TICKS; i++) {
        coil_time due = coil_after(COIL_MILLISECOND);

        ASSERT_EQ(coil_sleep_until(due), 0);
        if (simulated)
            ASSERT_LE(coil_now() - due, most_late(busy, step));
    }
    /* The floods have not been idle. */
    ASSERT_GT(operations, before);
}

static inline void expect_punctual_ticks(void)
{
    expect_ticks(flood_count, 0);
}

static inline void begin_floods(void)
{
    is_over = false;
    flood_count = 0;
    operations = 0;
    coil_test_let_work_take(STEP);
}

#define FAIRNESS_TEST(name)                                                    \
    static void fairness_body_##name(void);                                    \
    STREAM_TEST(name)                                                          \
    {                                                                          \
        begin_floods();                                                        \
        fairness_body_##name();                                                \
        ASSERT_EQ(flood_count, 0);                                             \
    }                                                                          \
    static void fairness_body_##name(void)

#endif
