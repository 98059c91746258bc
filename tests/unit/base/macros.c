/* SPDX-License-Identifier: MIT */
/*
 * Compound literals with commas are arguments of the macros that create tasks.
 */
#include <coil.h>
#include <coil/testing.h>

#include "test.h"

struct pair {
    int a;
    int b;
};

static int sum;

static int add(void *arg)
{
    const struct pair *pair = arg;

    sum += pair->a + pair->b;
    return 0;
}

static int create_all(void *arg)
{
    struct pair kept = { 1, 2 };
    struct coil_task_group group;

    (void)arg;
    ASSERT_OK(coil_task_group_begin(&group));
    ASSERT_OK(coil_task_group_create_copy(&group, NULL, add,
                                          &(struct pair){ 10, 20 }));
    ASSERT_OK(coil_task_group_create_with(
        &group, NULL, add, &kept,
        &(struct coil_task_options){ .name = "a name",
                                     .stack_size = 1 << 16 }));
    ASSERT_OK(coil_task_create_copy(NULL, add, &(struct pair){ 100, 200 }));
    ASSERT_OK(coil_task_create_with(
        NULL, add, &kept,
        &(struct coil_task_options){ .name = "b", .stack_size = 1 << 16 }));
    ASSERT_OK(coil_to_thread_copy(add, &(struct pair){ 1000, 2000 }));
    return coil_task_group_end(&group, 0);
}

TEST(macros_take_compound_literals)
{
    ASSERT_OK(coil_test_run(create_all, NULL, 0));
    ASSERT_EQ(sum, 3336);
}
