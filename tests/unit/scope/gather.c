/* SPDX-License-Identifier: MIT */
/*
 * Gathering: the results of all, or the first error.
 */
#include "futures.h"

/* ---- gather ---- */

/* G-1 */
CORE_TEST(combinators_gather_waits_for_all)
{
    struct coil_task *a = start_job("a", 2 * COIL_SECOND, 1);
    struct coil_task *b = start_job("b", COIL_SECOND, 2);
    struct coil_future *both[] = { coil_task_future(a), coil_task_future(b) };

    ASSERT_EQ(coil_gather(both, 2, 0), 0);
    SAID("b a ");
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
}

/* G-1 */
CORE_TEST(combinators_gather_of_nothing_is_done)
{
    struct coil_task *other = start_job("other", 0, 0);

    ASSERT_EQ(coil_gather(NULL, 0, 0), 0);
    ASSERT_EQ(coil_gather(NULL, 0, COIL_GATHER_RETURN_ERRORS), 0);
    SAID("");
    /* §2.4 */
    cancel_self();
    ASSERT_EQ(coil_gather(NULL, 0, 0), -ECANCELED);
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/* G-1 */
CORE_TEST(combinators_gather_of_one_that_is_passed_twice)
{
    struct coil_task *task;

    fresh(2);
    all[1] = all[0];
    task = start_gather(2, 0);
    complete_future(&some[0]);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 ");
}

CORE_TEST(combinators_gather_refuses_unknown_flags)
{
    struct coil_future *const *futures = fresh(1);

    ASSERT_EQ(coil_gather(futures, 1, 2u), -EINVAL);
    ASSERT_EQ(coil_gather(futures, 1, ~0u), -EINVAL);
    ASSERT(!coil_future_is_done(&some[0]));
}

/* G-2 */
CORE_TEST(combinators_gather_returns_the_first_error_at_once)
{
    struct coil_task *a = start_job("a", 2 * COIL_SECOND, 1);
    struct coil_task *b = start_job("b", COIL_SECOND, -EIO);
    struct coil_task *c = start_job("c", 3 * COIL_SECOND, -EPIPE);
    struct coil_future *futures[] = { coil_task_future(a), coil_task_future(b),
                                      coil_task_future(c) };

    ASSERT_EQ(coil_gather(futures, 3, 0), -EIO);
    SAID("b ");
    coil_task_release(b);
    ASSERT_EQ(coil_task_cancelling(a), 0);
    /* The others go on, and their errors are not reported. */
    coil_task_release(c);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    SAID("a c ");
}

/* G-2 */
CORE_TEST(combinators_gather_returns_the_error_that_came_first)
{
    struct coil_task *task;

    fresh(3);
    task = start_gather(3, 0);
    fail_future(&some[2], -EPIPE);
    fail_future(&some[0], -EIO);
    ASSERT_EQ(end_of(task), -EPIPE);
    SAID("-32 ");
    ASSERT(!coil_future_is_done(&some[1]));
}

/* G-2 */
CORE_TEST(combinators_gather_of_one_that_has_failed_already)
{
    struct coil_future *const *futures = fresh(3);

    fail_future(&some[1], -EIO);
    ASSERT_EQ(coil_gather(futures, 3, 0), -EIO);
    ASSERT(!coil_future_is_done(&some[0]));
    complete_future(&some[0]);
    complete_future(&some[2]);
    ASSERT_EQ(coil_gather(futures, 3, COIL_GATHER_RETURN_ERRORS), 0);
}

/* G-3 */
CORE_TEST(combinators_gather_returns_errors_as_results)
{
    struct coil_task *task;

    fresh(3);
    task = start_gather(3, COIL_GATHER_RETURN_ERRORS);
    fail_future(&some[0], -EIO);
    ASSERT(coil_future_cancel(&some[1]));
    turn();
    SAID("");
    complete_future(&some[2]);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 ");
    ASSERT_EQ(coil_future_result(&some[0], NULL), -EIO);
    ASSERT_EQ(coil_future_result(&some[1], NULL), -ECANCELED);
}

/* G-3: the caller has to look at these errors. */
CORE_TEST(combinators_gather_does_not_look_at_errors_that_are_results)
{
    struct coil_task *job = start_job("job", COIL_SECOND, -EIO);
    struct coil_future *one[] = { coil_task_future(job) };

    ASSERT_EQ(coil_gather(one, 1, COIL_GATHER_RETURN_ERRORS), 0);
    coil_task_release(job);
    SAID("job ");
    ASSERT_UNSEEN(-EIO);
}

/* G-4 */
CORE_TEST(combinators_gather_of_one_that_is_cancelled)
{
    struct coil_task *task;

    fresh(2);
    task = start_gather(2, 0);
    ASSERT(coil_future_cancel(&some[1]));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT(!coil_future_is_done(&some[0]));
    coil_task_release(task);
    SAID("-125 ");
}

/* G-5 */
CORE_TEST(combinators_gather_that_is_cancelled_cancels_all)
{
    for (unsigned flags = 0; flags < 2; flags++) {
        struct coil_task *task;

        fresh(3);
        task = start_gather(3, flags);
        complete_future(&some[1]);
        cancel(task);
        ASSERT(coil_future_is_cancelled(&some[0]));
        ASSERT(!coil_future_is_cancelled(&some[1]));
        ASSERT(coil_future_is_cancelled(&some[2]));
        ASSERT_EQ(coil_task_await(task), -ECANCELED);
        ASSERT_EQ(coil_task_cancelling(task), 1);
        coil_task_release(task);
        SAID("-125 ");
    }
}

/* G-5: the gather waits until all have ended, whatever their outcome. */
CORE_TEST(combinators_gather_that_is_cancelled_waits_for_all)
{
    static const int failures[] = { 0, -EIO, 7 };

    for (unsigned flags = 0; flags < 2; flags++) {
        for (int i = 0; i < 3; i++) {
            const struct job slow = {
                .name = "slow",
                .duration = COIL_MINUTE,
                .cleanup = 2 * COIL_SECOND,
                .failure = failures[i],
            };
            struct coil_task *a = start_job("fast", COIL_MINUTE, 0);
            struct coil_task *b = start_copy(&slow);
            coil_time before = coil_now();
            struct coil_task *task;

            all[0] = coil_task_future(a);
            all[1] = coil_task_future(b);
            task = start_gather(2, flags);
            cancel(task);
            ASSERT_EQ(end_of(task), -ECANCELED);
            ASSERT_EQ(coil_now(), before + 2 * COIL_SECOND);
            ASSERT_EQ(end_of(a), -ECANCELED);
            ASSERT_EQ(end_of(b), failures[i] ? failures[i] : -ECANCELED);
            SAID("fast! slow! -125 ");
        }
    }
}

static int clean_up_in_vain(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    say("gives up ");
    return -ECANCELED;
}

/* G-5: a second request is passed to those that have not ended. */
CORE_TEST(combinators_gather_that_is_cancelled_again_cancels_again)
{
    struct coil_task *job = start(clean_up_in_vain, NULL);
    struct coil_task *task;
    coil_time before = coil_now();

    all[0] = coil_task_future(job);
    task = start_gather(1, 0);
    cancel(task);
    wait_a_second();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 2);
    ASSERT_EQ(coil_task_cancelling(job), 2);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    coil_task_release(task);
    ASSERT_EQ(end_of(job), -ECANCELED);
    SAID("gives up -125 ");
}

CORE_TEST(combinators_gather_within_a_time_limit)
{
    struct coil_task *a = start_job("a", COIL_SECOND / 2, 1);
    struct coil_task *b = start_job("b", COIL_MINUTE, 2);
    struct coil_future *both[] = { coil_task_future(a), coil_task_future(b) };
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_gather(both, 2, 0);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), -ECANCELED);
    SAID("a b! ");
    ASSERT_EQ(coil_yield(), 0);
}

static int gather_pair(void *arg)
{
    struct coil_task **pair = arg;
    struct coil_future *both[] = { coil_task_future(pair[0]),
                                   coil_task_future(pair[1]) };
    int rc = coil_gather(both, 2, 0);

    coil_task_release(pair[0]);
    coil_task_release(pair[1]);
    return rc;
}

/* A tree of tasks that gather tasks. */
static struct coil_task *start_tree(int depth)
{
    struct coil_task *pair[2];
    struct coil_task *task;

    if (depth == 0)
        return start_job("", COIL_SECOND * (coil_time)coil_test_random(3), 0);
    pair[0] = start_tree(depth - 1);
    pair[1] = start_tree(depth - 1);
    ASSERT_EQ(coil_task_create_copy(&task, gather_pair, &pair), 0);
    return task;
}

SEEDS_TEST(combinators_gather_a_tree_under_any_seed)
{
    struct coil_task *task = start_tree(6);

    ASSERT_EQ(end_of(task), 0);
    task = start_tree(6);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    if (coil_task_cancel(task))
        ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    forget();
}
