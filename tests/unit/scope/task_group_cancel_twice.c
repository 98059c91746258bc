/* SPDX-License-Identifier: MIT */
/*
 * A group that is cancelled from outside and from within.
 */
#include "group.h"

/* ---- both: gh-155433 ---- */

/* Both requests are pending when the body is told. */
CORE_TEST(task_group_cancel_and_from_outside_at_once)
{
    begin_group();
    drop_job("a", COIL_MINUTE, 0);
    turn();
    coil_task_group_cancel(&group);
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();

    begin_group();
    drop_job("b", COIL_MINUTE, 0);
    turn();
    cancel_self();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, 0), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
    SAID("a! b! ");
}

/* The body knows of the group's request when the other comes. */
CORE_TEST(task_group_cancel_and_then_from_outside_in_the_body)
{
    const struct group_plan body = { .body = COIL_MINUTE,
                                     .swallow = true,
                                     .cancel = COIL_SECOND };
    struct coil_task *task = start_group(&body);

    ASSERT_EQ(coil_sleep(COIL_SECOND + COIL_SECOND / 2), 0);
    SAID("body-125 ");
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("b! a! end-125 1 ");
}

/* The group ends because of its own request when the other comes. */
CORE_TEST(task_group_cancel_and_then_from_outside_while_it_ends)
{
    const struct group_plan none = { .cancel = COIL_SECOND };
    struct coil_task *task = start_group(&none);

    ASSERT_EQ(coil_sleep(COIL_SECOND + COIL_SECOND / 2), 0);
    SAID("body0 ");
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("b! a! end-125 1 ");
}

/* The requests come in the other order. */
CORE_TEST(task_group_cancelled_from_outside_and_then_cancel)
{
    const struct group_plan late = { .cancel = 2 * COIL_SECOND };
    const struct group_plan body = { .body = COIL_MINUTE,
                                     .cancel = 2 * COIL_SECOND };
    struct coil_task *task = start_group(&late);

    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("body0 b! a! end-125 1 ");

    task = start_group(&body);
    wait_a_second();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("body-125 b! a! end-125 1 ");
}

/* The request came before the group, and is reported in it. */
CORE_TEST(task_group_cancel_and_from_outside_before_it_began)
{
    cancel_self();
    begin_group();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/*
 * The request was reported before the group began, and is not reported again.
 */
CORE_TEST(task_group_cancel_after_one_from_outside_that_was_told)
{
    cancel_self();
    ASSERT_EQ(coil_yield(), -ECANCELED);
    begin_group();
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), 0);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    ASSERT_EQ(coil_task_uncancel(coil_current_task()), 0);
    check_nothing_is_left();
}

/* All at once: an error, the group's request, and one from outside. */
CORE_TEST(task_group_cancel_from_outside_and_a_failure)
{
    const struct group_plan all = { .body = COIL_MINUTE,
                                    .faulty = true,
                                    .cancel = COIL_SECOND };
    struct coil_task *task = start_group(&all);

    ASSERT_EQ(coil_sleep(COIL_SECOND + COIL_SECOND / 2), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -EIO);
    SAID("body-125 b! a! end-5 1 again ");
}

/* ---- any order ---- */

static int be_cancelled(void *arg)
{
    const struct group_plan *plan = arg;
    struct coil_task_group local;
    int rc = coil_task_group_begin(&local);

    ASSERT_EQ(rc, 0);
    for (int i = 0; i < 3; i++)
        add_to(&local, "", COIL_SECOND * (coil_time)coil_test_random(4),
               plan->faulty && i == 2 ? -EIO : 0);
    if (coil_test_random(2))
        rc = coil_sleep(COIL_SECOND * (coil_time)coil_test_random(4));
    if (coil_test_random(4) == 0)
        coil_task_group_cancel(&local);
    rc = coil_task_group_end(&local, rc);
    ASSERT_EQ(coil_task_group_error_count(&local) > 0, rc == -EIO);
    /* A request that came too late for the group is reported here. */
    return rc == 0 ? coil_yield() : rc;
}

/* No request from outside is lost: who swallows none is told in the end. */
SEEDS_TEST(task_group_cancelled_at_random)
{
    static const struct group_plan plans[] = { { .faulty = false },
                                               { .faulty = true } };
    struct coil_task *tasks[20];
    bool cancelled[20] = { false };

    for (int i = 0; i < 20; i++)
        tasks[i] = start(be_cancelled, &plans[i % 2]);
    for (int i = 0; i < 10; i++) {
        uint64_t n = coil_test_random(20);

        ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
        cancelled[n] |= coil_task_cancel(tasks[n]);
    }
    for (int i = 0; i < 20; i++) {
        int rc = coil_task_await(tasks[i]);

        ASSERT_EQ(coil_task_cancelling(tasks[i]) > 0, cancelled[i]);
        if (!cancelled[i])
            ASSERT(rc == 0 || rc == -EIO);
        else
            ASSERT(rc == -ECANCELED || rc == -EIO);
        coil_task_release(tasks[i]);
    }
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    forget();
}
