/* SPDX-License-Identifier: MIT */
/*
 * Fairness between what is ready and what is due, and the loop's clock.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/fd.h>
#include <coil/testing.h>

#include "loop_test.h"

/* ---- fairness ------------------------------------------------------------- */

static bool done;

static int spin(void *arg)
{
    size_t *count = arg;

    while (!done) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        *count += 1;
    }
    return 0;
}

/* LOOP-2: neither timers nor I/O starve */
static int be_patient(void *arg)
{
    struct coil_task *spinner;
    size_t before;
    size_t count = 0;
    int ends[2];

    (void)arg;
    done = false;
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_task_create(&spinner, spin, &count), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_GT(count, 0);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    before = count;
    /* The descriptor is ready at first; then the task has to wait for it. */
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_LE(count, before + 600);
    done = true;
    ASSERT_EQ(coil_task_await(spinner), 0);
    coil_task_release(spinner);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

TEST(loop_with_a_busy_task_still_sees_timers_and_descriptors)
{
    for (size_t i = 0; i < KERNEL_VARIANTS; i++)
        ASSERT_EQ(coil_run_with(be_patient, NULL, &variants[i]), 0);
}

/* LOOP-2: what is due by the last look at the clock is not kept waiting */
static void note_call(void *arg)
{
    *(bool *)arg = true;
}

static int yield_until_called(void *arg)
{
    struct coil_handle handle = { 0 };
    bool is_called = false;

    (void)arg;
    ASSERT_EQ(coil_loop_call_at(coil_loop_current(), &handle, INT64_MIN,
                                note_call, &is_called),
              0);
    for (int turns = 0; !is_called; turns++) {
        ASSERT_LT(turns, 2);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

LOOP_TEST(loop_calls_a_timer_of_the_past_in_the_next_turn)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, yield_until_called, NULL), 0);
}

static int pipe_ends[2];

static int spin_then_write(void *arg)
{
    size_t *count = arg;

    for (int i = 0; i < 5000 && !done; i++) {
        if (i == 1000)
            ASSERT_EQ(write(pipe_ends[1], "x", 1), 1);
        ASSERT_EQ(coil_yield(), 0);
        *count = (size_t)i;
    }
    return 0;
}

static int see_descriptor_within_a_budget(void *arg)
{
    struct coil_task *spinner;
    size_t count = 0;

    (void)arg;
    done = false;
    ASSERT_EQ(pipe(pipe_ends), 0);
    ASSERT_EQ(coil_task_create(&spinner, spin_then_write, &count), 0);
    ASSERT_EQ(coil_wait_fd(pipe_ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_GE(count, 999);
    ASSERT_LE(count, 999 + 2050);
    done = true;
    ASSERT_EQ(coil_task_await(spinner), 0);
    coil_task_release(spinner);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}

TEST(loop_looks_outside_within_a_budget_of_2048_steps)
{
    for (size_t i = 0; i < KERNEL_VARIANTS; i++)
        ASSERT_EQ(
            coil_run_with(see_descriptor_within_a_budget, NULL, &variants[i]),
            0);
}

static void call_again_and_again(void *arg)
{
    size_t *count = arg;

    *count += 1;
    if (!done)
        ASSERT_EQ(
            coil_loop_call_soon(loop, &handles[0], call_again_and_again, arg),
            0);
}

static int sleep_beside_calls(void *arg)
{
    size_t count = 0;

    (void)arg;
    done = false;
    loop = coil_loop_current();
    call_again_and_again(&count);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    done = true;
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_GT(count, 1);
    loop = NULL;
    return 0;
}

TEST(loop_with_busy_callbacks_still_sees_timers)
{
    for (size_t i = 0; i < KERNEL_VARIANTS; i++)
        ASSERT_EQ(coil_run_with(sleep_beside_calls, NULL, &variants[i]), 0);
}

/* ---- time ----------------------------------------------------------------- */

/* LOOP-9 */
static int sleep_precisely(void *arg)
{
    (void)arg;
    for (coil_time d = 1; d <= 20 * COIL_MILLISECOND; d = d * 3 + 1) {
        coil_time before = coil_now();

        ASSERT_EQ(coil_sleep(d), 0);
        ASSERT_GE(coil_now() - before, d);
    }
    for (int i = 0; i < 50; i++) {
        coil_time deadline = coil_after(i * 10 * COIL_MICROSECOND);

        ASSERT_EQ(coil_sleep_until(deadline), 0);
        ASSERT_GE(coil_now(), deadline);
    }
    return 0;
}

TEST(loop_never_wakes_a_sleeper_early)
{
    for (size_t i = 0; i < VARIANTS; i++)
        ASSERT_EQ(coil_run_with(sleep_precisely, NULL, &variants[i]), 0);
}

static coil_time cpu_time(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * COIL_SECOND + t.tv_nsec;
}

/* LOOP-9: a timeout that is rounded down does not make the loop spin */
static int sleep_without_work(void *arg)
{
    coil_time before = cpu_time();

    (void)arg;
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND + 12345), 0);
    ASSERT_LT(cpu_time() - before, 60 * COIL_MILLISECOND);
    return 0;
}

TEST(loop_that_waits_does_not_work)
{
    for (size_t i = 0; i < KERNEL_VARIANTS; i++)
        ASSERT_EQ(coil_run_with(sleep_without_work, NULL, &variants[i]), 0);
}

static int compare_clocks(void *arg)
{
    struct timespec t;
    coil_time before = coil_now();

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &t);
    ASSERT_GE(t.tv_sec * COIL_SECOND + t.tv_nsec, before);
    ASSERT_GE(coil_now(), t.tv_sec * COIL_SECOND + t.tv_nsec);
    ASSERT_EQ(coil_after(COIL_NEVER), COIL_NEVER);
    ASSERT_LT(coil_after(INT64_MIN), 0);
    return 0;
}

TEST(loop_shows_the_monotonic_clock)
{
    ASSERT_EQ(coil_run(compare_clocks, NULL), 0);
    ASSERT_EQ(compare_clocks(NULL), 0);
}
