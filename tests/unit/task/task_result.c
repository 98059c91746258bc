/* SPDX-License-Identifier: MIT */
/*
 * The task against B0 and B4 of asyncio's behaviour, TASK-2 … TASK-5: its
 * result, its awaiters, its name, and how long it exists.
 */
#include <stdio.h>

#include "bodies.h"
#include "jobs.h"

static int return_arg(void *arg)
{
    return (int)(intptr_t)arg;
}

/* ---- results ---- */

CORE_TEST(task_result_is_what_its_function_returned)
{
    static const int results[] = { 0, 1, INT32_MAX, -1, -EIO, -6000 };

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct coil_task *task = start(return_arg, number(results[i]));

        ASSERT(!coil_task_is_done(task));
        ASSERT_EQ(coil_task_result(task), -EAGAIN);
        ASSERT_EQ(coil_task_await(task), results[i]);
        ASSERT(coil_task_is_done(task));
        ASSERT(!coil_task_is_cancelled(task));
        ASSERT_EQ(coil_task_result(task), results[i]);
        ASSERT_EQ(coil_future_result(coil_task_future(task), NULL), results[i]);
        coil_task_release(task);
    }
}

CORE_TEST(task_that_returns_ecanceled_is_cancelled)
{
    struct coil_task *task = start(return_arg, number(-ECANCELED));

    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

CORE_TEST(task_that_returns_eagain_is_done)
{
    struct coil_task *task = start(return_arg, number(-EAGAIN));

    turn();
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(end_of(task), -EAGAIN);
}

CORE_TEST(task_may_be_awaited_by_many_and_often)
{
    struct coil_task *task = start_job("task", COIL_SECOND, 7);
    struct coil_task *a = start(await_task, task);
    struct coil_task *b = start(await_task, task);

    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT_EQ(end_of(a), 7);
    ASSERT_EQ(end_of(b), 7);
    coil_task_release(task);
    SAID("task ");
}

static int await_and_say(void *arg)
{
    struct coil_task **task = arg;
    int rc = coil_task_await(*task);

    say("got%d ", rc);
    return rc;
}

/* B0: hop_child_task_to_parent */
CORE_TEST(task_that_ends_wakes_who_awaits_it_in_the_next_turn)
{
    struct coil_task *task = start(say_arg, "task");
    struct coil_task *a = start(await_and_say, &task);
    struct coil_task *after = start(say_arg, "after");

    turn();
    SAID("task got0 after ");
    ASSERT_EQ(end_of(a), 0);
    coil_task_release(task);
    task = start_job("task", COIL_SECOND, 1);
    a = start(await_and_say, &task);
    ASSERT_EQ(coil_sleep_until(coil_now() + COIL_SECOND), 0);
    /*
     * This task's timer was armed first, so it runs first, then the other task.
     */
    SAID("");
    turn();
    SAID("task ");
    turn();
    SAID("got1 ");
    ASSERT_EQ(end_of(a), 1);
    coil_task_release(task);
    coil_task_release(after);
}

static int await_next(void *arg)
{
    struct coil_task *next = arg;
    int rc = coil_task_await(next);

    coil_task_release(next);
    return rc < 0 ? rc : rc + 1;
}

CORE_TEST(task_awaits_a_task_a_thousand_deep)
{
    struct coil_task *task = start_job("last", COIL_SECOND, 0);

    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    ASSERT_EQ(end_of(task), 1000);
    SAID("last ");
    task = start_job("last", COIL_SECOND, -EIO);
    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    ASSERT_EQ(end_of(task), -EIO);
    SAID("last ");
}

/* ---- awaiting oneself ---- */

static int await_itself(void *arg)
{
    struct coil_task *self = coil_current_task();

    (void)arg;
    ASSERT_EQ(coil_task_await(self), -EDEADLK);
    ASSERT_EQ(coil_future_await(coil_task_future(self), NULL), -EDEADLK);
    ASSERT_EQ(coil_wait_for(coil_task_future(self), COIL_SECOND, NULL),
              -EDEADLK);
    /* §2.4: a cancellation is reported before any other error. */
    cancel(self);
    ASSERT_EQ(coil_task_await(self), -ECANCELED);
    ASSERT_EQ(coil_task_await(self), -EDEADLK);
    return 3;
}

/* TASK-2 */
CORE_TEST(task_cannot_await_itself)
{
    ASSERT_EQ(end_of(start(await_itself, NULL)), 3);
    /* Each time it was told as a mistake. */
    ASSERT_EQ(report_count, 4);
    ASSERT_EQ(reported.error, -EDEADLK);
    ASSERT_STR_CONTAINS(reported.message, "awaits itself");
    report_count = 0;
}

static struct coil_task *ring[3];

static int await_in_ring(void *arg)
{
    struct coil_task **next = arg;

    return coil_task_await(*next);
}

static int await_in_a_ring(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        ring[i] = start(await_in_ring, &ring[(i + 1) % 3]);
    return coil_task_await(ring[0]);
}

/* TASK-2, §2.13: nothing can run again, except what closes the loop. */
TEST(task_ring_of_awaits_is_a_deadlock)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop_report report;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, await_in_a_ring, NULL),
              -EDEADLK);
    ASSERT(!coil_task_is_done(ring[0]));
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 4);
    for (int i = 0; i < 3; i++) {
        ASSERT(coil_task_is_cancelled(ring[i]));
        coil_task_release(ring[i]);
    }
}

/* ---- names and numbers ---- */

static unsigned long long number_of(struct coil_task *task)
{
    unsigned long long n = 0;

    ASSERT_EQ(sscanf(coil_task_name(task), "Task-%llu", &n), 1);
    return n;
}

/* TASK-3 */
CORE_TEST(task_names_are_numbered)
{
    struct coil_task *a = start(say_arg, "a");
    struct coil_task *b = start(say_arg, "b");

    ASSERT_LT(number_of(coil_current_task()), number_of(a));
    ASSERT_LT(number_of(a), number_of(b));
    ASSERT_EQ(number_of(a), coil_task_id(a));
    ASSERT_LT(coil_task_id(a), coil_task_id(b));
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* TASK-3 */
CORE_TEST(task_name_is_copied)
{
    char name[] = "fetch";
    const struct coil_task_options options = { .name = name };
    struct coil_task *task = start_with(say_arg, "a", &options);

    memset(name, 'x', 5);
    ASSERT_STR_EQ(coil_task_name(task), "fetch");
    coil_task_set_name(task, name);
    ASSERT_STR_EQ(coil_task_name(task), "xxxxx");
    ASSERT_EQ(coil_task_await(task), 0);
    ASSERT_STR_EQ(coil_task_name(task), "xxxxx");
    coil_task_release(task);
    SAID("a ");
}

/* TASK-3 */
CORE_TEST(task_name_has_at_most_31_bytes)
{
    const struct coil_task_options options = {
        .name = "0123456789012345678901234567890123456789",
    };
    struct coil_task *task = start_with(say_arg, "a", &options);

    ASSERT_STR_EQ(coil_task_name(task), "0123456789012345678901234567890");
    coil_task_set_name(task, "abcdefghijklmnopqrstuvwxyzabcdefghijkl");
    ASSERT_STR_EQ(coil_task_name(task), "abcdefghijklmnopqrstuvwxyzabcde");
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
}

/* ---- who runs, and who there is ---- */

static int check_current_task(void *arg)
{
    struct coil_task **self = arg;

    for (int i = 0; i < 3; i++) {
        ASSERT_PTR_EQ(coil_current_task(), *self);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static void check_no_task(void *arg)
{
    ASSERT_NULL(coil_current_task());
    ASSERT_NULL(coil_coroutine_current());
    say("%s ", (const char *)arg);
}

/* TASK-4 */
CORE_TEST(task_current_is_the_one_that_runs)
{
    struct coil_handle handle = { 0 };
    struct coil_task *a;
    struct coil_task *b;

    a = start(check_current_task, &a);
    b = start(check_current_task, &b);
    coil_loop_call_soon(coil_loop_current(), &handle, check_no_task, "handle");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("handle ");
}

/* TASK-4 */
TEST(task_current_is_none_outside)
{
    ASSERT_NULL(coil_current_task());
    ASSERT_EQ(coil_all_tasks(NULL, 0), 0);
}

/* TASK-5 */
CORE_TEST(task_list_has_those_that_are_not_done_oldest_first)
{
    struct coil_task *list[5] = { NULL };
    struct coil_task *a = start_job("a", COIL_SECOND, 0);
    struct coil_task *b = start_job("b", 0, 0);
    struct coil_task *c = start_job("c", COIL_SECOND, 0);

    ASSERT_EQ(coil_all_tasks(list, 5), 4);
    ASSERT_PTR_EQ(list[0], coil_current_task());
    ASSERT_PTR_EQ(list[1], a);
    ASSERT_PTR_EQ(list[2], b);
    ASSERT_PTR_EQ(list[3], c);
    ASSERT_NULL(list[4]);
    turn();
    ASSERT_EQ(coil_all_tasks(list, 5), 3);
    ASSERT_PTR_EQ(list[1], a);
    ASSERT_PTR_EQ(list[2], c);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(coil_all_tasks(list, 5), 1);
    /* The task is done, and still referred to. */
    ASSERT_EQ(end_of(b), 0);
    SAID("b a c ");
}

/* TASK-5 */
CORE_TEST(task_list_says_how_many_do_not_fit)
{
    struct coil_task *list[2] = { NULL };
    struct coil_task *a = start_job("a", 0, 0);
    struct coil_task *b = start_job("b", 0, 0);

    ASSERT_EQ(coil_all_tasks(NULL, 0), 3);
    ASSERT_EQ(coil_all_tasks(list, 1), 3);
    ASSERT_PTR_EQ(list[0], coil_current_task());
    ASSERT_NULL(list[1]);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* ---- references ---- */

CORE_TEST(task_runs_on_when_its_reference_is_given_back)
{
    coil_task_release(start_job("a", COIL_SECOND, 0));
    coil_task_release(NULL);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("a ");
}

CORE_TEST(task_result_stays_readable_as_long_as_there_is_a_reference)
{
    struct coil_task *task = start_job("a", 0, 7);

    ASSERT_PTR_EQ(coil_task_retain(task), task);
    turn();
    coil_task_release(task);
    for (int i = 0; i < 50; i++)
        ASSERT_EQ(end_of(start_job("x", 0, 0)), 0);
    forget();
    ASSERT_EQ(coil_task_result(task), 7);
    ASSERT_GT(coil_task_id(task), 0);
    coil_task_release(task);
}

static struct coil_task *kept;

static int keep_one(void *arg)
{
    kept = start(return_arg, arg);
    return coil_yield();
}

TEST(task_result_stays_readable_after_the_loop)
{
    ASSERT_EQ(coil_test_run(keep_one, number(7), 0), 0);
    ASSERT(coil_task_is_done(kept));
    ASSERT(!coil_task_cancel(kept));
    ASSERT_EQ(coil_task_uncancel(kept), 0);
    ASSERT_EQ(coil_task_result(kept), 7);
    ASSERT(strncmp(coil_task_name(kept), "Task-", 5) == 0);
    coil_task_release(kept);
}

/* The error is reported on standard error: there is no loop to ask. */
TEST(task_error_unseen_after_the_loop_is_no_crash)
{
    ASSERT_EQ(coil_test_run(keep_one, number(-EIO), 0), 0);
    coil_task_release(kept);
}

static int let_go(void *arg)
{
    coil_task_release(arg);
    return coil_yield();
}

/* Awaiting is a reference of its own. */
CORE_TEST(task_that_is_awaited_may_be_released_meanwhile)
{
    struct coil_task *task = start_job("a", COIL_SECOND, 7);

    ASSERT_EQ(coil_task_create(NULL, let_go, task), 0);
    ASSERT_EQ(coil_task_await(task), 7);
    SAID("a ");
}

/* ---- errors that nobody looks at ---- */

CORE_TEST(task_error_unseen_is_reported_with_the_last_reference)
{
    struct coil_task *task;
    const struct coil_task_options options = { .name = "faulty" };

    ASSERT_EQ(coil_task_create_at(&task, return_arg, number(-EIO), &options,
                                  "here:1"),
              0);
    turn();
    turn();
    ASSERT_EQ(report_count, 0);
    coil_task_retain(task);
    coil_task_release(task);
    ASSERT_EQ(report_count, 0);
    coil_task_release(task);
    ASSERT_PTR_EQ(reported.task, task);
    ASSERT_PTR_EQ(reported.future, coil_task_future(task));
    ASSERT_STR_EQ(reported.site, "here:1");
    ASSERT_NOT_NULL(reported.message);
    ASSERT_NULL(reported.object);
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_error_unseen_of_the_loops_own_task_is_reported)
{
    ASSERT_EQ(coil_task_create(NULL, return_arg, number(-EIO)), 0);
    ASSERT_EQ(report_count, 0);
    turn();
    ASSERT_STR_CONTAINS(reported.site, "task_result.c:");
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_error_that_was_looked_at_is_not_reported)
{
    struct coil_task *a = start(return_arg, number(-EIO));
    struct coil_task *b = start(return_arg, number(-EIO));
    struct coil_task *c = start(return_arg, number(-EIO));
    struct coil_task *d = start(return_arg, number(-EIO));

    /* It is too early to count as having looked. */
    ASSERT_EQ(coil_task_result(d), -EAGAIN);
    ASSERT_EQ(end_of(a), -EIO);
    ASSERT_EQ(coil_task_result(b), -EIO);
    coil_task_release(b);
    ASSERT_EQ(coil_future_result(coil_task_future(c), NULL), -EIO);
    coil_task_release(c);
    ASSERT_EQ(report_count, 0);
    ASSERT(coil_task_is_done(d));
    ASSERT(!coil_task_is_cancelled(d));
    coil_task_release(d);
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_result_or_cancellation_unseen_is_silent)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(NULL, return_arg, number(7)), 0);
    ASSERT_EQ(coil_task_create(NULL, return_arg, number(-ECANCELED)), 0);
    task = start_job("never", 0, 0);
    coil_task_cancel(task);
    coil_task_release(task);
    turn();
    ASSERT_EQ(report_count, 0);
}
