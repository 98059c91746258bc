/* SPDX-License-Identifier: MIT */
/*
 * The timeout with others around it: scopes within scopes, groups, and tasks
 * that ask for cancellation as well.
 */
#include <coil/task_group.h>

#include "jobs.h"

/* ---- others who ask for cancellation ---- */

static int sleep_in_scope(void *arg)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = coil_sleep(COIL_MINUTE);
    rc = coil_timeout_end(&limit, rc);
    say("%s%s ", rc == -ETIMEDOUT ? "timeout" : "cancelled",
        coil_timeout_expired(&limit) ? ":expired" : "");
    (void)arg;
    return rc;
}

/* TO-1 */
CORE_TEST(timeout_does_not_take_a_foreign_cancellation_for_its_own)
{
    struct coil_task *task = start(sleep_in_scope, NULL);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
    SAID("cancelled ");
}

/* TO-1: both come at once, in either order. */
CORE_TEST(timeout_gives_way_to_a_foreign_cancellation)
{
    struct coil_handle timer = { 0 };
    struct coil_task *task = start(sleep_in_scope, NULL);

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
    SAID("cancelled:expired ");

    task = start(sleep_in_scope, NULL);
    turn();
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
    SAID("cancelled:expired ");
}

/* TO-8 */
CORE_TEST(timeout_works_after_a_cancellation_that_was_caught)
{
    struct coil_timeout limit;
    int rc;

    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
}

/* TO-1: the request came before the scope, and is reported within it. */
CORE_TEST(timeout_does_not_swallow_a_cancellation_from_before_it)
{
    struct coil_timeout limit;
    int rc;

    cancel_self();
    begin_timeout(&limit, COIL_SECOND);
    rc = coil_yield();
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ECANCELED);
    ASSERT(!coil_timeout_expired(&limit));

    /* The limit is over too. */
    cancel_self();
    begin_timeout(&limit, 0);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ECANCELED);
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 1);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* TO-1: the scope deals with the request of others. */
CORE_TEST(timeout_is_one_again_when_the_foreign_request_is_withdrawn)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

static int end_in_time(void *arg)
{
    int rc = sleep_in_scope(arg);

    ASSERT_EQ(rc, -ETIMEDOUT);
    ASSERT_EQ(coil_yield(), 0);
    return 3;
}

/* TO-8 */
CORE_TEST(timeout_does_not_leave_its_task_cancelled)
{
    struct coil_task *task = start(end_in_time, NULL);

    ASSERT_EQ(coil_task_await(task), 3);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT(!coil_task_is_cancelled(task));
    coil_task_release(task);
    SAID("timeout:expired ");
}

/* ---- scopes within scopes ---- */

/* Sleep in two scopes; say the outcome of each. */
static void nest(coil_time outer_duration, coil_time inner_duration,
                 coil_time duration)
{
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc;

    begin_timeout(&outer, outer_duration);
    begin_timeout(&inner, inner_duration);
    rc = coil_sleep(duration);
    rc = coil_timeout_end(&inner, rc);
    say("inner%d%s ", rc, coil_timeout_expired(&inner) ? ":expired" : "");
    rc = coil_timeout_end(&outer, rc);
    say("outer%d%s ", rc, coil_timeout_expired(&outer) ? ":expired" : "");
}

/* TO-4 */
CORE_TEST(timeout_nested_with_one_deadline_is_the_outermosts)
{
    nest(COIL_SECOND, COIL_SECOND, COIL_MINUTE);
    SAID("inner-125:expired outer-110:expired ");
    check_nothing_is_left();
}

/* TO-4 */
CORE_TEST(timeout_nested_of_nothing_is_the_outermosts)
{
    nest(0, 0, COIL_MINUTE);
    SAID("inner-125:expired outer-110:expired ");
    check_nothing_is_left();
}

/* TO-4 */
CORE_TEST(timeout_nested_outer_first)
{
    nest(COIL_SECOND, 2 * COIL_SECOND, COIL_MINUTE);
    SAID("inner-125 outer-110:expired ");
    nest(0, COIL_SECOND, COIL_MINUTE);
    SAID("inner-125 outer-110:expired ");
    check_nothing_is_left();
}

/* TO-4 */
CORE_TEST(timeout_nested_inner_first)
{
    nest(2 * COIL_SECOND, COIL_SECOND, COIL_MINUTE);
    SAID("inner-110:expired outer-110 ");
    nest(COIL_SECOND, 0, COIL_MINUTE);
    SAID("inner-110:expired outer-110 ");
    nest(2 * COIL_SECOND, 2 * COIL_SECOND, COIL_SECOND);
    SAID("inner0 outer0 ");
    check_nothing_is_left();
}

/* TO-4: the inner's end does not take the outer's request along. */
CORE_TEST(timeout_nested_outer_interrupts_what_follows_the_inner)
{
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc;

    begin_timeout(&outer, 2 * COIL_SECOND);
    begin_timeout(&inner, COIL_SECOND);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&inner, rc), -ETIMEDOUT);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&outer, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/* TO-4: the same holds when neither was reported yet. */
CORE_TEST(timeout_nested_outer_interrupts_after_an_inner_that_nobody_saw)
{
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc;

    begin_timeout(&outer, 0);
    begin_timeout(&inner, 0);
    ASSERT_EQ(coil_timeout_end(&inner, 0), 0);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&outer, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/*
 * TO-4: the loop is busy, and the inner limit fires late. The outer one still
 * interrupts what follows, in its time, or at once if it is over too.
 */
CORE_TEST(timeout_nested_fires_late_in_a_busy_loop_and_the_outer_still_does)
{
    static const coil_time busy[] = { 50 * COIL_MILLISECOND,
                                      100 * COIL_MILLISECOND, COIL_SECOND };
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc;

    for (int i = 0; i < 3; i++) {
        coil_time start_time = coil_now();
        bool both = busy[i] >= 100 * COIL_MILLISECOND;

        begin_timeout(&outer, 100 * COIL_MILLISECOND);
        begin_timeout(&inner, 10 * COIL_MILLISECOND);
        coil_test_compute(busy[i]);
        rc = coil_sleep(COIL_MINUTE);
        rc = coil_timeout_end(&inner, rc);
        ASSERT(coil_timeout_expired(&inner));
        ASSERT_EQ(rc, both ? -ECANCELED : -ETIMEDOUT);
        ASSERT_EQ(coil_now(), start_time + busy[i]);
        if (!both)
            rc = coil_sleep(COIL_MINUTE);
        ASSERT_EQ(coil_timeout_end(&outer, rc), -ETIMEDOUT);
        ASSERT_EQ(coil_now(),
                  start_time + (both ? busy[i] : 100 * COIL_MILLISECOND));
        check_nothing_is_left();
    }
}

static struct coil_timeout forgotten;

static int forget_to_end(void *arg)
{
    (void)arg;
    begin_timeout(&forgotten, COIL_SECOND);
    return 7;
}

CORE_TEST(timeout_that_its_task_forgot_to_end_finds_the_task_ended)
{
    struct coil_task *task = start(forget_to_end, NULL);

    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT(coil_timeout_expired(&forgotten));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT_EQ(coil_task_result(task), 7);
    coil_task_release(task);
    check_nothing_is_left();
}

/* TO-8: a timeout within the clean-up of another. */
CORE_TEST(timeout_in_the_clean_up_of_a_timeout)
{
    struct coil_timeout outer;
    struct coil_timeout inner;
    int rc;

    begin_timeout(&outer, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    begin_timeout(&inner, COIL_SECOND);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_timeout_end(&inner, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_timeout_end(&outer, -ECANCELED), -ETIMEDOUT);
    check_nothing_is_left();
}

static int nest_deeply(int depth)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = depth > 0 ? nest_deeply(depth - 1) : coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    rc = coil_timeout_end(&limit, rc);
    ASSERT(coil_timeout_expired(&limit));
    return rc;
}

/* TO-4 */
CORE_TEST(timeout_nested_a_hundred_deep_is_the_outermosts)
{
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = nest_deeply(98);
    /* The hundredth limit ends this scope too: it was armed first. */
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/* ---- scopes and groups ---- */

static int run_group(const struct job *jobs, int count)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    for (int i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create_copy(&group, NULL, do_job, &jobs[i]);
    return coil_task_group_end(&group, rc);
}

CORE_TEST(timeout_ends_a_group)
{
    const struct job jobs[] = {
        { .name = "a", .duration = COIL_SECOND / 2 },
        { .name = "b", .duration = COIL_MINUTE },
        { .name = "c", .duration = COIL_MINUTE, .cleanup = COIL_SECOND },
    };
    struct coil_timeout limit;
    coil_time before = coil_now();
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = run_group(jobs, 3);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), before + 2 * COIL_SECOND);
    SAID("a b! c! ");
    check_nothing_is_left();
}

/* TO-5: test_timeout_taskgroup */
CORE_TEST(timeout_of_a_group_whose_task_fails_meanwhile_is_that_error)
{
    const struct job jobs[] = {
        { .name = "faulty", .duration = COIL_MINUTE, .failure = -EPROTO },
        { .name = "b", .duration = COIL_MINUTE },
    };
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    rc = run_group(jobs, 2);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -EPROTO);
    ASSERT(coil_timeout_expired(&limit));
    SAID("faulty! b! ");
    check_nothing_is_left();
}

/* TG-6: the request stands until the scope has ended. */
CORE_TEST(timeout_that_an_error_won_over_is_told_again_within_the_scope)
{
    const struct job jobs[] = {
        { .name = "faulty", .duration = COIL_MINUTE, .failure = -EPROTO },
    };
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(run_group(jobs, 1), -EPROTO);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    SAID("faulty! ");
    check_nothing_is_left();
}

/* The same holds for a limit that was over before the group began. */
CORE_TEST(timeout_before_a_group_that_fails_is_told_again)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc;

    begin_timeout(&limit, 0);
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_end(&group, -EPROTO), -EPROTO);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    check_nothing_is_left();
}

/*
 * Only a request that came within the group is repeated: the outer limit was
 * reported before.
 */
CORE_TEST(timeout_told_before_a_group_that_fails_is_not_told_again)
{
    const struct job jobs[] = {
        { .name = "faulty", .duration = COIL_MINUTE, .failure = -EPROTO },
    };
    struct coil_timeout outer;
    struct coil_timeout inner;

    begin_timeout(&outer, COIL_SECOND);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    begin_timeout(&inner, COIL_SECOND);
    ASSERT_EQ(run_group(jobs, 1), -EPROTO);
    ASSERT_EQ(coil_timeout_end(&inner, -EPROTO), -EPROTO);
    ASSERT(coil_timeout_expired(&inner));
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_timeout_end(&outer, -ECANCELED), -ETIMEDOUT);
    SAID("faulty! ");
    check_nothing_is_left();
}

/* The limit within a child belongs to the child. */
CORE_TEST(timeout_in_a_task_of_a_group_is_its_error)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    rc = coil_task_group_create(&group, NULL, sleep_in_scope, NULL);
    ASSERT_EQ(coil_task_group_end(&group, rc), -ETIMEDOUT);
    SAID("timeout:expired ");
    check_nothing_is_left();
}

/* The limit ends within a group: the group's own request is another one. */
CORE_TEST(timeout_within_a_group_that_fails)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_SECOND,
                                .result = -EPROTO };
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    rc = coil_task_group_create_copy(&group, NULL, do_job, &faulty);
    ASSERT_EQ(rc, 0);
    /* The group's request comes first: the scope leaves it alone. */
    begin_timeout(&limit, COIL_MINUTE);
    rc = coil_sleep(10 * COIL_MINUTE);
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EPROTO);
    SAID("faulty ");
    check_nothing_is_left();
}
