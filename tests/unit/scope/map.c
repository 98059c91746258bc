/* SPDX-License-Identifier: MIT */
/*
 * A function for each item, some at a time: who begins when, where the results
 * are, and that nothing runs on.
 */
#include <coil/local.h>
#include <coil/map.h>

#include "jobs.h"

enum { MOST = 6 };

static struct job jobs[MOST];
static int running;
static int most_running;

static void set_jobs(coil_time duration)
{
    static const char *const names[MOST] = { "a", "b", "c", "d", "e", "f" };

    for (int i = 0; i < MOST; i++)
        jobs[i] =
            (struct job){ .name = names[i], .duration = duration, .result = i };
    running = most_running = 0;
}

/* Say "+name" at the start; then as do_job(). */
static int run_job(void *item, void *arg)
{
    const struct job *job = item;
    int rc;

    ASSERT_PTR_EQ(arg, jobs);
    say("+%s ", job->name);
    running++;
    if (running > most_running)
        most_running = running;
    rc = do_job(item);
    running--;
    return rc;
}

static int map(size_t count, size_t at_once,
               const struct coil_map_options *options)
{
    return coil_map_with(jobs, count, at_once, run_job, jobs, options);
}

/* ---- how many at a time ---- */

CORE_TEST(map_runs_as_many_as_it_may)
{
    set_jobs(COIL_SECOND);
    ASSERT_EQ(coil_map(jobs, 6, 2, run_job, jobs), 0);
    ASSERT_EQ(most_running, 2);
    ASSERT_EQ(coil_now(), 3 * COIL_SECOND);
    SAID("+a +b a b +c +d c d +e +f e f ");
}

/* The next begins as soon as there is room, not when a batch has ended. */
CORE_TEST(map_begins_the_next_when_one_has_ended)
{
    set_jobs(COIL_SECOND);
    jobs[0].duration = 10 * COIL_SECOND;
    ASSERT_EQ(map(4, 2, NULL), 0);
    ASSERT_EQ(coil_now(), 10 * COIL_SECOND);
    SAID("+a +b b +c c +d d a ");
}

CORE_TEST(map_of_more_than_there_are_runs_all_at_once)
{
    set_jobs(COIL_SECOND);
    ASSERT_EQ(map(3, SIZE_MAX, NULL), 0);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("+a +b +c a b c ");
}

CORE_TEST(map_of_nothing_returns_at_once)
{
    ASSERT_EQ(map(0, 3, NULL), 0);
}

CORE_TEST(map_of_none_at_a_time_is_refused)
{
    ASSERT_EQ(map(1, 0, NULL), -EINVAL);
    SAID("");
}

static int double_it(void *item, void *arg)
{
    int *number = item;

    (void)arg;
    *number *= 2;
    return coil_yield();
}

CORE_TEST(map_leaves_results_in_place)
{
    int numbers[5] = { 1, 2, 3, 4, 5 };

    ASSERT_EQ(coil_map(numbers, 5, 2, double_it, NULL), 0);
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(numbers[i], 2 * (i + 1));
}

CORE_TEST(map_stores_what_the_function_returned)
{
    int results[4] = { 7, 7, 7, 7 };

    set_jobs(COIL_SECOND);
    ASSERT_EQ(map(4, 2, &(struct coil_map_options){ .results = results }), 0);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(results[i], i);
    forget();
}

static struct coil_local colour;

static int set_colour(void *item, void *arg)
{
    int *seen = item;

    (void)arg;
    *seen = (int)(intptr_t)coil_local_get(&colour);
    return coil_local_set(&colour, (void *)(intptr_t)9);
}

/* Not those of the task that ended last. */
CORE_TEST(map_items_have_the_values_of_the_caller)
{
    int seen[3] = { 0 };

    ASSERT_EQ(coil_local_set(&colour, (void *)(intptr_t)4), 0);
    ASSERT_EQ(coil_map(seen, 3, 1, set_colour, NULL), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(seen[i], 4);
}

/* ---- errors ---- */

CORE_TEST(map_first_error_cancels_the_rest)
{
    int results[5];

    set_jobs(10 * COIL_SECOND);
    jobs[1].duration = COIL_SECOND;
    jobs[1].result = -EIO;
    jobs[2].failure = -EPIPE;
    ASSERT_EQ(map(5, 3, &(struct coil_map_options){ .results = results }),
              -EIO);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    ASSERT_EQ(results[0], -ECANCELED);
    ASSERT_EQ(results[1], -EIO);
    ASSERT_EQ(results[2], -EPIPE);
    ASSERT_EQ(results[3], -ECANCELED);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    check_not_cancelled();
    SAID("+a +b +c b a! c! ");
}

CORE_TEST(map_waits_for_the_end_of_those_it_cancels)
{
    set_jobs(10 * COIL_SECOND);
    jobs[0].cleanup = 5 * COIL_SECOND;
    jobs[1].duration = COIL_SECOND;
    jobs[1].result = -EIO;
    ASSERT_EQ(map(2, 2, NULL), -EIO);
    ASSERT_EQ(coil_now(), 6 * COIL_SECOND);
    forget();
}

CORE_TEST(map_of_all_goes_on_after_errors)
{
    int results[4];
    const struct coil_map_options options = { .results = results, .all = true };

    set_jobs(COIL_SECOND);
    jobs[0].result = -EIO;
    jobs[2].result = -EPIPE;
    ASSERT_EQ(map(4, 2, &options), 2);
    ASSERT_EQ(results[0], -EIO);
    ASSERT_EQ(results[1], 1);
    ASSERT_EQ(results[2], -EPIPE);
    ASSERT_EQ(results[3], 3);
    SAID("+a +b a b +c +d c d ");
}

static int cancel_oneself(void *item, void *arg)
{
    (void)item;
    (void)arg;
    cancel_self();
    return coil_yield();
}

CORE_TEST(map_item_that_cancels_itself_has_failed)
{
    int items[2] = { 0 };

    ASSERT_EQ(coil_map(items, 2, 1, cancel_oneself, NULL), -ECANCELED);
    check_not_cancelled();
    ASSERT_EQ(coil_map_with(items, 2, 1, cancel_oneself, NULL,
                            &(struct coil_map_options){ .all = true }),
              2);
    check_not_cancelled();
}

/* ---- the caller is cancelled ---- */

static int results[MOST];

static int map_all(void *arg)
{
    const struct coil_map_options options = { .results = results,
                                              .all = arg != NULL };

    return map(MOST, 2, &options);
}

CORE_TEST(map_cancelled_cancels_what_runs_and_begins_no_more)
{
    struct coil_task *task;

    set_jobs(2 * COIL_SECOND);
    jobs[0].duration = COIL_SECOND;
    jobs[2].cleanup = 10 * COIL_SECOND;
    task = start(map_all, NULL);
    ASSERT_EQ(coil_sleep(1500 * COIL_MILLISECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_now(), 11500 * COIL_MILLISECOND);
    ASSERT_EQ(results[0], 0);
    for (int i = 1; i < MOST; i++)
        ASSERT_EQ(results[i], -ECANCELED);
    SAID("+a +b a +c b! c! ");
}

/* An option that goes on after errors does not go on after a cancellation. */
CORE_TEST(map_of_all_is_cancelled_as_well)
{
    struct coil_task *task;

    set_jobs(COIL_SECOND);
    task = start(map_all, jobs);
    ASSERT_EQ(coil_sleep(1500 * COIL_MILLISECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("+a +b a b +c +d c! d! ");
}

static int map_and_look(void *arg)
{
    int rc = map_all(arg);

    say("=%d ", rc);
    return coil_checkpoint();
}

/* What came first is returned, and the request is told afterwards. */
CORE_TEST(map_cancelled_after_an_error_returns_the_error)
{
    struct coil_task *task;

    set_jobs(COIL_SECOND);
    jobs[1].result = -EIO;
    jobs[0].duration = 60 * COIL_SECOND;
    jobs[0].cleanup = COIL_SECOND;
    task = start(map_and_look, NULL);
    ASSERT_EQ(coil_sleep(1500 * COIL_MILLISECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("+a +b b a! =-5 ");
}

CORE_TEST(map_of_what_succeeds_in_spite_is_a_success)
{
    struct coil_task *task;

    set_jobs(COIL_SECOND);
    for (int i = 4; i < MOST; i++)
        jobs[i].failure = 1;
    task = start(map_and_look, NULL);
    ASSERT_EQ(coil_sleep(2500 * COIL_MILLISECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("+a +b a b +c +d c d +e +f e! f! =0 ");
}

/* ---- memory ---- */

CORE_TEST(map_without_memory_for_one_task_fails)
{
    set_jobs(COIL_SECOND);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(map(3, 2, NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    SAID("");
    ASSERT_EQ(map(1, 1, NULL), 0);
    SAID("+a a ");
}

static int starve(void *item, void *arg)
{
    int rc = run_job(item, arg);

    coil_test_fail_allocation(0, false);
    return rc;
}

/* The end of one that runs is waited for, and its stack is used again. */
CORE_TEST(map_without_memory_for_many_goes_on_with_few)
{
    set_jobs(COIL_SECOND);
    coil_test_fail_allocation(3, true);
    ASSERT_EQ(coil_map(jobs, 3, 3, starve, jobs), 0);
    ASSERT_EQ(most_running, 2);
    SAID("+a a +b +c b c ");
}

/* ---- whatever the order ---- */

static int sleep_at_random(void *item, void *arg)
{
    int *calls = item;
    int rc;

    (void)arg;
    running++;
    ASSERT_LE(running, 3);
    rc = coil_sleep((coil_time)coil_test_random(5));
    running--;
    ++*calls;
    return rc;
}

SEEDS_TEST(map_calls_each_item_once_in_any_schedule)
{
    int calls[20] = { 0 };

    running = 0;
    ASSERT_EQ(coil_map(calls, 20, 3, sleep_at_random, NULL), 0);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(calls[i], 1);
}

static int map_without_a_task(void *arg)
{
    (void)arg;
    return map(1, 1, NULL);
}

TEST(map_needs_a_task)
{
    struct coil_coroutine *co = make(map_without_a_task, NULL);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -ENOTSUP);
    coil_coroutine_free(co);
}
