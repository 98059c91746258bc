/* SPDX-License-Identifier: MIT */
/*
 * The task against B4 of asyncio's behaviour, SLEEP-1: sleeping and yielding,
 * with a clock and without, and where neither is possible.
 */
#include "bodies.h"
#include "jobs.h"

/* ---- sleep ---- */

/* SLEEP-1 */
CORE_TEST(task_sleep_of_nothing_is_one_turn)
{
    static const coil_time durations[] = { 0, -1, -COIL_SECOND, INT64_MIN };
    coil_time before = coil_now();

    for (size_t i = 0; i < 4; i++) {
        struct coil_task *a = start(say_arg, "a");

        ASSERT_EQ(coil_sleep(durations[i]), 0);
        SAID("a ");
        ASSERT_EQ(end_of(a), 0);
    }
    ASSERT_EQ(coil_now(), before);
}

/* SLEEP-1 */
CORE_TEST(task_sleep_takes_as_long_as_was_asked_for)
{
    coil_time before = coil_now();

    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(coil_now(), before + 1);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_now(), before + 1 + COIL_MINUTE);
    ASSERT_EQ(coil_sleep_until(before + 3 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_now(), before + 3 * COIL_MINUTE);
}

CORE_TEST(task_sleep_until_the_past_is_short)
{
    coil_time now;

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    now = coil_now();
    ASSERT_EQ(coil_sleep_until(0), 0);
    ASSERT_EQ(coil_sleep_until(INT64_MIN), 0);
    ASSERT_EQ(coil_sleep_until(now), 0);
    ASSERT_EQ(coil_now(), now);
}

CORE_TEST(task_sleepers_wake_in_the_order_of_their_deadlines)
{
    coil_task_release(start_job("c", 3 * COIL_SECOND, 0));
    coil_task_release(start_job("a", 1 * COIL_SECOND, 0));
    coil_task_release(start_job("d", 4 * COIL_SECOND, 0));
    coil_task_release(start_job("b", 2 * COIL_SECOND, 0));
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    SAID("a b c d ");
}

/* LOOP-5, as amended */
CORE_TEST(task_sleepers_with_one_deadline_wake_in_the_order_of_sleeping)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" };

    for (int i = 0; i < 6; i++)
        coil_task_release(start_job(names[i], COIL_SECOND, 0));
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("a b c d e f ");
}

static int sleep_for_ever(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_NEVER);
}

CORE_TEST(task_sleep_for_ever_ends_with_a_cancellation)
{
    struct coil_task *task = start(sleep_for_ever, NULL);

    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
    ASSERT(!coil_task_is_done(task));
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

/* §2.13 */
TEST(task_sleep_for_ever_of_the_last_task_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(sleep_for_ever, NULL, 0), -EDEADLK);
}

static int sleep_without_clock(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(1), -ENOTSUP);
    ASSERT_EQ(coil_sleep_until(0), -ENOTSUP);
    ASSERT_EQ(coil_sleep(0), 0);
    ASSERT_EQ(coil_sleep(-1), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_checkpoint(), 0);
    return 7;
}

TEST(task_sleep_needs_a_clock)
{
    ASSERT_EQ(run_without_clock(sleep_without_clock, NULL), 7);
}

static int yield_and_say(void *arg)
{
    for (int i = 0; i < 3; i++) {
        say("%s%d ", (const char *)arg, i);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

CORE_TEST(task_yields_take_turns)
{
    struct coil_task *a = start(yield_and_say, "a");
    struct coil_task *b = start(yield_and_say, "b");

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a0 b0 a1 b1 a2 b2 ");
}

/* ---- a checkpoint ---- */

CORE_TEST(task_checkpoint_lets_nobody_run)
{
    struct coil_task *a = start(say_arg, "a");

    ASSERT_EQ(coil_checkpoint(), 0);
    ASSERT_EQ(coil_checkpoint(), 0);
    SAID("");
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

/* CAN-7 */
CORE_TEST(task_checkpoint_reports_a_cancellation_once)
{
    struct coil_task *self = coil_current_task();
    struct coil_task *a = start(say_arg, "a");

    cancel(self);
    ASSERT_EQ(coil_checkpoint(), -ECANCELED);
    ASSERT_EQ(coil_checkpoint(), 0);
    ASSERT_EQ(coil_task_cancelling(self), 1);
    ASSERT_EQ(coil_task_uncancel(self), 0);
    SAID("");
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

static int compute_until_cancelled(void *arg)
{
    int *rounds = arg;
    int rc = 0;

    while (rc == 0) {
        if (++*rounds == 3)
            cancel(coil_current_task());
        rc = coil_checkpoint();
    }
    return rc;
}

CORE_TEST(task_checkpoint_ends_a_computation)
{
    int rounds = 0;
    struct coil_task *task = start(compute_until_cancelled, &rounds);

    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(rounds, 3);
}

/* ---- a scheduler of the user's ---- */

static int create_await_cancel(void *arg)
{
    struct coil_task *a;
    struct coil_task *b;

    (void)arg;
    ASSERT_EQ(coil_task_create(&a, yield_and_say, "a"), 0);
    ASSERT_EQ(coil_task_create(&b, yield_and_say, "b"), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 3);
    ASSERT_EQ(coil_task_await(a), 0);
    ASSERT_EQ(coil_task_await(b), 0);
    coil_task_release(a);
    coil_task_release(b);
    ASSERT_EQ(coil_task_create(&a, sleep_for_ever, NULL), 0);
    ASSERT(coil_task_cancel(a));
    ASSERT_EQ(coil_task_await(a), -ECANCELED);
    coil_task_release(a);
    return 3;
}

TEST(task_works_on_a_scheduler_of_the_users)
{
    ASSERT_EQ(run_without_clock(create_await_cancel, NULL), 3);
    SAID("a0 b0 a1 b1 a2 b2 ");
}

/* ---- outside of tasks ---- */

PANIC_TEST(task_sleep_outside_stops_the_program, "outside of a task")
{
    (void)!coil_sleep(COIL_SECOND);
}

PANIC_TEST(task_yield_outside_stops_the_program, "outside of a task")
{
    (void)!coil_yield();
}

PANIC_TEST(task_checkpoint_outside_stops_the_program, "outside of a task")
{
    (void)!coil_checkpoint();
}

static void await_in_handle(void *arg)
{
    (void)!coil_task_await(arg);
}

static int call_and_await(void *arg)
{
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_loop_call_soon(coil_loop_current(), &handle, await_in_handle,
                        coil_current_task());
    return coil_yield();
}

PANIC_TEST(task_awaited_in_a_callback_stops_the_program, "outside of a task")
{
    coil_test_run(call_and_await, NULL, 0);
}
