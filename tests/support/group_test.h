/* SPDX-License-Identifier: MIT */
/*
 * group_test.h - a test of task groups: one group, and jobs for it
 */
#ifndef COIL_TESTS_GROUP_TEST_H
#define COIL_TESTS_GROUP_TEST_H

#include "core_test.h"

static struct coil_task_group group;

static inline void begin(void)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
}

static inline struct coil_task *add_copy(const struct job *job)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_group_create_copy(&group, &task, do_job, job), 0);
    return task;
}

static inline struct coil_task *add_job(const char *name, coil_time duration,
                                        int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };

    return add_copy(&job);
}

static inline void add_to(struct coil_task_group *other, const char *name,
                          coil_time duration, int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };

    ASSERT_EQ(coil_task_group_create_copy(other, NULL, do_job, &job), 0);
}

static inline void drop_job(const char *name, coil_time duration, int result)
{
    add_to(&group, name, duration, result);
}

/* Runs until it is cancelled, then takes `cleanup` to end with `failure`. */
static inline void drop_cleaner(const char *name, coil_time cleanup,
                                int failure)
{
    const struct job job = {
        .name = name,
        .duration = 100 * COIL_MINUTE,
        .cleanup = cleanup,
        .failure = failure,
    };

    ASSERT_EQ(coil_task_group_create_copy(&group, NULL, do_job, &job), 0);
}

/* TG-9: no request stands, and none comes later. */
static inline void check_nothing_is_left(void)
{
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

#endif
