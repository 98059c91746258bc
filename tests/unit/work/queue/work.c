/* SPDX-License-Identifier: MIT */
/*
 * A queue of jobs: what is put comes out in order, once, and ends.
 */
#include <errno.h>
#include <string.h>

#include <coil/cancel.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/work.h>

#include "simulated.h"
#include "test.h"
#include "work_test.h"

static void begin(void)
{
    open_work(NULL);
}

#define WORK_TEST(name) SIMULATED_TEST(name, begin, close_work, 0, 0)

/* ---- order ---- */

WORK_TEST(work_gives_the_smallest_priority_and_then_the_first)
{
    put_job("c", NULL, 5);
    put_job("a", NULL, -3);
    put_job("d", NULL, 5);
    put_job("b", "group", 0);
    finish_job("a");
    finish_job("b");
    finish_job("c");
    finish_job("d");
    expect_none();
    expect_stats(&(struct coil_work_stats){ .put = 4, .done = 4 });
}

WORK_TEST(work_is_put_once_by_its_id)
{
    const struct coil_work_item items[] = {
        { .id = "a", .body = "1", .size = 1 },
        { .id = "b", .body = "2", .size = 1 },
        { .id = "a", .body = "3", .size = 1 },
    };
    struct coil_job job;

    ASSERT_EQ(coil_work_put_many(work, items, 3), 2);
    ASSERT_EQ(coil_work_put(work, &items[0]), 0);
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_STR_EQ(job.body, "1");
    ASSERT_EQ(coil_job_done(&job), 0);
    /* Also when it is done. */
    ASSERT_EQ(coil_work_put(work, &items[2]), 0);
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_STR_EQ(job.id, "b");
    ASSERT_EQ(coil_job_done(&job), 0);
    ASSERT_EQ(coil_work_put_many(work, items, 0), 0);
    expect_none();
}

WORK_TEST(work_without_an_id_is_new_each_time)
{
    const struct coil_work_item item = { .body = "x\0y", .size = 3 };
    struct coil_job one, two;

    ASSERT_EQ(coil_work_put(work, &item), 1);
    ASSERT_EQ(coil_work_put(work, &item), 1);
    ASSERT_EQ(coil_work_get(work, &one), 0);
    ASSERT_EQ(coil_work_get(work, &two), 0);
    ASSERT_EQ(one.size, 3);
    ASSERT_MEM_EQ(one.body, "x\0y", 4);
    ASSERT(strcmp(one.id, two.id) != 0);
    ASSERT_STR_EQ(one.group, "");
    ASSERT_GT(two.fence, one.fence);
    ASSERT_EQ(coil_job_done(&two), 0);
    ASSERT_EQ(coil_job_done(&one), 0);
}

WORK_TEST(work_that_is_delayed_waits_for_its_time)
{
    const struct coil_work_item item = {
        .id = "late", .delay = COIL_SECOND, .body = "late", .size = 4
    };
    coil_time begin = coil_now();
    struct coil_job job;

    ASSERT_EQ(coil_work_put(work, &item), 1);
    expect_none();
    expect_stats(&(struct coil_work_stats){ .put = 1, .delayed = 1 });
    get_job(&job, "late");
    ASSERT_EQ(coil_now() - begin, COIL_SECOND);
    ASSERT_EQ(coil_job_done(&job), 0);
}

WORK_TEST(work_refuses_what_is_no_item)
{
    static char long_name[1026];
    struct coil_work_item item = { .id = "a", .body = "x", .size = 1 };

    memset(long_name, 'x', sizeof long_name - 1);
    item.delay = -1;
    ASSERT_EQ(coil_work_put(work, &item), -EINVAL);
    item.delay = 0;
    item.group = long_name;
    ASSERT_EQ(coil_work_put(work, &item), -EINVAL);
    ASSERT_EQ(coil_work_pause(work, long_name, 1), -EINVAL);
    ASSERT_EQ(coil_work_pause(work, "", 1), -EINVAL);
    ASSERT_EQ(coil_work_pause(work, "g", -1), -EINVAL);
    item.group = NULL;
    item.body = NULL;
    ASSERT_EQ(coil_work_put(work, &item), -EINVAL);
    item.size = 0;
    ASSERT_EQ(coil_work_put(work, &item), 1);
}

/* ---- who waits ---- */

static int take(void *arg)
{
    struct coil_job job;
    int rc = coil_work_get(work, &job);

    if (rc < 0)
        return rc;
    *(char *)arg = *job.id;
    return coil_job_done(&job);
}

WORK_TEST(work_goes_to_who_has_waited_longest)
{
    struct coil_task *tasks[3];
    char got[3] = { 0 };

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], take, &got[i]), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    put_job("c", NULL, 0);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    ASSERT_MEM_EQ(got, "abc", 3);
}

WORK_TEST(work_that_a_cancelled_task_waited_for_goes_to_another)
{
    struct coil_task *tasks[2];
    char got[2] = { 0 };

    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], take, &got[i]), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    coil_task_cancel(tasks[0]);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_await(tasks[0]), -ECANCELED);
    ASSERT_EQ(coil_task_await(tasks[1]), 0);
    ASSERT_EQ(got[1], 'a');
    coil_task_release(tasks[0]);
    coil_task_release(tasks[1]);
    expect_stats(&(struct coil_work_stats){ .put = 1, .done = 1 });
}

/* The claimer is about to run when the task is cancelled. */
WORK_TEST(work_given_to_a_task_that_was_cancelled_is_given_back)
{
    struct coil_task *task;
    struct coil_job job;
    char got = 0;

    ASSERT_EQ(coil_task_create(&task, take, &got), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_task_cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    ASSERT_EQ(coil_yield(), 0);
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* ---- groups ---- */

static const struct coil_work_options polite = {
    .group_delay = COIL_SECOND,
};

SIMULATED_TEST(work_of_a_group_keeps_a_delay, NULL, NULL, 0, 0)
{
    struct coil_job job, other;
    coil_time end;

    open_work(&polite);
    put_job("a1", "a", 0);
    put_job("a2", "a", 0);
    put_job("b1", "b", 1);
    put_job("1", NULL, 2);
    put_job("2", NULL, 2);
    get_job(&job, "a1");
    /* The limit is one, and what is in no group has none. */
    finish_job("b1");
    finish_job("1");
    finish_job("2");
    expect_none();
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    expect_none();
    ASSERT_EQ(coil_job_done(&job), 0);
    end = coil_now();
    expect_none();
    get_job(&other, "a2");
    ASSERT_EQ(coil_now() - end, COIL_SECOND);
    /* Also after one that is given back: it may have begun. */
    ASSERT_EQ(coil_job_return(&other), 0);
    end = coil_now();
    get_job(&other, "a2");
    ASSERT_EQ(coil_now() - end, COIL_SECOND);
    ASSERT_EQ(coil_job_done(&other), 0);
    close_work();
}

SIMULATED_TEST(work_of_a_group_keeps_a_limit, NULL, NULL, 0, 0)
{
    const struct coil_work_options options = { .group_limit = 2 };
    struct coil_job one, two;

    open_work(&options);
    put_job("a1", "a", 0);
    put_job("a2", "a", 0);
    put_job("a3", "a", 0);
    get_job(&one, "a1");
    get_job(&two, "a2");
    expect_none();
    ASSERT_EQ(coil_job_done(&two), 0);
    finish_job("a3");
    ASSERT_EQ(coil_job_done(&one), 0);
    close_work();
}

WORK_TEST(work_of_a_paused_group_waits)
{
    struct coil_job job;
    coil_time begin = coil_now();

    put_job("a", "a", 0);
    ASSERT_EQ(coil_work_pause(work, "a", 5 * COIL_SECOND), 0);
    ASSERT_EQ(coil_work_pause(work, "a", COIL_SECOND), 0);
    put_job("a2", "a", -1);
    expect_none();
    get_job(&job, "a2");
    ASSERT_EQ(coil_now() - begin, 5 * COIL_SECOND);
    ASSERT_EQ(coil_job_done(&job), 0);
    finish_job("a");
}

/* ---- the ways in which a job ends ---- */

WORK_TEST(work_that_is_retried_comes_back_until_it_is_dead)
{
    struct coil_work_dead dead;
    struct coil_job job;
    coil_time begin = coil_now();

    put_job("a", "g", 7);
    for (unsigned i = 1; i <= 3; i++) {
        get_job(&job, "a");
        ASSERT_EQ(job.delivery, i);
        ASSERT_EQ(job.priority, 7);
        ASSERT_STR_EQ(job.group, "g");
        ASSERT_EQ(coil_now() - begin, (coil_time)(i - 1) * COIL_SECOND);
        ASSERT_EQ(coil_job_retry(&job, COIL_SECOND), 0);
    }
    expect_none();
    expect_stats(
        &(struct coil_work_stats){ .put = 1, .dead = 1, .retried = 3 });
    ASSERT_EQ(coil_work_list_dead(work, 0, &dead, 1), 1);
    ASSERT_STR_EQ(dead.id, "a");
    ASSERT_STR_EQ(dead.group, "g");
    ASSERT_STR_EQ(dead.reason, "");
    ASSERT_MEM_EQ(dead.body, "a", 1);
    ASSERT_EQ(dead.size, 1);
    ASSERT_EQ(dead.deliveries, 3);
    coil_work_dead_free(&dead);
    ASSERT_EQ(coil_work_list_dead(work, 1, &dead, 1), 0);

    ASSERT_EQ(coil_work_revive(work, "b"), 0);
    ASSERT_EQ(coil_work_revive(work, "a"), 1);
    get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    expect_stats(
        &(struct coil_work_stats){ .put = 1, .done = 1, .retried = 3 });
}

WORK_TEST(work_that_is_buried_keeps_its_reason)
{
    struct coil_work_dead dead[3];
    struct coil_job job;

    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_job_bury(&job, "404"), 0);
    get_job(&job, "b");
    ASSERT_EQ(coil_job_bury(&job, NULL), 0);
    ASSERT_EQ(coil_work_list_dead(work, 0, dead, 3), 2);
    ASSERT_STR_EQ(dead[0].reason, "404");
    ASSERT_EQ(dead[0].deliveries, 1);
    ASSERT_STR_EQ(dead[1].id, "b");
    ASSERT_STR_EQ(dead[1].reason, "");
    coil_work_dead_free(&dead[0]);
    coil_work_dead_free(&dead[1]);
    ASSERT_EQ(coil_work_revive(work, NULL), 2);
    finish_job("a");
    finish_job("b");
}

WORK_TEST(work_that_is_returned_was_not_delivered)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    for (int i = 0; i < 5; i++) {
        try_get_job(&job, "a");
        ASSERT_EQ(job.delivery, 1);
        ASSERT_EQ(coil_job_return(&job), 0);
    }
    finish_job("a");
}

WORK_TEST(work_that_ends_wrongly_is_given_back)
{
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_job_retry(&job, -1), -EINVAL);
    finish_job("a");
}

static int end_when_cancelled(void *arg)
{
    struct coil_job job;

    (void)arg;
    get_job(&job, "a");
    coil_task_cancel(coil_current_task());
    return coil_job_done(&job);
}

WORK_TEST(work_that_is_ended_by_a_cancelled_task_is_given_back)
{
    struct coil_task *task;

    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_create(&task, end_when_cancelled, NULL), 0);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    finish_job("a");
}

/* ---- join ---- */

static int take_slowly(void *arg)
{
    struct coil_job job;
    int rc = coil_work_get(work, &job);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_sleep(100 * COIL_SECOND);
    return rc < 0 ? rc : coil_job_bury(&job, "slow");
}

WORK_TEST(work_is_joined_when_all_is_done_or_dead)
{
    coil_time begin = coil_now();

    ASSERT_EQ(coil_work_join(work), 0);
    ASSERT_EQ(coil_now(), begin);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_create(NULL, take_slowly, NULL), 0);
    ASSERT_EQ(coil_work_join(work), 0);
    ASSERT_GE(coil_now() - begin, 100 * COIL_SECOND);
    ASSERT_LE(coil_now() - begin, 101 * COIL_SECOND);
}

/* ---- handles ---- */

CORE_TEST(work_is_shared_by_name)
{
    struct coil_work *other;
    struct coil_work *apart;
    struct coil_job job;

    ASSERT_EQ(coil_work_open(&work, "memory:here", NULL), 0);
    ASSERT_EQ(coil_work_open(&other, "memory:here", NULL), 0);
    ASSERT_EQ(coil_work_open(&apart, "memory:there", NULL), 0);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_work_try_get(apart, &job), -EAGAIN);
    ASSERT_EQ(coil_work_try_get(other, &job), 0);
    expect_none();
    /* Closing gives it back, and cancels the holder: this task. */
    ASSERT_EQ(coil_work_close(other), -ECANCELED);
    ASSERT(!coil_job_is_held(&job));
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    finish_job("a");
    close_work();
    ASSERT_EQ(coil_work_close(apart), 0);
    /* Nothing of it is left. */
    ASSERT_EQ(coil_work_open(&work, "memory:here", NULL), 0);
    expect_stats(&(struct coil_work_stats){ .put = 0 });
    close_work();
}

WORK_TEST(work_wakes_who_waits_at_another_handle)
{
    struct coil_work *mine = work;
    struct coil_work *other;
    struct coil_task *task;
    coil_time begin;
    char got = 0;

    ASSERT_EQ(coil_work_open(&other, "memory:bell", NULL), 0);
    ASSERT_EQ(coil_work_open(&work, "memory:bell", NULL), 0);
    ASSERT_EQ(coil_task_create(&task, take, &got), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    begin = coil_now();
    ASSERT_EQ(coil_work_put(other, &(struct coil_work_item){ .id = "x" }), 1);
    ASSERT_EQ(coil_task_await(task), 0);
    ASSERT_EQ(coil_now(), begin);
    ASSERT_EQ(got, 'x');
    coil_task_release(task);
    close_work();
    ASSERT_EQ(coil_work_close(other), 0);
    work = mine;
}

static int get_in_vain(void *arg)
{
    struct coil_job job;

    (void)arg;
    return coil_work_get(work, &job);
}

CORE_TEST(work_that_is_closed_lets_nobody_wait)
{
    struct coil_task *task;

    open_work(NULL);
    ASSERT_EQ(coil_task_create(&task, get_in_vain, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    close_work();
    ASSERT_EQ(coil_task_await(task), -EPIPE);
    coil_task_release(task);
    ASSERT_EQ(coil_work_close(NULL), 0);
}

static int join(void *arg)
{
    (void)arg;
    return coil_work_join(work);
}

CORE_TEST(work_that_is_closed_is_not_joined)
{
    struct coil_task *task;

    open_work(NULL);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_task_create(&task, join, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_work_close(work), 0);
    ASSERT_EQ(coil_task_await(task), -EPIPE);
    coil_task_release(task);
}

CORE_TEST(work_refuses_wrong_options)
{
    static const struct coil_work_options wrong[] = {
        { .lease = COIL_MILLISECOND },
        { .lease = -1 },
        { .margin = -1 },
        { .lease = 3 * COIL_SECOND, .margin = 2 * COIL_SECOND },
        { .group_delay = -1 },
        { .name = "" },
        { .name = "a{b" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_EQ(coil_work_open(&work, "memory:", &wrong[i]), -EINVAL);
    ASSERT_EQ(coil_work_open(&work, "http://there", NULL), -EINVAL);
    ASSERT_NULL(work);
}
