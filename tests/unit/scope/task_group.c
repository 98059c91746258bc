/* SPDX-License-Identifier: MIT */
/*
 * The group against B5 of asyncio's behaviour, TG-1 … TG-10; cancelling a group
 * is in test_task_group_cancel.c.
 */
#include "base/platform.h"
#include "bodies.h"
#include "group.h"

/* ASan maps something for each task, which takes long on a virtual machine. */
#ifdef COIL_ASAN
enum { MANY_TASKS = 10000 };
#else
enum { MANY_TASKS = 100000 };
#endif

/* ---- success ---- */

/* TG-1 */
CORE_TEST(task_group_end_waits_for_all)
{
    struct coil_task *a;
    struct coil_task *b;

    begin_group();
    a = add_job("a", 2 * COIL_SECOND, 1);
    b = add_job("b", COIL_SECOND, 2);
    SAID("");
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("b a ");
    ASSERT_EQ(coil_task_result(a), 1);
    ASSERT_EQ(coil_task_result(b), 2);
    coil_task_release(a);
    coil_task_release(b);
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
    ASSERT_EQ(coil_task_group_error(&group, 0), 0);
    check_nothing_is_left();
}

/* TG-1 */
CORE_TEST(task_group_without_tasks_ends_with_the_body)
{
    coil_time before = coil_now();

    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, 7), 7);
    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, -EIO), -EIO);
    ASSERT_EQ(coil_now(), before);
    check_nothing_is_left();
}

/* TG-1 */
CORE_TEST(task_group_tasks_that_have_ended_are_not_waited_for)
{
    begin_group();
    drop_job("a", 0, 0);
    turn();
    SAID("a ");
    ASSERT_EQ(coil_task_group_end(&group, 3), 3);
}

static int create_two(void *arg)
{
    wait_a_second();
    drop_job("c", COIL_SECOND, 0);
    drop_job("d", 2 * COIL_SECOND, 0);
    say("created ");
    (void)arg;
    return 0;
}

/* TG-1 */
CORE_TEST(task_group_tasks_may_create_more_while_it_ends)
{
    begin_group();
    ASSERT_EQ(coil_task_group_create(&group, NULL, create_two, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("created c d ");
}

static int create_next(void *arg)
{
    intptr_t left = (intptr_t)arg;

    if (left == 0)
        return 0;
    return coil_task_group_create(&group, NULL, create_next,
                                  (void *)(left - 1));
}

/* TG-1: a task that has ended is dropped. */
CORE_TEST(task_group_may_have_any_number_of_tasks_in_turn)
{
    begin_group();
    ASSERT_EQ(
        coil_task_group_create(&group, NULL, create_next, (void *)MANY_TASKS),
        0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
}

/* TG-10 */

/* Whichever task ends first, the group cancels those that were made later. */
CORE_TEST(task_group_cancels_those_made_after_another_ended)
{
    for (int gone = 0; gone < 3; gone++) {
        begin_group();
        for (int i = 0; i < 3; i++)
            drop_job("early", i == gone ? COIL_SECOND : COIL_MINUTE, 0);
        ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
        drop_job("late", COIL_MINUTE, 0);
        turn();
        coil_task_group_cancel(&group);
        ASSERT_EQ(coil_task_group_end(&group, 0), 0);
        SAID("early early! early! late! ");
    }
    check_nothing_is_left();
}

CORE_TEST(task_group_passes_options_on)
{
    const struct coil_task_options options = {
        .name = "child",
        .arg_size = sizeof(int),
    };
    struct coil_task *a;
    struct coil_task *b;
    int n = 1;

    begin_group();
    ASSERT_EQ(
        coil_task_group_create_with(&group, &a, return_pointee, &n, &options),
        0);
    ASSERT_EQ(coil_task_group_create_copy(&group, &b, return_pointee, &n), 0);
    n = 2;
    ASSERT_STR_EQ(coil_task_name(a), "child");
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 1);
}

/* ---- a task that is cancelled by itself ---- */

/* TG-2 */
CORE_TEST(task_group_task_that_is_cancelled_is_no_failure)
{
    struct coil_task *a;

    begin_group();
    a = add_job("a", COIL_MINUTE, 0);
    drop_job("b", COIL_SECOND, 0);
    drop_job("gives up", 0, -ECANCELED);
    turn();
    cancel(a);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("gives up a! b ");
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
}

/* ---- a task fails ---- */

/* TG-3 */
CORE_TEST(task_group_failure_cancels_the_others_and_the_body)
{
    int rc;

    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    drop_job("b", COIL_MINUTE, 0);
    drop_job("c", COIL_MINUTE, 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    SAID("faulty b! c! ");
    ASSERT_EQ(coil_task_group_error_count(&group), 1);
    ASSERT_EQ(coil_task_group_error(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error(&group, 1), 0);
    check_nothing_is_left();
}

/* TG-3 */
CORE_TEST(task_group_failure_while_it_ends_cancels_the_others)
{
    coil_time before = coil_now();

    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    drop_job("b", COIL_MINUTE, 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("faulty b! ");
    check_nothing_is_left();
}

static int complete(void *arg)
{
    return coil_future_set_result(arg, NULL);
}

/* A task fails when the body's own wait is already over. */
static void fail_untold(void)
{
    struct coil_future future = COIL_FUTURE_INIT;

    ASSERT_EQ(coil_task_create(NULL, complete, &future), 0);
    drop_job("faulty", 0, -EIO);
    ASSERT_EQ(coil_future_await(&future, NULL), 0);
}

/* TG-3: the body is told at its next suspending call, which may be the end. */
CORE_TEST(task_group_failure_that_the_body_is_not_told_of)
{
    begin_group();
    fail_untold();
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    SAID("faulty ");
    check_nothing_is_left();
}

/* TG-3: the body catches it, and goes on. */
CORE_TEST(task_group_failure_interrupts_the_body_once)
{
    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_task_group_end(&group, 5), -EIO);
    SAID("faulty ");
    check_nothing_is_left();
}

/* TG-3 */
CORE_TEST(task_group_waits_for_those_it_has_cancelled)
{
    coil_time before = coil_now();

    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    drop_cleaner("slow", 3 * COIL_SECOND, 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(coil_now(), before + 4 * COIL_SECOND);
    SAID("faulty slow! ");
}

/* TG-3: every error, in the order in which they came. */
CORE_TEST(task_group_keeps_all_errors_in_order)
{
    begin_group();
    drop_cleaner("late", 2 * COIL_SECOND, -EPROTO);
    drop_cleaner("early", COIL_SECOND, -EPIPE);
    drop_job("first", COIL_SECOND, -EIO);
    drop_cleaner("tidy", COIL_SECOND, 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    SAID("first early! tidy! late! ");
    ASSERT_EQ(coil_task_group_error_count(&group), 3);
    ASSERT_EQ(coil_task_group_error(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error(&group, 1), -EPIPE);
    ASSERT_EQ(coil_task_group_error(&group, 2), -EPROTO);
    ASSERT_EQ(coil_task_group_error(&group, 3), 0);
    check_nothing_is_left();
}

CORE_TEST(task_group_counts_the_errors_that_it_does_not_keep)
{
    begin_group();
    for (int i = 0; i < COIL_TASK_GROUP_ERRORS + 4; i++)
        drop_cleaner("x", (1 + i) * COIL_SECOND, -100 - i);
    turn();
    ASSERT_EQ(coil_task_group_end(&group, -1), -1);
    forget();
    ASSERT_EQ(coil_task_group_error_count(&group), COIL_TASK_GROUP_ERRORS + 5);
    for (int i = 1; i < COIL_TASK_GROUP_ERRORS; i++)
        ASSERT_EQ(coil_task_group_error(&group, (size_t)i), -99 - i);
    ASSERT_EQ(coil_task_group_error(&group, COIL_TASK_GROUP_ERRORS), 0);
    ASSERT_EQ(coil_task_group_error(&group, SIZE_MAX), 0);
}

static void say_destroyed(void *arg)
{
    say("destroy:%s ", (const char *)arg);
}

/* CAN-2 */
CORE_TEST(task_group_failure_before_others_have_started)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };

    begin_group();
    ASSERT_EQ(
        coil_task_group_create_with(&group, NULL, say_arg, "never", &options),
        0);
    ASSERT_EQ(coil_task_group_end(&group, -EIO), -EIO);
    SAID("destroy:never ");
}

/* The group has looked at the errors. */
CORE_TEST(task_group_errors_are_not_reported_as_unseen)
{
    struct coil_task *a;

    begin_group();
    drop_job("x", COIL_SECOND, -EIO);
    a = add_job("y", COIL_SECOND, -EPIPE);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 2);
    coil_task_release(a);
    ASSERT_EQ(report_count, 0);
    SAID("x y ");
}

/* CAN-3: the body awaits a task, which is interrupted with it. */
CORE_TEST(task_group_failure_cancels_what_the_body_awaits)
{
    struct coil_task *outsider = start_job("outsider", COIL_MINUTE, 0);
    int rc;

    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    rc = coil_task_await(outsider);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    SAID("faulty outsider! ");
    ASSERT_EQ(end_of(outsider), -ECANCELED);
    check_nothing_is_left();
}

/* ---- the body fails ---- */

/* TG-4, in the order in which they came */
CORE_TEST(task_group_body_that_fails_cancels_the_tasks)
{
    coil_time before = coil_now();

    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    drop_cleaner("b", COIL_SECOND, -EPIPE);
    turn();
    ASSERT_EQ(coil_task_group_end(&group, -EIO), -EIO);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("a! b! ");
    ASSERT_EQ(coil_task_group_error_count(&group), 2);
    ASSERT_EQ(coil_task_group_error(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error(&group, 1), -EPIPE);
    check_nothing_is_left();
}

/* TG-4, TG-7: the body answers the group's cancellation with an error. */
CORE_TEST(task_group_body_that_fails_after_a_task_did)
{
    begin_group();
    drop_job("faulty", COIL_SECOND, -EIO);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -EPROTO), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 2);
    ASSERT_EQ(coil_task_group_error(&group, 1), -EPROTO);
    SAID("faulty ");
    check_nothing_is_left();
}

/* A body ends as cancelled, though nobody asked it to. */
CORE_TEST(task_group_body_that_is_cancelled_by_itself)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -ECANCELED);
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
    SAID("a! ");
    check_nothing_is_left();
}

/* ---- no more tasks ---- */

static void never_destroyed(void *arg)
{
    (void)arg;
    say("destroyed ");
}

static int try_create(void)
{
    const struct coil_task_options options = { .arg_destroy = never_destroyed };
    struct coil_task *task = NULL;
    int rc = coil_task_group_create_with(&group, &task, say_arg, "x", &options);

    if (rc == 0)
        coil_task_release(task);
    else
        ASSERT_NULL(task);
    return rc;
}

/* TG-10 */
CORE_TEST(task_group_that_is_shutting_down_takes_no_tasks)
{
    begin_group();
    fail_untold();
    SAID("faulty ");
    ASSERT_EQ(try_create(), -EPERM);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(try_create(), -EPERM);
    ASSERT_EQ(coil_yield(), 0);
}

/* TG-10 */
CORE_TEST(task_group_that_has_ended_takes_no_tasks)
{
    begin_group();
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(try_create(), -EPERM);
    ASSERT_EQ(coil_yield(), 0);
}

static void create_after_the_last(struct coil_future *done, void *arg)
{
    (void)done;
    (void)arg;
    say("%d ", try_create());
}

/* TG-10: the last task has ended, and the body does not know it yet. */
CORE_TEST(task_group_takes_no_tasks_after_the_last_while_it_ends)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task;

    begin_group();
    task = add_job("last", COIL_SECOND, 0);
    coil_future_add_done_callback(coil_task_future(task), &callback,
                                  create_after_the_last, NULL);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("last -1 ");
    coil_task_release(task);
}

/* TG-10, TG-4: what the body does with the error. */
CORE_TEST(task_group_without_memory_for_a_task)
{
    int rc;

    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    coil_test_fail_allocation(1, false);
    rc = try_create();
    ASSERT_EQ(rc, -ENOMEM);
    ASSERT_EQ(coil_task_group_end(&group, rc), -ENOMEM);
    SAID("a! ");
}

CORE_TEST(task_group_options_out_of_range_make_no_task)
{
    const struct coil_task_options options = { .arg_size = 1025 };
    struct coil_task *task = NULL;

    begin_group();
    ASSERT_EQ(
        coil_task_group_create_with(&group, &task, say_arg, "x", &options),
        -EINVAL);
    ASSERT_NULL(task);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
}

TEST(task_group_needs_a_task)
{
    struct coil_task_group local;

    ASSERT_EQ(coil_task_group_begin(&local), -ENOTSUP);
}

static int group_without_clock(void *arg)
{
    (void)arg;
    begin_group();
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, say_arg, "x"), 0);
    ASSERT_EQ(coil_task_group_end(&group, 4), 4);
    begin_group();
    drop_job("faulty", 0, -EIO);
    drop_job("b", 0, 0);
    return coil_task_group_end(&group, 0);
}

TEST(task_group_works_on_a_scheduler_of_the_users)
{
    ASSERT_EQ(run_without_clock(group_without_clock, NULL), -EIO);
    SAID("x x x faulty ");
}

/* ---- any order ---- */

static int fail_at_random(void *arg)
{
    int *running = arg;
    int rc = 0;

    ++*running;
    for (int i = (int)coil_test_random(4); rc == 0 && i > 0; i--)
        rc = coil_yield();
    if (rc < 0 && coil_test_random(2))
        rc = coil_yield();
    --*running;
    return coil_test_random(3) == 0 ? -EIO : rc;
}

/* TG-3, TG-9 */
SEEDS_TEST(task_group_leaves_nothing_behind_under_any_seed)
{
    for (int round = 0; round < 10; round++) {
        int running = 0;
        int rc = 0;

        begin_group();
        for (int i = 0; rc == 0 && i < 8; i++) {
            rc = coil_task_group_create(&group, NULL, fail_at_random, &running);
            if (rc == 0 && coil_test_random(2))
                rc = coil_yield();
        }
        ASSERT(rc == 0 || rc == -EPERM || rc == -ECANCELED);
        if (rc == -EPERM)
            rc = 0;
        rc = coil_task_group_end(&group, rc);
        ASSERT_EQ(running, 0);
        ASSERT_EQ(rc, coil_task_group_error_count(&group) ? -EIO : 0);
        ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
        ASSERT_EQ(coil_task_cancelling(coil_current_task()), 0);
        ASSERT_EQ(coil_yield(), 0);
    }
}
