/* SPDX-License-Identifier: MIT */
/* group.c - one task group, and jobs for it */
#include "group.h"

struct coil_task_group group;

void begin_group(void)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
}

void add_to(struct coil_task_group *other, const char *name, coil_time duration,
            int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };

    ASSERT_EQ(coil_task_group_create_copy(other, NULL, do_job, &job), 0);
}

struct coil_task *add_job(const char *name, coil_time duration, int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };
    struct coil_task *task;

    ASSERT_EQ(coil_task_group_create_copy(&group, &task, do_job, &job), 0);
    return task;
}

void drop_job(const char *name, coil_time duration, int result)
{
    add_to(&group, name, duration, result);
}

void drop_cleaner(const char *name, coil_time cleanup, int failure)
{
    const struct job job = {
        .name = name,
        .duration = 100 * COIL_MINUTE,
        .cleanup = cleanup,
        .failure = failure,
    };

    ASSERT_EQ(coil_task_group_create_copy(&group, NULL, do_job, &job), 0);
}

static void cancel_group(void *arg)
{
    coil_task_group_cancel(arg);
}

static int run_group(void *arg)
{
    const struct group_plan *plan = arg;
    struct coil_handle timer = { 0 };
    int rc = 0;

    begin_group();
    drop_cleaner("a", 2 * COIL_SECOND, plan->faulty ? -EIO : 0);
    drop_cleaner("b", COIL_SECOND, 0);
    if (plan->cancel)
        coil_loop_call_later(coil_loop_current(), &timer, plan->cancel,
                             cancel_group, &group);
    if (plan->before)
        coil_task_group_cancel(&group);
    if (plan->body)
        rc = coil_sleep(plan->body);
    say("body%d ", rc);
    if (plan->swallow)
        rc = 0;
    rc = coil_task_group_end(&group, rc);
    say("end%d ", rc);
    coil_handle_cancel(&timer);
    say("%u ", coil_task_cancelling(coil_current_task()));
    say("%s", coil_yield() == -ECANCELED ? "again " : "");
    ASSERT_EQ(coil_sleep(100 * COIL_MINUTE), 0);
    return rc;
}

struct coil_task *start_group(const struct group_plan *plan)
{
    return start(run_group, plan);
}
