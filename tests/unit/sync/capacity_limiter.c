/* SPDX-License-Identifier: MIT */
/*
 * Borrowers, a limit that changes, and what nobody may do twice.
 */
#include <coil/capacity_limiter.h>

#include "simulated.h"

static struct coil_capacity_limiter limiter;
static struct coil_capacity_token one, two, three;

static void prepare(void)
{
    one = two = three = (struct coil_capacity_token){ 0 };
    coil_capacity_limiter_init(&limiter, 1);
    watch(coil_test_check_capacity_limiter, &limiter);
}

static void conclude(void)
{
    ASSERT_EQ(coil_capacity_limiter_borrowed(&limiter), 0);
    ASSERT_EQ(coil_capacity_limiter_waiting(&limiter), 0);
    check_nothing_is_left();
}

static void give_back(struct coil_capacity_token *token)
{
    ASSERT_EQ(coil_capacity_limiter_release(&limiter, token), 0);
}

static int borrow(void *arg)
{
    int rc = coil_capacity_limiter_acquire(&limiter, arg);

    if (rc == 0)
        say("%d ", arg == &two ? 2 : 3);
    return rc;
}

SYNC_TEST(capacity_limiter_lends_up_to_its_limit_in_order)
{
    struct coil_task *a, *b;

    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &one), 0);
    ASSERT_EQ(coil_capacity_limiter_try_acquire(&limiter, &two), -EAGAIN);
    a = start_waiting(borrow, &two);
    b = start_waiting(borrow, &three);
    ASSERT_EQ(coil_capacity_limiter_waiting(&limiter), 2);
    give_back(&one);
    ASSERT_EQ(coil_capacity_limiter_try_acquire(&limiter, &one), -EAGAIN);
    ASSERT_EQ(end_of(a), 0);
    give_back(&two);
    ASSERT_EQ(end_of(b), 0);
    give_back(&three);
    SAID("2 3 ");
}

SYNC_TEST(capacity_limiter_limit_may_change)
{
    struct coil_task *a, *b;

    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &one), 0);
    a = start_waiting(borrow, &two);
    b = start_waiting(borrow, &three);
    coil_capacity_limiter_set_total(&limiter, 3);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    coil_capacity_limiter_set_total(&limiter, 1);
    ASSERT_EQ(coil_capacity_limiter_total(&limiter), 1);
    ASSERT_EQ(coil_capacity_limiter_borrowed(&limiter), 3);
    give_back(&one);
    give_back(&two);
    ASSERT_EQ(coil_capacity_limiter_try_acquire(&limiter, &one), -EAGAIN);
    give_back(&three);
    ASSERT_EQ(coil_capacity_limiter_try_acquire(&limiter, &one), 0);
    give_back(&one);
    SAID("2 3 ");
}

SYNC_TEST(capacity_limiter_lends_nobody_twice)
{
    struct coil_task *a;

    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &one), 0);
    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &one), -EALREADY);
    a = start_waiting(borrow, &two);
    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &two), -EALREADY);
    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    give_back(&one);
    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &two), 0);
    give_back(&two);
}

SYNC_TEST(capacity_limiter_takes_back_what_was_lent_only)
{
    watch_reports();
    ASSERT_EQ(coil_capacity_limiter_release(&limiter, &one), -EPERM);
    ASSERT_MISUSE(&limiter);
    ASSERT_EQ(coil_capacity_limiter_borrowed(&limiter), 0);
}

SYNC_TEST(capacity_limiter_keeps_what_came_before_a_cancellation)
{
    struct coil_task *a;

    ASSERT_EQ(coil_capacity_limiter_acquire(&limiter, &one), 0);
    a = start_waiting(borrow, &two);
    give_back(&one);
    cancel(a);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(coil_capacity_limiter_borrowed(&limiter), 1);
    give_back(&two);
    SAID("2 ");
}
