/* SPDX-License-Identifier: MIT */
/*
 * Tokens that drip into a bucket: who gets them, when, and what a cancellation
 * leaves.
 */
#include <coil/rate_limiter.h>

#include "jobs.h"

static struct coil_rate_limiter limiter;

/* Ten a second, four at once. */
static void prepare(void)
{
    coil_rate_limiter_init(&limiter, 10, COIL_SECOND, 4);
    watch(coil_test_check_rate_limiter, &limiter);
}

static void conclude(void)
{
    ASSERT_EQ(coil_rate_limiter_waiting(&limiter), 0);
    check_nothing_is_left();
}

static void take(size_t tokens, coil_time when)
{
    ASSERT_EQ(coil_rate_limiter_acquire(&limiter, tokens), 0);
    ASSERT_EQ(coil_now(), when);
}

#define TENTH (COIL_SECOND / 10)

/* ---- the bucket ---- */

SYNC_TEST(rate_limiter_lets_a_burst_through_and_then_its_rate)
{
    for (int i = 0; i < 4; i++)
        take(1, 0);
    for (int i = 1; i < 30; i++)
        take(1, i * TENTH);
}

SYNC_TEST(rate_limiter_fills_up_to_its_burst)
{
    take(4, 0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_rate_limiter_tokens(&limiter), 4);
    take(4, COIL_MINUTE);
    take(1, COIL_MINUTE + TENTH);
}

SYNC_TEST(rate_limiter_takes_many_at_a_time)
{
    take(3, 0);
    take(3, 2 * TENTH);
    take(4, 6 * TENTH);
    ASSERT_EQ(coil_rate_limiter_acquire(&limiter, 5), -EINVAL);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 5), -EINVAL);
    take(0, 6 * TENTH);
}

SYNC_TEST(rate_limiter_try_acquire_never_waits)
{
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 4), 0);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 1), -EAGAIN);
    ASSERT_EQ(coil_sleep(TENTH), 0);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 1), 0);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 1), -EAGAIN);
}

/* No part of a token is lost by looking. */
SYNC_TEST(rate_limiter_is_exact)
{
    coil_rate_limiter_init(&limiter, 3, COIL_SECOND, 1);
    take(1, 0);
    for (int i = 1; i <= 300; i++) {
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        ASSERT_EQ(coil_rate_limiter_tokens(&limiter), 0);
    }
    take(1, 333333334);
    coil_rate_limiter_init(&limiter, INT64_MAX, INT64_MAX, INT64_MAX);
    ASSERT_EQ(coil_rate_limiter_tokens(&limiter), INT32_MAX);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, INT32_MAX), 0);
    ASSERT_EQ(coil_sleep(60 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_rate_limiter_tokens(&limiter), INT32_MAX);
    coil_rate_limiter_init(&limiter, 0, 0, 0);
    ASSERT_EQ(coil_rate_limiter_tokens(&limiter), 1);
}

/* ---- the line ---- */

struct wish {
    const char *name;
    size_t tokens;
};

static int want(void *arg)
{
    const struct wish *wish = arg;
    int rc = coil_rate_limiter_acquire(&limiter, wish->tokens);

    say(rc == 0 ? "%s@%d " : "%s!%d ", wish->name, (int)(coil_now() / TENTH));
    return rc;
}

static const struct wish a_wants_4 = { "a", 4 };
static const struct wish b_wants_1 = { "b", 1 };
static const struct wish c_wants_1 = { "c", 1 };

SYNC_TEST(rate_limiter_serves_in_the_order_of_arrival)
{
    struct coil_task *a, *b;

    take(4, 0);
    a = start_waiting(want, &a_wants_4);
    b = start_waiting(want, &b_wants_1);
    ASSERT_EQ(coil_rate_limiter_waiting(&limiter), 2);
    ASSERT_EQ(coil_sleep(2 * TENTH), 0);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 1), -EAGAIN);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a@4 b@5 ");
}

/* b and c need not wait as long as a had to. */
SYNC_TEST(rate_limiter_cancelled_first_lets_others_move_up_at_once)
{
    struct coil_task *a, *b, *c;

    take(4, 0);
    a = start_waiting(want, &a_wants_4);
    b = start_waiting(want, &b_wants_1);
    c = start_waiting(want, &c_wants_1);
    ASSERT_EQ(coil_sleep(TENTH + TENTH / 2), 0);
    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    SAID("a!1 b@1 c@2 ");
}

SYNC_TEST(rate_limiter_cancelled_takes_no_token)
{
    struct coil_task *a, *b;

    take(4, 0);
    b = start_waiting(want, &b_wants_1);
    a = start_waiting(want, &a_wants_4);
    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    ASSERT_EQ(end_by_cancelling(b), -ECANCELED);
    take(4, 4 * TENTH);
    SAID("a!0 b!0 ");
}

static void cancel_task(void *task)
{
    coil_task_cancel(task);
}

static int want_and_look(void *arg)
{
    int rc = want(arg);

    return rc < 0 ? -EIO : coil_checkpoint();
}

/* Both are due at the same time; the limiter's timer was armed first. */
SYNC_TEST(rate_limiter_keeps_tokens_that_came_first)
{
    struct coil_handle handle = { 0 };
    struct coil_task *b;

    take(4, 0);
    b = start_waiting(want_and_look, &b_wants_1);
    ASSERT_EQ(
        coil_loop_call_at(coil_loop_current(), &handle, TENTH, cancel_task, b),
        0);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(coil_rate_limiter_tokens(&limiter), 0);
    SAID("b@1 ");
}

SYNC_TEST(rate_limiter_allocates_nothing)
{
    struct coil_task *b;
    size_t before;

    take(4, 0);
    b = start(want, &b_wants_1);
    before = coil_test_allocations();
    turn();
    ASSERT_EQ(coil_sleep(TENTH), 0);
    turn();
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(b), 0);
    forget();
}

static int want_without_clock(void *arg)
{
    coil_rate_limiter_init(&limiter, 1, 60 * COIL_MINUTE, 1);
    (void)arg;
    ASSERT_EQ(coil_rate_limiter_acquire(&limiter, 1), 0);
    return coil_rate_limiter_acquire(&limiter, 1);
}

TEST(rate_limiter_needs_a_clock_to_wait)
{
    ASSERT_EQ(run_without_clock(want_without_clock, NULL), -ENOTSUP);
}

/* ---- whatever the order ---- */

static size_t taken;

static int take_some(void *arg)
{
    size_t tokens = (size_t)coil_test_random(4) + 1;
    int rc = coil_sleep((coil_time)coil_test_random(2 * COIL_SECOND));

    (void)arg;
    if (rc == 0)
        rc = coil_rate_limiter_acquire(&limiter, tokens);
    if (rc == 0)
        taken += tokens;
    /* Never more than what was there, and what has come. */
    ASSERT_LE((coil_time)taken, 4 + coil_now() / TENTH);
    return rc;
}

SIMULATED_TEST(rate_limiter_never_gives_more_than_it_has, prepare, conclude, 1,
               100)
{
    struct coil_task *tasks[20];

    taken = 0;
    for (int i = 0; i < 20; i++)
        tasks[i] = start(take_some, NULL);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_sleep((coil_time)coil_test_random(COIL_SECOND)), 0);
        coil_task_cancel(tasks[coil_test_random(20)]);
    }
    for (int i = 0; i < 20; i++)
        (void)end_of(tasks[i]);
}
