/* SPDX-License-Identifier: MIT */
/*
 * Eager start against B4 of asyncio's behaviour, EAG-1 … EAG-3: the first step
 * is taken within the call that creates the task.
 */
#include <coil/lock.h>
#include <coil/task_group.h>

#include "bodies.h"
#include "jobs.h"

static const struct coil_task_options eager = { .eager = true };

static struct coil_future ready;

static struct coil_task *start_eager(coil_fn fn, const void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, (void *)(uintptr_t)arg, &eager),
              0);
    return task;
}

static int say_it(void *arg)
{
    say("%s ", (const char *)arg);
    return 7;
}

/* Say the name before and after a turn. */
static int say_twice(void *arg)
{
    const char *name = arg;
    int rc;

    say("%s1 ", name);
    rc = coil_yield();
    say("%s2%s ", name, rc < 0 ? "!" : "");
    return rc;
}

/* ---- the first step ---- */

/* EAG-1 */
CORE_TEST(eager_task_that_does_not_wait_is_done_on_return)
{
    struct coil_task *task = start_eager(say_it, "task");

    SAID("task ");
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_task_result(task), 7);
    ASSERT_EQ(coil_scheduler_ready_count(coil_scheduler_current()), 0);
    ASSERT_EQ(end_of(task), 7);
}

/* EAG-1 */
CORE_TEST(eager_task_that_is_done_cannot_be_cancelled)
{
    struct coil_task *task = start_eager(say_it, "task");

    ASSERT(!coil_task_cancel(task));
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(end_of(task), 7);
    SAID("task ");
}

/* EAG-1 */
CORE_TEST(eager_task_runs_until_it_first_waits)
{
    struct coil_task *other = start(say_twice, "other");
    struct coil_task *task = start_eager(say_twice, "task");

    SAID("task1 "); /* nobody else had a turn */
    ASSERT(!coil_task_is_done(task));
    ASSERT_EQ(end_of(task), 0);
    SAID("other1 task2 other2 ");
    ASSERT_EQ(end_of(other), 0);
}

CORE_TEST(eager_task_that_need_not_wait_goes_on)
{
    struct coil_task *task;

    coil_future_init(&ready);
    coil_future_set_error(&ready, -EIO);
    task = start_eager(await_future, &ready);
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(end_of(task), -EIO);
}

CORE_TEST(eager_task_waits_as_any_other)
{
    struct coil_task *task;

    coil_future_init(&ready);
    task = start_eager(await_future, &ready);
    ASSERT_NOT_NULL(ready.waiters.head);
    coil_future_set_error(&ready, -EIO);
    ASSERT(!coil_task_is_done(task));
    ASSERT_EQ(end_of(task), -EIO);
}

CORE_TEST(eager_task_may_sleep)
{
    const struct job job = { "job", COIL_SECOND, 7, 0, 0 };
    struct coil_task *task = start_eager(do_job, &job);

    ASSERT_EQ(end_of(task), 7);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("job ");
}

/* ---- who runs ---- */

struct look {
    struct coil_task *current;
    struct coil_task **itself;
    size_t tasks;
    bool listed;
};

static int look_around(void *arg)
{
    struct look *look = arg;
    struct coil_task *tasks[8];

    look->current = coil_current_task();
    ASSERT_PTR_EQ(*look->itself, look->current); /* set before it runs */
    look->tasks = coil_all_tasks(tasks, 8);
    for (size_t i = 0; i < look->tasks; i++)
        look->listed = look->listed || tasks[i] == look->current;
    return 0;
}

/* EAG-2, TASK-4, TASK-5 */
CORE_TEST(eager_task_is_current_and_listed_while_it_runs)
{
    struct coil_task *self = coil_current_task();
    struct coil_task *task;
    struct look look = { .itself = &task };

    ASSERT_EQ(coil_task_create_with(&task, look_around, &look, &eager), 0);
    ASSERT_PTR_EQ(look.current, task);
    ASSERT(look.listed);
    ASSERT_EQ(look.tasks, 2);
    ASSERT_PTR_EQ(coil_current_task(), self);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(end_of(task), 0);
}

/*
 * EAG-2: the current task is restored even if the eager one waits and others
 * run.
 */
CORE_TEST(eager_task_that_waits_gives_back_its_place)
{
    struct coil_task *self = coil_current_task();
    struct coil_task *task = start_eager(say_twice, "task");

    ASSERT_PTR_EQ(coil_current_task(), self);
    turn();
    ASSERT_PTR_EQ(coil_current_task(), self);
    ASSERT_EQ(end_of(task), 0);
    SAID("task1 task2 ");
}

static int nest(void *arg)
{
    int depth = *(int *)arg;
    struct coil_task *task;
    int rc;

    say("<%d ", depth);
    if (depth > 0) {
        ASSERT_EQ(
            coil_task_create_with(&task, nest, &(int){ depth - 1 }, &eager), 0);
        rc = end_of(task);
        ASSERT_EQ(rc, depth - 1);
    } else {
        ASSERT_EQ(coil_yield(), 0);
    }
    say("%d> ", depth);
    return depth;
}

CORE_TEST(eager_tasks_nest)
{
    struct coil_task *task = start_eager(nest, &(int){ 3 });

    SAID("<3 <2 <1 <0 ");
    ASSERT_EQ(end_of(task), 3);
    SAID("0> 1> 2> 3> ");
}

static int create_many(void *arg)
{
    int *left = arg;
    int rc = 0;

    /* Some tasks end at once and others wait; nobody keeps a reference. */
    while (rc == 0 && --*left > 0)
        rc = coil_task_create_with(NULL, *left % 2 ? say_it : say_twice, "",
                                   &eager);
    forget();
    return rc;
}

CORE_TEST(eager_tasks_without_a_reference)
{
    int left = 1000;
    struct coil_task *task = start_eager(create_many, &left);

    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(end_of(task), 0);
    turn();
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    forget();
}

CORE_TEST(eager_tasks_argument_is_copied_and_destroyed)
{
    const struct coil_task_options options = {
        .eager = true,
        .arg_size = 3,
        .arg_destroy = (void (*)(void *))(void (*)(void))say_it,
        .name = "eager",
    };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, say_it, "ab", &options), 0);
    SAID("ab ab ");
    ASSERT_STR_EQ(coil_task_name(task), "eager");
    ASSERT_EQ(end_of(task), 7);
}

CORE_TEST(eager_tasks_unseen_error_is_reported_once)
{
    ASSERT_EQ(coil_task_create_with(NULL, fail, NULL, &eager), 0);
    ASSERT_UNSEEN(-EIO);
}

/* ---- cancelling ---- */

/* EAG-1: the body has begun, so it is told of the cancellation. */
CORE_TEST(eager_task_is_cancelled_where_it_waits)
{
    struct coil_task *task = start_eager(say_twice, "task");

    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("task1 task2! ");
}

static int cancel_creator(void *arg)
{
    cancel(arg);
    return 0;
}

/* 2.4: the creator is told in its next suspending call, not before. */
CORE_TEST(eager_task_may_cancel_its_creator)
{
    struct coil_task *task = start_eager(cancel_creator, coil_current_task());

    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(end_of(task), 0);
}

static int cancel_self_and_wait(void *arg)
{
    (void)arg;
    cancel_self();
    return coil_yield();
}

CORE_TEST(eager_task_may_cancel_itself)
{
    struct coil_task *task = start_eager(cancel_self_and_wait, NULL);

    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(end_of(task), -ECANCELED);
}

/*
 * A creator with a pending cancellation can create: the call does not suspend.
 */
CORE_TEST(eager_task_of_a_creator_that_is_to_be_cancelled)
{
    struct coil_task *task;

    cancel_self();
    task = start_eager(say_twice, "task");
    SAID("task1 ");
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(end_of(task), 0);
    SAID("task2 ");
}

/* ---- groups ---- */

static struct coil_task_group group;

static int group_create(coil_fn fn, const void *arg)
{
    return coil_task_group_create_with(&group, NULL, fn, (void *)(uintptr_t)arg,
                                       &eager);
}

/* EAG-3 */
CORE_TEST(eager_task_of_a_group_that_ended_at_once)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(group_create(say_it, "a"), 0);
    SAID("a ");
    ASSERT_EQ(group_create(say_it, "b"), 0);
    ASSERT_EQ(coil_task_group_end(&group, 5), 5);
    SAID("b ");
}

/* EAG-3, TG-3: its error is the group's. */
CORE_TEST(eager_task_of_a_group_that_failed_at_once)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(group_create(fail, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EIO);
    ASSERT_EQ(coil_task_group_error_count(&group), 1);
}

/* EAG-3: … but only after others could have had a turn. */
CORE_TEST(eager_task_that_failed_aborts_its_group_in_a_later_step)
{
    struct coil_task *self = coil_current_task();

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(group_create(fail, NULL), 0);
    ASSERT_EQ(coil_task_cancelling(self), 0);
    ASSERT_EQ(group_create(say_twice, "a"), 0); /* not -EPERM */
    SAID("a1 ");
    ASSERT_EQ(coil_yield(), -ECANCELED);
    SAID("a2! ");
    ASSERT_EQ(group_create(say_it, "b"), -EPERM);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), -EIO);
    ASSERT_EQ(coil_task_cancelling(self), 0);
}

static int third_task(void *arg)
{
    (void)arg;
    return -EXDEV;
}

static int second_task(void *arg)
{
    (void)arg;
    ASSERT_EQ(group_create(third_task, NULL), 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    say("second ");
    return -ECANCELED;
}

/* EAG-3: gh-128550, test_cancels_task_if_created_during_creation */
CORE_TEST(eager_task_is_cancelled_by_one_made_during_its_creation)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(group_create(second_task, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), -EXDEV);
    SAID("second ");
}

static int cancel_group(void *arg)
{
    (void)arg;
    coil_task_group_cancel(&group);
    say("%d ", coil_sleep(COIL_SECOND));
    return 0;
}

/* EAG-3: gh-155418 */
CORE_TEST(eager_task_that_cancels_its_group_is_cancelled)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(group_create(cancel_group, NULL), 0);
    SAID("-125 ");
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_task_group_end(&group, -ECANCELED), 0);
    ASSERT_EQ(coil_now(), 0);
}

static int create_last(void *arg)
{
    ASSERT_EQ(coil_yield(), 0);
    return group_create(say_it, arg);
}

/* TG-1: a task can be added while the body waits already. */
CORE_TEST(eager_task_is_made_while_the_body_waits)
{
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, create_last, "last"), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    SAID("last ");
}

CORE_TEST(eager_task_of_a_group_keeps_its_reference)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create_with(&group, &task, say_it, "a", &eager),
              0);
    ASSERT_EQ(coil_task_result(task), 7);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    coil_task_release(task);
    SAID("a ");
}

SEEDS_TEST(eager_tasks_in_a_group)
{
    int rc = coil_task_group_begin(&group);

    for (int i = 0; rc == 0 && i < 20; i++) {
        int n = (int)coil_test_random(4);

        rc = group_create(n == 0 ? say_it : say_twice, "");
        if (rc == 0 && n == 1)
            rc = coil_yield();
        if (rc == 0 && coil_test_random(30) == 0)
            rc = group_create(fail, NULL);
    }
    rc = coil_task_group_end(&group, rc == -EPERM ? 0 : rc);
    ASSERT(rc == 0 || rc == -EIO);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    forget();
}

/* ---- from elsewhere than a task ---- */

static struct coil_task *made;

static void create_in_callback(void *arg)
{
    ASSERT_NULL(coil_current_task());
    made = start_eager(say_twice, arg);
    ASSERT_NULL(coil_current_task());
    say("made ");
}

CORE_TEST(eager_task_made_by_a_callback)
{
    struct coil_handle call = { 0 };

    coil_loop_call_soon(coil_loop_current(), &call, create_in_callback, "a");
    turn();
    SAID("a1 made ");
    ASSERT_EQ(end_of(made), 0);
    SAID("a2 ");
}

static int create_in_coroutine(void *arg)
{
    made = start_eager(say_twice, arg);
    say("made ");
    return 0;
}

CORE_TEST(eager_task_made_by_a_coroutine_driven_by_hand)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, create_in_coroutine, "a", 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    SAID("a1 made ");
    coil_coroutine_free(co);
    ASSERT_EQ(end_of(made), 0);
    SAID("a2 ");
}

static int create_without_clock(void *arg)
{
    struct coil_task *task = start_eager(say_twice, arg);

    SAID("a1 ");
    ASSERT_EQ(end_of(task), 0);
    SAID("a2 ");
    return 0;
}

TEST(eager_task_on_a_scheduler_of_ones_own)
{
    ASSERT_EQ(run_without_clock(create_without_clock, "a"), 0);
}

/* EAG-2: only if the loop is running. */
TEST(eager_task_needs_a_running_loop)
{
    struct coil_loop *loop;

    ASSERT_EQ(coil_task_create_with(NULL, say_it, "", &eager), -EINVAL);
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_scheduler_enter(coil_loop_scheduler(loop)), 0);
    ASSERT_EQ(coil_task_create_with(NULL, say_it, "", &eager), -EINVAL);
    coil_scheduler_leave(coil_loop_scheduler(loop));
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    SAID("");
}

CORE_TEST(eager_task_without_memory_does_not_run)
{
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_task_create_with(NULL, say_it, "", &eager), -ENOMEM);
    SAID("");
}

/* ---- off the simulator, where tasks hand over to each other ---- */

static int on_the_kernels_loop(void *arg)
{
    struct coil_task *others[4];
    struct coil_task *task;

    (void)arg;
    for (int i = 0; i < 4; i++)
        others[i] = start(say_twice, "o");
    task = start_eager(say_twice, "task");
    SAID("task1 "); /* the others are ready and have not run */
    ASSERT_EQ(end_of(start_eager(say_it, "it")), 7);
    SAID("it ");
    ASSERT_EQ(end_of(task), 0);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(end_of(others[i]), 0);
    SAID("o1 o1 o1 o1 task2 o2 o2 o2 o2 ");
    return 0;
}

TEST(eager_task_returns_to_its_creator_and_to_nobody_else)
{
    ASSERT_EQ(coil_run(on_the_kernels_loop, NULL), 0);
}
