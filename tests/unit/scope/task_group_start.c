/* SPDX-License-Identifier: MIT */
/*
 * A task of a group that says when it is ready.
 */
#include <coil/task_group.h>

#include "jobs.h"

/* Sleep, be ready, sleep, return. */
struct service {
    coil_time until_ready;
    int error; /* instead of being ready, unless 0 */
    int result;
    int in_spite; /* how a cancellation before it is ready ends; 1: be ready */
};

static int value;

static int run_service(void *arg)
{
    const struct service *s = arg;
    int rc = coil_sleep(s->until_ready);

    if (rc < 0 && s->in_spite != 1)
        return s->in_spite < 0 ? s->in_spite : rc;
    if (s->error != 0)
        return s->error;
    say("ready ");
    ASSERT_EQ(coil_task_started(&value), 0);
    ASSERT_EQ(coil_task_started(&value), -EALREADY);
    rc = coil_sleep(10 * COIL_SECOND);
    say("end ");
    return rc < 0 ? rc : s->result;
}

static struct coil_task_group group;

static void begin(void)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
}

static int start_service(const struct service *service)
{
    void *got = NULL;
    int rc = coil_task_group_start(&group, NULL, run_service,
                                   (void *)(uintptr_t)service, &got);

    ASSERT_PTR_EQ(got, rc == 0 ? &value : NULL);
    return rc;
}

CORE_TEST(task_group_start_waits_until_the_task_is_ready)
{
    const struct service service = { .until_ready = COIL_SECOND };
    struct coil_task *task = NULL;

    begin();
    ASSERT_EQ(coil_task_group_start(&group, &task, run_service,
                                    (void *)(uintptr_t)&service, NULL),
              0);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    ASSERT(!coil_task_is_done(task));
    SAID("ready ");
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(coil_now(), 11 * COIL_SECOND);
    coil_task_release(task);
    SAID("end ");
}

CORE_TEST(task_group_start_of_an_eager_task)
{
    const struct service service = { .until_ready = 0 };
    const struct coil_task_options eager = { .eager = true };

    begin();
    ASSERT_EQ(coil_task_group_start_with(&group, NULL, run_service,
                                         (void *)(uintptr_t)&service, NULL,
                                         &eager),
              0);
    coil_task_group_cancel(&group);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    forget();
}

/* It is the caller's to deal with, and the other task runs on. */
CORE_TEST(task_group_start_that_fails_is_no_error_of_the_group)
{
    const struct service service = { .error = -EADDRINUSE };

    begin();
    ASSERT_EQ(coil_task_group_create_copy(
                  &group, NULL, do_job,
                  &(struct job){ .name = "other", .duration = COIL_SECOND }),
              0);
    ASSERT_EQ(start_service(&service), -EADDRINUSE);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
    SAID("other ");
}

CORE_TEST(task_group_start_of_what_is_never_ready)
{
    const struct service service = { .error = 3 };

    begin();
    ASSERT_EQ(start_service(&service), -ENODATA);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
}

/* Afterwards it is a task like others. */
CORE_TEST(task_group_started_task_that_fails_cancels_the_others)
{
    const struct service service = { .result = -EIO };

    begin();
    ASSERT_EQ(start_service(&service), 0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    forget();
}

static int start_in_group(void *arg)
{
    int rc;

    begin();
    rc = start_service(arg);
    say("=%d ", rc);
    if (rc == 0)
        rc = coil_checkpoint();
    return coil_task_group_end(&group, rc);
}

CORE_TEST(task_group_start_cancelled_cancels_the_task)
{
    const struct service service = { .until_ready = COIL_MINUTE };
    struct coil_task *task = start(start_in_group, &service);

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("=-125 ");
}

CORE_TEST(task_group_start_that_gets_ready_in_spite)
{
    const struct service service = { .until_ready = COIL_MINUTE,
                                     .in_spite = 1 };
    struct coil_task *task = start(start_in_group, &service);

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    SAID("ready =0 end ");
}

CORE_TEST(task_group_start_without_memory)
{
    const struct service service = { .until_ready = 0 };

    begin();
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(start_service(&service), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
}

CORE_TEST(task_started_without_a_start_is_refused)
{
    ASSERT_EQ(coil_task_started(NULL), -EALREADY);
}
