/* SPDX-License-Identifier: MIT */
/*
 * Groups within groups.
 */
#include "group.h"

/* ---- groups within groups ---- */

static struct coil_task_group inner;

static void begin_inner(void)
{
    ASSERT_EQ(coil_task_group_begin(&inner), 0);
}

/* TG-8 */
CORE_TEST(task_group_inner_failure_is_the_outers_when_the_body_returns_it)
{
    int rc;

    begin_group();
    drop_job("outer", COIL_MINUTE, 0);
    begin_inner();
    add_to(&inner, "inner", COIL_SECOND, -EIO);
    rc = coil_task_group_end(&inner, 0);
    ASSERT_EQ(rc, -EIO);
    SAID("inner ");
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    SAID("outer! ");
    ASSERT_EQ(coil_task_group_error_count(&group), 1);
    check_nothing_is_left();
}

/* TG-8 */
CORE_TEST(task_group_outer_goes_on_when_the_inner_failure_is_handled)
{
    begin_group();
    drop_job("outer", COIL_MINUTE, 0);
    begin_inner();
    add_to(&inner, "inner", COIL_SECOND, -EIO);
    ASSERT_EQ(coil_task_group_end(&inner, 0), -EIO);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("inner outer ");
    check_nothing_is_left();
}

/* TG-8 */
CORE_TEST(task_group_outer_failure_while_the_inner_waits)
{
    int rc;

    begin_group();
    drop_job("outer", COIL_SECOND, -EIO);
    begin_inner();
    add_to(&inner, "inner", COIL_MINUTE, 0);
    rc = coil_task_group_end(&inner, 0);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_error_count(&inner), 0);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 1);
    SAID("outer inner! ");
    check_nothing_is_left();
}

/* TG-8 */
CORE_TEST(task_group_outer_failure_in_the_body_of_the_inner)
{
    int rc;

    begin_group();
    drop_job("outer", COIL_SECOND, -EIO);
    begin_inner();
    add_to(&inner, "inner", COIL_MINUTE, 0);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    rc = coil_task_group_end(&inner, rc);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    SAID("outer inner! ");
    check_nothing_is_left();
}

/* TG-8: test_nested_groups_both_cancelled */
CORE_TEST(task_group_both_fail)
{
    int rc;

    begin_group();
    begin_inner();
    drop_job("outer", COIL_SECOND, -EIO);
    add_to(&inner, "inner", COIL_SECOND, -EPROTO);
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 2);
    ASSERT_EQ(coil_task_group_end(&inner, rc), -EPROTO);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    /* The outer group's request, which the error hid, is reported again. */
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    SAID("outer inner ");
    check_nothing_is_left();
}

/* TG-8: the same holds when the inner tasks fail because of the outer group. */
CORE_TEST(task_group_inner_fails_as_the_outer_cancels_it)
{
    int rc;

    begin_group();
    drop_job("outer", COIL_SECOND, -EIO);
    begin_inner();
    ASSERT_EQ(
        coil_task_group_create_copy(&inner, NULL, do_job,
                                    (&(struct job){ .name = "inner",
                                                    .duration = COIL_MINUTE,
                                                    .failure = -EPROTO })),
        0);
    rc = coil_task_group_end(&inner, 0);
    ASSERT_EQ(rc, -EPROTO);
    ASSERT_EQ(coil_task_group_end(&group, rc), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 2);
    ASSERT_EQ(coil_task_group_error(&group, 1), -EPROTO);
    SAID("outer inner! ");
    check_nothing_is_left();
}

static int nest_groups(void *arg)
{
    intptr_t depth = (intptr_t)arg;
    struct coil_task_group local;
    int rc = coil_task_group_begin(&local);

    ASSERT_EQ(rc, 0);
    if (depth == 0)
        rc = coil_task_group_create_copy(
            &local, NULL, do_job,
            (&(struct job){
                .name = "deep", .duration = COIL_SECOND, .result = -EIO }));
    else
        rc = coil_task_group_create(&local, NULL, nest_groups,
                                    (void *)(depth - 1));
    if (rc == 0)
        rc = coil_sleep(COIL_MINUTE);
    return coil_task_group_end(&local, rc);
}

CORE_TEST(task_group_a_hundred_deep_fails_up_to_the_first)
{
    coil_time before = coil_now();

    ASSERT_EQ(nest_groups((void *)100), -EIO);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("deep ");
    check_nothing_is_left();
}
