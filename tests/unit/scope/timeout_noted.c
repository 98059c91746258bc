/* SPDX-License-Identifier: MIT */
/*
 * Timeouts before the loop has looked: they are only noted, on the kernel's
 * clock without a reading of it.  They are never early, and they count from
 * their beginning all the same.
 */
#include <coil/lock.h>
#include <coil/run.h>

#include "simulated.h"

/* The body is the main task on the kernel's clock. */
#define KERNEL_TEST(name)                                                      \
    static int kernel_##name(void *unused);                                    \
    TEST(name)                                                                 \
    {                                                                          \
        ASSERT_EQ(coil_run(kernel_##name, NULL), 0);                           \
    }                                                                          \
    static int kernel_##name(void *unused)

static void wait_for_the_clock(coil_time duration)
{
    coil_time end = coil_now() + duration;

    while (coil_now() < end)
        ;
}

/* ---- the deadline ---- */

KERNEL_TEST(timeout_noted_counts_from_its_beginning)
{
    static const coil_time durations[] = { COIL_SECOND / 2, COIL_SECOND - 1,
                                           COIL_SECOND, COIL_MINUTE };

    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        struct coil_timeout limit;
        coil_time before = coil_now();
        coil_time after;
        coil_time when;

        begin_timeout(&limit, durations[i]);
        when = coil_timeout_when(&limit);
        after = coil_now();
        ASSERT_GE(when, before + durations[i]);
        ASSERT(when <= after + durations[i]);
        /* Who has seen a deadline sees the same again. */
        wait_for_the_clock(COIL_MILLISECOND);
        ASSERT_EQ(coil_timeout_when(&limit), when);
        /* On a busy machine a short limit may be over by now. */
        (void)!coil_sleep(1);
        ASSERT_EQ(coil_timeout_when(&limit), when);
        ASSERT_EQ(coil_timeout_end(&limit, 3), 3);
        ASSERT_EQ(coil_timeout_when(&limit), when);
    }
    return 0;
}

KERNEL_TEST(timeout_noted_counts_from_the_look_at_the_latest)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    coil_time after;
    coil_time when;

    (void)unused;
    begin_timeout(&limit, COIL_MINUTE);
    ASSERT_EQ(coil_sleep(1), 0);
    after = coil_now();
    when = coil_timeout_when(&limit);
    ASSERT_GE(when, before + COIL_MINUTE);
    ASSERT(when <= after + COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
    return 0;
}

KERNEL_TEST(timeout_noted_at_a_time_is_at_that_time)
{
    static const coil_time delays[] = { COIL_MILLISECOND, COIL_SECOND,
                                        2 * COIL_SECOND };

    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        struct coil_timeout limit;
        coil_time deadline = coil_now() + delays[i];

        ASSERT_EQ(coil_timeout_begin_at(&limit, deadline), 0);
        ASSERT_EQ(coil_timeout_when(&limit), deadline);
        (void)!coil_yield();
        ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
        ASSERT_EQ(coil_timeout_when(&limit), deadline);
    }
    return 0;
}

KERNEL_TEST(timeout_noted_is_never_early)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    (void)unused;
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_GE(coil_now(), before + COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    return 0;
}

/* The loop has not looked at the clock since the deadline. */
KERNEL_TEST(timeout_noted_in_the_past_interrupts_the_first_suspending_call)
{
    struct coil_lock lock = COIL_LOCK_INIT;
    struct coil_timeout limit;
    coil_time past = coil_now();
    int rc;

    (void)unused;
    wait_for_the_clock(COIL_MILLISECOND);
    ASSERT_EQ(coil_timeout_begin_at(&limit, past), 0);
    rc = coil_lock_acquire(&lock);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    return 0;
}

/* ---- who only yields ---- */

static int yield_until_cancelled(void)
{
    int rc = 0;

    while (rc == 0)
        rc = coil_yield();
    return rc;
}

KERNEL_TEST(timeout_noted_ends_a_task_that_only_yields)
{
    struct coil_timeout limit;
    coil_time before = coil_now();

    (void)unused;
    begin_timeout(&limit, 5 * COIL_MILLISECOND);
    ASSERT_EQ(coil_timeout_end(&limit, yield_until_cancelled()), -ETIMEDOUT);
    ASSERT_GE(coil_now(), before + 5 * COIL_MILLISECOND);
    return 0;
}

CORE_TEST(timeout_noted_ends_a_task_that_only_yields_and_computes)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc = 0;

    begin_timeout(&limit, COIL_SECOND);
    while (rc == 0) {
        coil_test_compute(300 * COIL_MILLISECOND);
        rc = coil_yield();
    }
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 1500 * COIL_MILLISECOND);
    check_nothing_is_left();
}

/* The body computes beyond its limit before it waits for the first time. */
CORE_TEST(timeout_noted_counts_what_the_body_computes)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_MINUTE);
    coil_test_compute(59 * COIL_SECOND);
    ASSERT_EQ(coil_timeout_when(&limit), before + COIL_MINUTE);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + COIL_MINUTE);

    before = coil_now();
    begin_timeout(&limit, COIL_MINUTE);
    coil_test_compute(2 * COIL_MINUTE);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 2 * COIL_MINUTE);
    check_nothing_is_left();
}

/* ---- order ---- */

/* It has its place among equals from the beginning. */
CORE_TEST(timeout_noted_before_a_sleep_of_the_same_time_comes_first)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_MINUTE);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/* Scopes that overlap may end in any order: each is struck out by itself. */
CORE_TEST(timeout_noted_may_end_before_the_scopes_within)
{
    struct coil_timeout limits[3];

    for (int i = 0; i < 3; i++)
        begin_timeout(&limits[i], (i + 1) * COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limits[1], 1), 1);
    ASSERT_EQ(coil_timeout_end(&limits[0], 2), 2);
    ASSERT_EQ(coil_timeout_end(&limits[1], 3), 3);
    ASSERT_EQ(coil_timeout_end(&limits[2], 4), 4);
    for (int i = 0; i < 3; i++)
        ASSERT(!coil_timeout_expired(&limits[i]));
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    check_nothing_is_left();
}

CORE_TEST(timeout_noted_is_rescheduled_before_the_first_look)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_MINUTE);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before + COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before + 2 * COIL_SECOND), 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 2 * COIL_SECOND);

    begin_timeout(&limit, COIL_MINUTE);
    ASSERT_EQ(coil_timeout_reschedule(&limit, COIL_NEVER), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);

    begin_timeout(&limit, COIL_MINUTE);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before), 0);
    rc = coil_yield();
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

static int hold_a_scope(void *arg)
{
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_SECOND);
    return coil_timeout_end(&limit, coil_future_await(arg, NULL));
}

/* An eager task suspends within its creator's step. */
CORE_TEST(timeout_noted_in_an_eager_step_expires)
{
    const struct coil_task_options options = { .eager = true };
    struct coil_future never = COIL_FUTURE_INIT;
    coil_time before = coil_now();
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, hold_a_scope, &never, &options), 0);
    ASSERT_EQ(coil_task_await(task), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    coil_task_release(task);
    check_nothing_is_left();
}
