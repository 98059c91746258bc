/* SPDX-License-Identifier: MIT */
/*
 * The timeout against B6 of asyncio's behaviour, TO-1 … TO-8, as amended by
 * §2.2: a success that comes before the limit is returned.
 */
#include <coil/lock.h>

#include "bodies.h"
#include "jobs.h"

static struct coil_future future;

/* ---- the limit ---- */

/* TO-1 */
CORE_TEST(timeout_ends_what_takes_too_long)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    check_nothing_is_left();
}

/* TO-3 */
CORE_TEST(timeout_that_is_not_reached_leaves_no_trace)
{
    struct coil_timeout limit;
    coil_time before = coil_now();

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_SECOND - 1), 0);
    ASSERT(!coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_when(&limit), before + COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, 7), 7);
    ASSERT(!coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_when(&limit), before + COIL_SECOND);
    check_nothing_is_left();
}

/* CAN-7: once. */
CORE_TEST(timeout_interrupts_once)
{
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_end(&limit, 7), 7);
    ASSERT(coil_timeout_expired(&limit));
    check_nothing_is_left();
}

/* TO-2 */
CORE_TEST(timeout_never_sets_no_limit)
{
    struct coil_timeout limit;
    coil_time before = coil_now();

    begin_timeout(&limit, COIL_NEVER);
    ASSERT_EQ(coil_timeout_when(&limit), COIL_NEVER);
    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
    ASSERT(!coil_timeout_expired(&limit));

    ASSERT_EQ(coil_timeout_begin_at(&limit, COIL_NEVER), 0);
    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_end(&limit, 3), 3);
    ASSERT_EQ(coil_now(), before + 2000 * COIL_MINUTE);
}

CORE_TEST(timeout_of_any_length_is_no_overflow)
{
    struct coil_timeout limit;

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    begin_timeout(&limit, INT64_MAX - 1);
    ASSERT_EQ(coil_timeout_when(&limit), COIL_NEVER);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
}

static int yield_zero(void)
{
    return coil_yield();
}

static int sleep_zero(void)
{
    return coil_sleep(0);
}

static int await_done(void)
{
    struct coil_future done = COIL_FUTURE_INIT;

    ASSERT_EQ(coil_future_set_result(&done, NULL), 0);
    return coil_future_await(&done, NULL);
}

/* TO-2 */
CORE_TEST(timeout_of_nothing_interrupts_the_first_suspending_call)
{
    static int (*const calls[])(void) = { yield_zero, sleep_zero, await_done };
    static const coil_time durations[] = { 0, -1, INT64_MIN };

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            struct coil_timeout limit;
            int rc;

            begin_timeout(&limit, durations[j]);
            say("body ");
            rc = calls[i]();
            ASSERT_EQ(rc, -ECANCELED);
            ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
            SAID("body ");
        }
    }
    check_nothing_is_left();
}

/* TO-2 */
CORE_TEST(timeout_in_the_past_interrupts_the_first_suspending_call)
{
    struct coil_timeout limit;
    int rc;

    wait_a_second();
    ASSERT_EQ(coil_timeout_begin_at(&limit, coil_now() - 1), 0);
    rc = coil_yield();
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_timeout_begin_at(&limit, coil_now()), 0);
    rc = coil_yield();
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/* TO-2, TO-6: nobody was told. */
CORE_TEST(timeout_of_a_body_that_does_not_suspend_has_not_expired)
{
    struct coil_timeout limit;

    begin_timeout(&limit, 0);
    ASSERT(!coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_end(&limit, 7), 7);
    ASSERT(!coil_timeout_expired(&limit));
    check_nothing_is_left();
    begin_timeout(&limit, 0);
    ASSERT_EQ(coil_timeout_end(&limit, -ECANCELED), -ECANCELED);
    check_nothing_is_left();
}

/* TO-6 */
CORE_TEST(timeout_that_the_body_swallows_is_no_error)
{
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
    ASSERT(coil_timeout_expired(&limit));
    check_nothing_is_left();
}

/* TO-5 */
CORE_TEST(timeout_passes_other_errors_on)
{
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, -EIO), -EIO);
    ASSERT(!coil_timeout_expired(&limit));

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, -EIO), -EIO);
    ASSERT(coil_timeout_expired(&limit));
    check_nothing_is_left();
}

/* TO-1: an -ECANCELED may have another cause than the timeout. */
CORE_TEST(timeout_that_has_not_fired_converts_nothing)
{
    struct coil_timeout limit;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, -ECANCELED), -ECANCELED);
    check_nothing_is_left();
}

CORE_TEST(timeout_ends_once)
{
    struct coil_timeout limit;

    begin_timeout(&limit, 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, -ECANCELED), -ETIMEDOUT);
    ASSERT_EQ(coil_timeout_end(&limit, -ECANCELED), -ECANCELED);
    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, 1), 1);
    ASSERT_EQ(coil_timeout_end(&limit, 2), 2);
}

static int begin_without_clock(void *arg)
{
    struct coil_timeout limit;
    struct coil_future never = COIL_FUTURE_INIT;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_timeout_begin(&limit, 0), -ENOTSUP);
    ASSERT_EQ(coil_timeout_begin_at(&limit, COIL_NEVER), -ENOTSUP);
    ASSERT_EQ(coil_wait_for(&never, COIL_SECOND, NULL), -ENOTSUP);
    ASSERT_EQ(coil_yield(), 0);
    return 7;
}

TEST(timeout_needs_a_clock_and_a_task)
{
    struct coil_timeout limit;

    ASSERT_EQ(run_without_clock(begin_without_clock, NULL), 7);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), -ENOTSUP);
}

/* ---- what is interrupted ---- */

/* §2.2 */
CORE_TEST(timeout_and_success_at_the_same_time)
{
    struct coil_timeout limit;
    struct coil_handle timer = { 0 };
    struct coil_task *other;
    int rc;

    /* The timer that was armed first decides. */
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_sleep(COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);

    other = start(await_future, &future);
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         other);
    turn();
    begin_timeout(&limit, COIL_SECOND);
    /* The other task's cancellation ends the future first. */
    rc = coil_future_await(&future, NULL);
    ASSERT_EQ(rc, -ECANCELED);
    rc = coil_timeout_end(&limit, 5);
    ASSERT_EQ(rc, 5);
    coil_task_release(other);
    check_nothing_is_left();
}

static void complete(void *arg)
{
    ASSERT_EQ(coil_future_set_result(arg, NULL), 0);
}

/* §2.2: the success is returned, and the request ends with the scope. */
CORE_TEST(timeout_after_the_success_in_one_turn_is_forgotten)
{
    struct coil_timeout limit;
    struct coil_handle timer = { 0 };
    int rc;

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, complete,
                         &future);
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_future_await(&future, NULL);
    ASSERT_EQ(rc, 0);
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_end(&limit, rc), 0);
    check_nothing_is_left();
}

CORE_TEST(timeout_takes_the_place_in_a_queue_away)
{
    struct coil_lock lock = COIL_LOCK_INIT;
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_lock_acquire(&lock);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
}

/* CAN-3 */
CORE_TEST(timeout_cancels_the_task_that_is_awaited_and_waits_for_its_end)
{
    const struct job slow = { .name = "slow",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_SECOND };
    struct coil_task *inner = start_copy(&slow);
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = coil_task_await(inner);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 2 * COIL_SECOND);
    ASSERT_EQ(end_of(inner), -ECANCELED);
    SAID("slow! ");
    check_nothing_is_left();
}

/* CAN-3: the inner task has a result after all. */
CORE_TEST(timeout_that_the_awaited_task_swallows_is_no_error)
{
    const struct job stubborn = { .name = "stubborn",
                                  .duration = COIL_MINUTE,
                                  .failure = 7 };
    struct coil_task *inner = start_copy(&stubborn);
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = coil_task_await(inner);
    ASSERT_EQ(coil_timeout_end(&limit, rc), 7);
    ASSERT(coil_timeout_expired(&limit));
    coil_task_release(inner);
    SAID("stubborn! ");
    check_nothing_is_left();
}

/* ---- reschedule ---- */

/* TO-7 */
CORE_TEST(timeout_reschedule_moves_the_limit)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before + 3 * COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_when(&limit), before + 3 * COIL_SECOND);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before + 5 * COIL_SECOND / 2), 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 5 * COIL_SECOND / 2);
    check_nothing_is_left();
}

/* TO-7 */
CORE_TEST(timeout_reschedule_to_never_takes_the_limit_away)
{
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_reschedule(&limit, COIL_NEVER), 0);
    ASSERT_EQ(coil_timeout_when(&limit), COIL_NEVER);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, before + 2 * COIL_MINUTE), 0);
    rc = coil_sleep(COIL_NEVER);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 2 * COIL_MINUTE);
}

/* TO-7 */
CORE_TEST(timeout_reschedule_to_the_past_ends_it)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_reschedule(&limit, coil_now()), 0);
    ASSERT(!coil_timeout_expired(&limit));
    rc = coil_yield();
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/* TO-7: this holds as long as the body has not suspended. */
CORE_TEST(timeout_reschedule_takes_back_one_to_the_past)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, coil_now() - 1), 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, coil_after(COIL_MINUTE)), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    rc = coil_sleep(60 * COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

static struct coil_timeout shared;

static int sleep_in_shared_scope(void *arg)
{
    int rc;

    (void)arg;
    begin_timeout(&shared, COIL_MINUTE);
    rc = coil_sleep(10 * COIL_MINUTE);
    return coil_timeout_end(&shared, rc);
}

/* TO-7: others can extend the limit, or end it now. */
CORE_TEST(timeout_may_be_rescheduled_by_others)
{
    struct coil_task *task = start(sleep_in_shared_scope, NULL);
    coil_time before = coil_now();

    turn();
    ASSERT_EQ(coil_timeout_reschedule(&shared, before + 2 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_sleep(90 * COIL_SECOND), 0);
    ASSERT(!coil_task_is_done(task));
    ASSERT_EQ(coil_timeout_reschedule(&shared, before), 0);
    ASSERT(coil_timeout_expired(&shared));
    ASSERT_EQ(coil_timeout_reschedule(&shared, COIL_NEVER), -EALREADY);
    ASSERT_EQ(end_of(task), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 90 * COIL_SECOND);
}

/* TO-7 */
CORE_TEST(timeout_that_is_over_cannot_be_rescheduled)
{
    struct coil_timeout limit;
    coil_time later = coil_now() + COIL_MINUTE;

    begin_timeout(&limit, 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_timeout_reschedule(&limit, later), -EALREADY);
    ASSERT_EQ(coil_timeout_end(&limit, -ECANCELED), -ETIMEDOUT);
    ASSERT_EQ(coil_timeout_reschedule(&limit, later), -EALREADY);
    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, 0), 0);
    ASSERT_EQ(coil_timeout_reschedule(&limit, later), -EALREADY);
    ASSERT(!coil_timeout_expired(&limit));
    check_nothing_is_left();
}

/* ---- any order ---- */

static int nest_at_random(void *arg)
{
    coil_time durations[3];
    struct coil_timeout limits[3];
    int first = 0;
    int rc;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        durations[i] = (coil_time)(1 + coil_test_random(3)) * COIL_SECOND;
        begin_timeout(&limits[i], durations[i]);
        if (durations[i] < durations[first])
            first = i;
    }
    rc = coil_sleep(COIL_MINUTE);
    for (int i = 2; i >= 0; i--) {
        rc = coil_timeout_end(&limits[i], rc);
        if (rc == -ETIMEDOUT) {
            ASSERT_EQ(i, first);
            ASSERT(coil_timeout_expired(&limits[i]));
            break;
        }
        ASSERT_EQ(rc, -ECANCELED);
    }
    for (int i = first - 1; i >= 0; i--)
        ASSERT_EQ(coil_timeout_end(&limits[i], 0), 0);
    check_not_cancelled();
    return 0;
}

/* TO-4: of the limits that end first, the outermost expires. */
SEEDS_TEST(timeout_nested_under_any_seed)
{
    struct coil_task *tasks[10];

    for (int i = 0; i < 10; i++)
        tasks[i] = start(nest_at_random, NULL);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
}
