/* SPDX-License-Identifier: MIT */
/*
 * coil_wait() and coil_gather() against B8 and B9 of asyncio's behaviour, W-1 …
 * W-5 and G-1 … G-5.
 */
#include "futures.h"

static struct coil_task *start_wait(size_t count, enum coil_wait_mode mode,
                                    coil_time timeout)
{
    return start_call(
        (struct call){ .count = count, .mode = mode, .timeout = timeout });
}

/* ---- wait ---- */

/* W-1 */
CORE_TEST(combinators_wait_for_all)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_ALL_COMPLETED, COIL_NEVER);
    complete_future(&some[1]);
    turn();
    complete_future(&some[0]);
    turn();
    SAID("");
    complete_future(&some[2]);
    ASSERT_EQ(end_of(task), 3);
    SAID("3 ");
}

/* W-4: failed futures count as done, like all others. */
CORE_TEST(combinators_wait_for_all_whatever_they_come_to)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_ALL_COMPLETED, COIL_NEVER);
    fail_future(&some[1], -EIO);
    ASSERT(coil_future_cancel(&some[0]));
    turn();
    SAID("");
    complete_future(&some[2]);
    ASSERT_EQ(end_of(task), 3);
    SAID("3 ");
}

/* W-3 */
CORE_TEST(combinators_wait_for_the_first)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_FIRST_COMPLETED, COIL_NEVER);
    complete_future(&some[1]);
    ASSERT_EQ(end_of(task), 1);
    ASSERT(!coil_future_is_done(&some[0]));

    fresh(3);
    task = start_wait(3, COIL_FIRST_COMPLETED, COIL_NEVER);
    ASSERT(coil_future_cancel(&some[2]));
    ASSERT_EQ(end_of(task), 1);
    SAID("1 1 ");
}

/* W-3: test_wait_really_done */
CORE_TEST(combinators_wait_counts_all_that_are_done_when_it_returns)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_FIRST_COMPLETED, COIL_NEVER);
    complete_future(&some[1]);
    complete_future(&some[2]);
    ASSERT_EQ(end_of(task), 2);
    SAID("2 ");
}

/* W-4 */
CORE_TEST(combinators_wait_for_the_first_exception)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_FIRST_EXCEPTION, COIL_NEVER);
    complete_future(&some[1]);
    turn();
    SAID("");
    fail_future(&some[0], -EIO);
    ASSERT_EQ(end_of(task), 2);
    SAID("2 ");
}

/* W-4 */
CORE_TEST(combinators_wait_takes_a_cancelled_one_for_no_exception)
{
    struct coil_task *task;

    fresh(3);
    task = start_wait(3, COIL_FIRST_EXCEPTION, COIL_NEVER);
    ASSERT(coil_future_cancel(&some[1]));
    turn();
    SAID("");
    complete_future(&some[0]);
    complete_future(&some[2]);
    ASSERT_EQ(end_of(task), 3);
    SAID("3 ");
}

/* W-3, W-4 */
CORE_TEST(combinators_wait_for_what_is_done_already)
{
    struct coil_future *const *futures = fresh(3);

    complete_future(&some[1]);
    ASSERT_EQ(coil_wait(futures, 3, COIL_FIRST_COMPLETED, COIL_NEVER), 1);
    fail_future(&some[0], -EIO);
    ASSERT_EQ(coil_wait(futures, 3, COIL_FIRST_EXCEPTION, COIL_NEVER), 2);
    complete_future(&some[2]);
    ASSERT_EQ(coil_wait(futures, 3, COIL_ALL_COMPLETED, COIL_NEVER), 3);
}

/* W-2, as amended: a future that is passed twice counts twice. */
CORE_TEST(combinators_wait_counts_one_that_is_passed_twice_twice)
{
    struct coil_task *task;

    fresh(3);
    all[2] = all[0];
    task = start_wait(3, COIL_ALL_COMPLETED, COIL_NEVER);
    complete_future(&some[0]);
    turn();
    SAID("");
    complete_future(&some[1]);
    ASSERT_EQ(end_of(task), 3);
    fresh(2);
    all[1] = all[0];
    task = start_wait(2, COIL_FIRST_COMPLETED, COIL_NEVER);
    complete_future(&some[0]);
    ASSERT_EQ(end_of(task), 2);
    SAID("3 2 ");
}

/* W-2 */
CORE_TEST(combinators_wait_refuses_what_makes_no_sense)
{
    struct coil_future *const *futures = fresh(1);

    ASSERT_EQ(coil_wait(futures, 0, COIL_ALL_COMPLETED, COIL_NEVER), -EINVAL);
    ASSERT_EQ(coil_wait(NULL, 0, COIL_FIRST_COMPLETED, 0), -EINVAL);
    ASSERT_EQ(coil_wait(futures, 1, (enum coil_wait_mode)3, COIL_NEVER),
              -EINVAL);
    ASSERT_EQ(coil_wait(futures, 1, (enum coil_wait_mode) - 1, 0), -EINVAL);
    /* §2.4 */
    cancel_self();
    ASSERT_EQ(coil_wait(NULL, 0, COIL_ALL_COMPLETED, COIL_NEVER), -ECANCELED);
}

/* ---- wait, with a limit ---- */

/* W-1 */
CORE_TEST(combinators_wait_until_the_time_is_up)
{
    coil_time before = coil_now();
    struct coil_future *const *futures = fresh(3);

    complete_future(&some[1]);
    ASSERT_EQ(coil_wait(futures, 3, COIL_ALL_COMPLETED, COIL_SECOND), 1);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    ASSERT_EQ(coil_wait(futures + 2, 1, COIL_FIRST_COMPLETED, COIL_SECOND), 0);
    ASSERT_EQ(coil_now(), before + 2 * COIL_SECOND);
    ASSERT(!coil_future_is_done(&some[0]));
    ASSERT(!coil_future_is_done(&some[2]));
}

CORE_TEST(combinators_wait_no_time_at_all)
{
    coil_time before = coil_now();
    struct coil_future *const *futures = fresh(3);
    struct coil_task *task = start_job("a", 0, 0);

    all[2] = coil_task_future(task);
    complete_future(&some[1]);
    ASSERT_EQ(coil_wait(futures, 3, COIL_ALL_COMPLETED, 0), 1);
    ASSERT_EQ(coil_wait(futures, 3, COIL_FIRST_EXCEPTION, -COIL_SECOND), 1);
    ASSERT_EQ(coil_now(), before);
    SAID("");
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
}

/* The limit is not reached: its timer is removed. */
CORE_TEST(combinators_wait_takes_its_timer_along)
{
    struct coil_task *task;
    coil_time before = coil_now();

    fresh(1);
    task = start_wait(1, COIL_ALL_COMPLETED, COIL_MINUTE);
    complete_future(&some[0]);
    ASSERT_EQ(end_of(task), 1);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_now(), before);
    SAID("1 ");
}

/* W-4: test_wait_concurrent_complete */
CORE_TEST(combinators_wait_includes_what_is_done_as_the_time_is_up)
{
    struct coil_task *a = start_job("a", COIL_SECOND, 0);
    struct coil_task *b = start_job("b", 2 * COIL_SECOND, 0);
    struct coil_future *both[] = { coil_task_future(a), coil_task_future(b) };

    turn();
    ASSERT_EQ(coil_wait(both, 2, COIL_ALL_COMPLETED, COIL_SECOND), 1);
    SAID("a ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("b ");
}

static int wait_without_clock(void *arg)
{
    struct coil_future *const *futures = fresh(2);
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(coil_wait(futures, 2, COIL_ALL_COMPLETED, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_wait(futures, 2, COIL_ALL_COMPLETED, 0), 0);
    task = start_wait(2, COIL_ALL_COMPLETED, COIL_NEVER);
    complete_future(&some[0]);
    complete_future(&some[1]);
    ASSERT_EQ(end_of(task), 2);
    task = start_gather(2, 0);
    ASSERT_EQ(end_of(task), 0);
    return 0;
}

TEST(combinators_work_on_a_scheduler_of_the_users)
{
    ASSERT_EQ(run_without_clock(wait_without_clock, NULL), 0);
    SAID("2 0 ");
}

/* ---- wait, and what it leaves alone ---- */

/* W-1 */
CORE_TEST(combinators_wait_that_is_cancelled_leaves_the_futures_alone)
{
    struct coil_task *job = start_job("job", COIL_SECOND, 0);
    struct coil_task *task;

    fresh(2);
    all[1] = coil_task_future(job);
    task = start_wait(2, COIL_ALL_COMPLETED, COIL_MINUTE);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT(!coil_future_is_done(&some[0]));
    ASSERT_EQ(coil_task_cancelling(job), 0);
    ASSERT_EQ(end_of(job), 0);
    SAID("-125 job ");
}

/* W-1: coil_wait() looks at no error. */
CORE_TEST(combinators_wait_does_not_look_at_errors)
{
    struct coil_task *job = start_job("job", COIL_SECOND, -EIO);
    struct coil_future *one[] = { coil_task_future(job) };

    ASSERT_EQ(coil_wait(one, 1, COIL_FIRST_EXCEPTION, COIL_NEVER), 1);
    coil_task_release(job);
    SAID("job ");
    ASSERT_UNSEEN(-EIO);
}

static int wait_and_forget(void *arg)
{
    struct coil_future *local[] = { &some[0], &some[1], &some[2] };
    char frame[4096];

    (void)arg;
    say("%d ", coil_wait(local, 3, COIL_FIRST_COMPLETED, COIL_SECOND));
    memset(frame, 0xa5, sizeof frame);
    ASSERT_EQ(frame[100], (char)0xa5);
    return 0;
}

/* W-5: whichever way it ends, it leaves nothing in the futures. */
CORE_TEST(combinators_wait_leaves_nothing_with_the_futures)
{
    struct coil_task *task;

    fresh(3);
    task = start(wait_and_forget, NULL);
    ASSERT_EQ(end_of(task), 0);
    task = start(wait_and_forget, NULL);
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    task = start(wait_and_forget, NULL);
    turn();
    complete_future(&some[1]);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 -125 1 ");
    for (int i = 0; i < 3; i++) {
        ASSERT_NULL(some[i].callbacks.head);
        coil_future_cancel(&some[i]);
    }
    turn();
}

/* Several tasks wait for one future. */
CORE_TEST(combinators_wait_side_by_side)
{
    struct coil_task *a;
    struct coil_task *b;
    struct coil_task *c;

    fresh(2);
    a = start_wait(2, COIL_FIRST_COMPLETED, COIL_NEVER);
    b = start_wait(2, COIL_ALL_COMPLETED, COIL_NEVER);
    c = start_gather(2, 0);
    complete_future(&some[0]);
    turn();
    SAID("1 ");
    complete_future(&some[1]);
    turn();
    SAID("2 0 ");
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
    ASSERT_EQ(end_of(c), 0);
}

/* ---- many ---- */

CORE_TEST(combinators_take_sixteen_without_memory)
{
    struct coil_task *a;
    struct coil_task *b;
    size_t allocations;

    fresh(16);
    a = start_wait(1, COIL_ALL_COMPLETED, 0);
    ASSERT_EQ(end_of(a), 0);
    a = start_call((struct call){ .count = 16, .timeout = COIL_NEVER });
    b = start_call((struct call){ .count = 16, .gather = true });
    allocations = coil_test_allocations();
    coil_test_fail_allocation(1, true);
    for (int i = 0; i < 16; i++)
        complete_future(&some[i]);
    ASSERT_EQ(end_of(a), 16);
    ASSERT_EQ(end_of(b), 0);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_test_allocations(), allocations);
    SAID("0 16 0 ");
}

CORE_TEST(combinators_take_a_thousand)
{
    struct coil_task *a;
    struct coil_task *b;

    fresh(MANY);
    a = start_wait(MANY, COIL_ALL_COMPLETED, COIL_NEVER);
    b = start_gather(MANY, 0);
    for (int i = MANY - 1; i >= 0; i--)
        complete_future(&some[i]);
    ASSERT_EQ(end_of(a), MANY);
    ASSERT_EQ(end_of(b), 0);
    SAID("1000 0 ");
}

CORE_TEST(combinators_need_memory_for_more_than_sixteen)
{
    struct coil_future *const *futures = fresh(17);

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_wait(futures, 17, COIL_ALL_COMPLETED, COIL_NEVER), -ENOMEM);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_gather(futures, 17, 0), -ENOMEM);
    for (int i = 0; i < 17; i++)
        ASSERT(!coil_future_is_done(&some[i]));
    /* No memory is needed when there is nothing to wait for. */
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_wait(futures, 17, COIL_ALL_COMPLETED, 0), 0);
    for (int i = 0; i < 17; i++)
        complete_future(&some[i]);
    ASSERT_EQ(coil_gather(futures, 17, 0), 0);
    coil_test_fail_allocation(0, false);
}

CORE_TEST(combinators_of_more_than_sixteen_are_cancelled)
{
    struct coil_task *a;
    struct coil_task *b;

    fresh(40);
    a = start_wait(40, COIL_ALL_COMPLETED, COIL_NEVER);
    b = start_gather(40, 0);
    cancel(a);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT(!coil_future_is_done(&some[39]));
    cancel(b);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT(coil_future_is_cancelled(&some[39]));
    SAID("-125 -125 ");
}
