/* SPDX-License-Identifier: MIT */
/*
 * Several permits of a semaphore at once, and permits that are forgotten.
 */
#include <coil/semaphore.h>

#include "simulated.h"

static struct coil_semaphore semaphore;

static void prepare(void)
{
    coil_semaphore_init(&semaphore, 3);
    watch(coil_test_check_semaphore, &semaphore);
}

static void conclude(void)
{
    ASSERT_EQ(coil_semaphore_value(&semaphore), 3);
    ASSERT_EQ(coil_semaphore_waiting(&semaphore), 0);
    check_nothing_is_left();
}

/* Take so many, say so, and give them back. */
static int borrow(void *arg)
{
    size_t permits = (size_t)(uintptr_t)arg;
    int rc = coil_semaphore_acquire_many(&semaphore, permits);

    if (rc < 0)
        return rc;
    say("%d ", (int)permits);
    coil_semaphore_release_many(&semaphore, permits);
    return 0;
}

static struct coil_task *borrower(size_t permits)
{
    return start_waiting(borrow, (void *)(uintptr_t)permits);
}

static void take(size_t permits)
{
    ASSERT_EQ(coil_semaphore_try_acquire_many(&semaphore, permits), 0);
}

SYNC_TEST(semaphore_many_are_taken_without_suspending)
{
    struct coil_task *other;

    ASSERT_EQ(coil_semaphore_acquire_many(&semaphore, 2), 0);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(coil_semaphore_try_acquire_many(&semaphore, 2), -EAGAIN);
    ASSERT_EQ(coil_semaphore_acquire_many(&semaphore, 0), 0);
    take(1);
    other = borrower(1);
    coil_semaphore_release_many(&semaphore, 3);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
    ASSERT_EQ(end_of(other), 0);
    SAID("1 ");
}

/* What is released one by one is collected, and nobody takes it meanwhile. */
SYNC_TEST(semaphore_many_are_collected)
{
    struct coil_task *three, *one;

    take(2);
    three = borrower(3);
    one = borrower(1);
    ASSERT_EQ(coil_semaphore_waiting(&semaphore), 2);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
    ASSERT_EQ(coil_semaphore_try_acquire(&semaphore), -EAGAIN);
    coil_semaphore_release(&semaphore);
    turn();
    SAID("");
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(end_of(three), 0);
    ASSERT_EQ(end_of(one), 0);
    SAID("3 1 ");
}

SYNC_TEST(semaphore_many_released_together_go_to_as_many)
{
    struct coil_task *tasks[3];

    take(3);
    tasks[0] = borrower(1);
    tasks[1] = borrower(2);
    tasks[2] = borrower(1);
    coil_semaphore_release_many(&semaphore, 3);
    ASSERT_EQ(coil_semaphore_waiting(&semaphore), 1);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    SAID("1 2 1 ");
}

SYNC_TEST(semaphore_many_of_a_cancelled_task_go_to_those_behind)
{
    struct coil_task *three, *one;

    take(1);
    three = borrower(3);
    one = borrower(1);
    ASSERT_EQ(end_by_cancelling(three), -ECANCELED);
    ASSERT_EQ(end_of(one), 0);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
    coil_semaphore_release(&semaphore);
    SAID("1 ");
}

SYNC_TEST(semaphore_many_that_came_first_are_kept)
{
    struct coil_task *two;

    take(3);
    two = borrower(2);
    coil_semaphore_release_many(&semaphore, 2);
    cancel(two);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
    ASSERT_EQ(end_of(two), 0); /* it ends by itself */
    coil_semaphore_release(&semaphore);
    SAID("2 ");
}

SYNC_TEST(semaphore_forgets_permits)
{
    ASSERT_EQ(coil_semaphore_forget(&semaphore, 2), 2);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(coil_semaphore_forget(&semaphore, 5), 1);
    ASSERT(coil_semaphore_is_locked(&semaphore));
    ASSERT_EQ(coil_semaphore_forget(&semaphore, 1), 0);
    coil_semaphore_release_many(&semaphore, 3);
}

/* ---- whatever the order ---- */

static size_t inside;

static int stay(void *arg)
{
    size_t permits = (size_t)coil_test_choose(3) + 1;
    int rc = coil_semaphore_acquire_many(&semaphore, permits);

    (void)arg;
    if (rc < 0)
        return rc;
    inside += permits;
    ASSERT_LE(inside, 3);
    rc = coil_yield();
    inside -= permits;
    coil_semaphore_release_many(&semaphore, permits);
    return rc;
}

static int crowd(void *arg)
{
    struct coil_task *tasks[3];

    (void)arg;
    inside = 0;
    coil_semaphore_init(&semaphore, 3);
    for (int i = 0; i < 3; i++)
        tasks[i] = start(stay, NULL);
    ASSERT_EQ(coil_yield(), 0);
    coil_task_cancel(tasks[coil_test_choose(3)]);
    for (int i = 0; i < 3; i++)
        (void)end_of(tasks[i]);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 3);
    return 0;
}

TEST(semaphore_many_under_every_schedule)
{
    ASSERT_OK(coil_test_explore(crowd, NULL, 20000, NULL));
}
