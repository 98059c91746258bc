/* SPDX-License-Identifier: MIT */
/*
 * The group against B5 of asyncio's behaviour, TG-5, TG-6, TG-9 and TG-12: its
 * task is cancelled from outside, the group is cancelled, or both at once.
 */
#include "group.h"

/* ---- from outside ---- */

/* TG-5 */
CORE_TEST(task_group_cancelled_from_outside_in_the_body)
{
    const struct group_plan body = { .body = COIL_MINUTE };
    struct coil_task *task = start_group(&body);

    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("body-125 b! a! end-125 1 ");
}

/* TG-5 */
CORE_TEST(task_group_cancelled_from_outside_while_it_ends)
{
    const struct group_plan none = { .body = 0 };
    struct coil_task *task = start_group(&none);

    wait_a_second();
    SAID("body0 ");
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("b! a! end-125 1 ");
}

/* TG-5: a second cancellation does not shorten the wait. */
CORE_TEST(task_group_cancelled_from_outside_twice_while_it_ends)
{
    const struct group_plan none = { .body = 0 };
    struct coil_task *task = start_group(&none);

    wait_a_second();
    cancel(task);
    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("body0 b! a! end-125 2 ");
}

static struct coil_task *parent;

static void cancel_parent(struct coil_future *done, void *arg)
{
    (void)done;
    (void)arg;
    cancel(parent);
}

/* §2.2: all tasks had ended, so the group returns that; the request waits. */
CORE_TEST(task_group_cancelled_from_outside_after_the_last_task)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *last;

    parent = coil_current_task();
    begin_group();
    last = add_job("last", COIL_SECOND, 0);
    coil_future_add_done_callback(coil_task_future(last), &callback,
                                  cancel_parent, NULL);
    ASSERT_EQ(coil_task_group_end(&group, 3), 3);
    ASSERT_EQ(coil_task_cancelling(parent), 1);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(parent), 0);
    check_nothing_is_left();
    coil_task_release(last);
    SAID("last ");
}

/* TG-5: it was reported while the group waited, and later ones with it. */
CORE_TEST(task_group_cancelled_from_outside_before_and_after_the_last_task)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *last;

    parent = coil_current_task();
    begin_group();
    last = add_job("last", COIL_MINUTE, 0);
    coil_future_add_done_callback(coil_task_future(last), &callback,
                                  cancel_parent, NULL);
    cancel_self();
    ASSERT_EQ(coil_task_group_end(&group, 0), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(parent), 1);
    ASSERT_EQ(coil_task_uncancel(parent), 0);
    check_nothing_is_left();
    coil_task_release(last);
    SAID("");
}

/* TG-5 */
CORE_TEST(task_group_cancelled_from_outside_before_its_end_is_called)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    cancel_self();
    ASSERT_EQ(coil_task_group_end(&group, 5), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    SAID("a! ");
    check_nothing_is_left();
}

/* TG-5: the same holds for a request from before the group began. */
CORE_TEST(task_group_cancelled_from_outside_before_it_began)
{
    cancel_self();
    begin_group();
    drop_job("never", 0, 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* TG-6: test_error_and_cancel */
CORE_TEST(task_group_error_wins_over_a_cancellation_in_the_body)
{
    const struct group_plan body = { .body = COIL_MINUTE, .faulty = true };
    struct coil_task *task = start_group(&body);

    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -EIO);
    SAID("body-125 b! a! end-5 1 again ");
}

/* TG-6 */
CORE_TEST(task_group_error_wins_over_a_cancellation_while_it_ends)
{
    const struct group_plan none = { .faulty = true };
    struct coil_task *task = start_group(&none);

    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -EIO);
    SAID("body0 b! a! end-5 1 again ");
}

/* TG-6: the error came first. */
CORE_TEST(task_group_cancelled_from_outside_after_a_failure)
{
    parent = coil_current_task();
    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    drop_cleaner("slow", COIL_MINUTE, 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), -ECANCELED);
    cancel_self();
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -EIO);
    ASSERT_EQ(coil_task_cancelling(parent), 1);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_task_uncancel(parent), 0);
    SAID("faulty slow! ");
}

/* TG-6: the same holds for a request from before the group began. */
CORE_TEST(task_group_error_wins_over_a_cancellation_from_before)
{
    cancel_self();
    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, -EIO), -EIO);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* TG-7 */
CORE_TEST(task_group_body_that_turns_a_cancellation_into_an_error)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -EPROTO), -EPROTO);
    SAID("a! ");
    ASSERT_EQ(coil_task_group_error_count(&group), 1);
    ASSERT_EQ(coil_yield(), -ECANCELED);
}

/* CAN-7: the body ignores the cancellation. */
CORE_TEST(task_group_body_that_swallows_a_cancellation)
{
    begin_group();
    drop_job("a", COIL_SECOND, 0);
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, 5), 5);
    SAID("a ");
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* TG-9: test_cancelling_level_preserved */
CORE_TEST(task_group_keeps_the_level_of_cancelling)
{
    struct coil_task *self = coil_current_task();

    for (unsigned level = 0; level < 3; level++) {
        begin_group();
        drop_job("faulty", COIL_SECOND, -EIO);
        ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
        ASSERT_EQ(coil_task_cancelling(self), level + 1);
        ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -EIO);
        ASSERT_EQ(coil_task_cancelling(self), level);
        ASSERT_EQ(coil_yield(), 0);
        cancel_self();
        ASSERT_EQ(coil_yield(), -ECANCELED);
    }
    SAID("faulty faulty faulty ");
}

/* A task of the group that cancels its parent. */
static int cancel_from_within(void *arg)
{
    cancel(arg);
    return coil_sleep(COIL_MINUTE);
}

CORE_TEST(task_group_cancelled_by_one_of_its_tasks)
{
    begin_group();
    ASSERT_EQ(coil_task_group_create(&group, NULL, cancel_from_within,
                                     coil_current_task()),
              0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* ---- coil_task_group_cancel() ---- */

/* TG-12 */
CORE_TEST(task_group_cancel_in_the_body)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    coil_task_group_cancel(&group);
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    /* Once. */
    ASSERT_EQ(coil_yield(), 0);
    SAID("a! ");
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), 0);
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
    check_nothing_is_left();
}

/* TG-12 */
CORE_TEST(task_group_cancel_that_the_body_is_not_told_of)
{
    begin_group();
    drop_job("never", 0, 0);
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, 5), 0);
    check_nothing_is_left();

    begin_group();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    check_nothing_is_left();
}

/* TG-12 */
CORE_TEST(task_group_cancel_while_it_ends)
{
    const struct group_plan late = { .cancel = COIL_SECOND };
    struct coil_task *task = start_group(&late);

    ASSERT_EQ(end_of(task), 0);
    SAID("body0 b! a! end0 0 ");
}

static int cancel_own_group(void *arg)
{
    (void)arg;
    coil_task_group_cancel(&group);
    return 0;
}

/* TG-12: the outcome of the body does not count. */
CORE_TEST(task_group_cancel_while_it_ends_makes_it_zero)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, cancel_own_group, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 5), 0);
    SAID("a! ");
    check_nothing_is_left();
}

/* TG-12: the error of a body that gave up by itself counts. */
CORE_TEST(task_group_cancel_while_a_body_that_gave_up_ends)
{
    begin_group();
    drop_cleaner("a", COIL_SECOND, 0);
    turn();
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -ECANCELED);
    SAID("a! ");
    check_nothing_is_left();
}

/* TG-12, TG-10 */
CORE_TEST(task_group_cancel_by_one_of_its_tasks_in_the_body)
{
    struct coil_task *task = NULL;

    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, cancel_own_group, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_task_group_create(&group, &task, cancel_own_group, NULL),
              -EPERM);
    ASSERT_NULL(task);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), 0);
    SAID("a! ");
    check_nothing_is_left();
}

/* TG-12 */
CORE_TEST(task_group_cancel_after_the_end_does_nothing)
{
    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, 5), 5);
    coil_task_group_cancel(&group);
    check_nothing_is_left();
}

static void cancel_after_the_last(struct coil_future *done, void *arg)
{
    (void)done;
    coil_task_group_cancel(arg);
    say("cancel ");
}

/* TG-12: the group ends and has no task: nothing is left to cancel. */
CORE_TEST(task_group_cancel_after_the_last_task)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *last;

    begin_group();
    last = add_job("last", COIL_SECOND, 0);
    coil_future_add_done_callback(coil_task_future(last), &callback,
                                  cancel_after_the_last, &group);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("last cancel ");
    check_nothing_is_left();
    coil_task_release(last);
}

/* TG-12: an error that the cancellation causes counts. */
CORE_TEST(task_group_cancel_that_makes_a_task_fail)
{
    const struct group_plan faulty = { .before = true, .faulty = true };
    struct coil_task *task;

    begin_group();
    drop_cleaner("a", COIL_SECOND, -EIO);
    drop_cleaner("b", 2 * COIL_SECOND, -EPROTO);
    turn();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 2);
    SAID("a! b! ");
    check_nothing_is_left();

    /* The tasks have not started, so none fails. */
    task = start_group(&faulty);
    ASSERT_EQ(end_of(task), 0);
    SAID("body0 end0 0 ");
}

/* TG-12, TG-4 */
CORE_TEST(task_group_cancel_and_a_body_that_fails)
{
    begin_group();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, -EIO), -EIO);
    check_nothing_is_left();
}

/* TG-12, TG-8 */
CORE_TEST(task_group_cancel_of_the_inner_leaves_the_outer)
{
    struct coil_task_group inner;

    begin_group();
    drop_job("outer", COIL_SECOND, 0);
    ASSERT_EQ(coil_task_group_begin(&inner), 0);
    add_to(&inner, "inner", COIL_MINUTE, 0);
    turn();
    coil_task_group_cancel(&inner);
    ASSERT_EQ(coil_task_group_end(&inner, 0), 0);
    SAID("inner! ");
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("outer ");
    check_nothing_is_left();
}

/* TG-12, TG-8 */
CORE_TEST(task_group_cancel_of_the_outer_ends_the_inner)
{
    struct coil_task_group inner;
    int rc;

    begin_group();
    drop_job("outer", COIL_MINUTE, 0);
    ASSERT_EQ(coil_task_group_begin(&inner), 0);
    add_to(&inner, "inner", COIL_MINUTE, 0);
    turn();
    coil_task_group_cancel(&group);
    rc = coil_task_group_end(&inner, 0);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    SAID("outer! inner! ");
    check_nothing_is_left();
}

/* Both requests come before anybody was told. */
CORE_TEST(task_group_cancel_of_both)
{
    struct coil_task_group inner;
    int rc;

    begin_group();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_begin(&inner), 0);
    coil_task_group_cancel(&inner);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    rc = coil_task_group_end(&inner, rc);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), 0);
    check_nothing_is_left();
}
