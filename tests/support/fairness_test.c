/* SPDX-License-Identifier: MIT */
/*
 * fairness_test.c - tasks that are always busy, and tasks that wait beside them
 */
#include "fairness_test.h"

static struct coil_task *floods[MOST_FLOODS];
size_t flood_count;
uint64_t operations;
bool is_over;

void flood_with(coil_fn fn, void *arg)
{
    ASSERT_LT(flood_count, MOST_FLOODS);
    floods[flood_count++] = start(fn, arg);
}

void end_floods(void)
{
    is_over = true;
    for (size_t i = 0; i < flood_count; i++)
        coil_task_cancel(floods[i]);
    for (size_t i = 0; i < flood_count; i++)
        end_of(floods[i]);
    flood_count = 0;
}

coil_time most_late(size_t busy, coil_time step)
{
    coil_time each = COIL__BUDGET_TIME + step + 3 * COIL__UNITS_CALL * STEP;

    return (coil_time)(busy + 2) * each * (seed == 0 ? 1 : 10);
}

void expect_ticks(size_t busy, coil_time step)
{
    uint64_t before = operations;

    for (int i = 0; i < TICKS; i++) {
        coil_time due = coil_after(COIL_MILLISECOND);

        ASSERT_EQ(coil_sleep_until(due), 0);
        if (simulated)
            ASSERT_LE(coil_now() - due, most_late(busy, step));
    }
    /* The floods were at work. */
    ASSERT_GT(operations, before);
}

void expect_punctual_ticks(void)
{
    expect_ticks(flood_count, 0);
}

void begin_floods(void)
{
    is_over = false;
    flood_count = 0;
    operations = 0;
    coil_test_let_work_take(STEP);
}
