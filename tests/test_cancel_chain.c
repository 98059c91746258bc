/* SPDX-License-Identifier: MIT */
/*
 * Cancellation against B4 of asyncio's behaviour, CAN-3: who awaits a task
 * passes its cancellation on.
 */
#include "core_test.h"

static struct coil_future future;

/* Yield `times` times, say how each went. */
static int yield_often(void *arg)
{
    intptr_t times = (intptr_t)arg;

    for (intptr_t i = 0; i < times; i++)
        say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 42;
}

static struct coil_task *start_yields(intptr_t times)
{
    return start(yield_often, (void *)times);
}

static int await_and_pass_on(void *arg)
{
    struct coil_task *inner = arg;
    int rc = end_of(inner);

    say("%s ", rc == -ECANCELED ? "passes" : "ends");
    return rc;
}

/* CAN-3 */
CORE_TEST(cancel_goes_to_the_innermost_and_comes_up_through_all)
{
    struct coil_task *a = start_job("innermost", COIL_MINUTE, 0);
    struct coil_task *b = start(await_and_pass_on, coil_task_retain(a));
    struct coil_task *c = start(await_and_pass_on, coil_task_retain(b));

    turn();
    cancel(c);
    /* Each has been asked. */
    ASSERT_EQ(coil_task_cancelling(a), 1);
    ASSERT_EQ(coil_task_cancelling(b), 1);
    ASSERT_EQ(coil_task_cancelling(c), 1);
    ASSERT_EQ(end_of(c), -ECANCELED);
    SAID("innermost! passes passes ");
    ASSERT(coil_task_is_cancelled(a));
    ASSERT(coil_task_is_cancelled(b));
    coil_task_release(a);
    coil_task_release(b);
}

/* CAN-3 */
CORE_TEST(cancel_reaches_the_future_at_the_end_of_the_chain)
{
    struct coil_task *a = start(await_future, &future);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(end_of(b), -ECANCELED);
    SAID("passes ");
}

static int catch_and_await(void *arg)
{
    struct coil_task *inner = arg;
    int rc = end_of(inner);

    ASSERT_EQ(rc, -ECANCELED);
    say("catches %u ", coil_task_cancelling(coil_current_task()));
    ASSERT_EQ(coil_yield(), 0);
    return 101;
}

/* CAN-3, CAN-7: proof == 101 */
CORE_TEST(cancel_may_be_caught_at_every_level)
{
    struct coil_task *a = start_job("a", COIL_MINUTE, 0);
    struct coil_task *b = start(catch_and_await, a);
    struct coil_task *c = start(await_and_pass_on, b);

    turn();
    cancel(c);
    ASSERT_EQ(coil_task_await(c), 101);
    ASSERT_EQ(coil_task_cancelling(c), 1);
    coil_task_release(c);
    SAID("a! catches 1 ends ");
}

/* CAN-3: the innermost takes its time. */
CORE_TEST(cancel_of_a_task_that_awaits_is_over_when_the_inner_has_ended)
{
    const struct job slow = { .name = "slow",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_SECOND };
    struct coil_task *a = start_copy(&slow);
    struct coil_task *b = start(await_and_pass_on, a);
    coil_time before = coil_now();

    turn();
    cancel(b);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("slow! passes ");
}

/* A second request reaches the clean-up. */
CORE_TEST(cancel_again_while_the_inner_cleans_up_goes_down_too)
{
    struct coil_task *a = start_yields(4);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    turn();
    SAID("cancelled ");
    cancel(b);
    ASSERT_EQ(coil_task_cancelling(b), 2);
    ASSERT_EQ(end_of(b), 42);
    SAID("cancelled ok ok ends ");
}

/* CAN-11 */
CORE_TEST(cancel_that_makes_the_inner_fail_gives_that_error)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *a = start_copy(&faulty);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    ASSERT_EQ(coil_task_await(b), -EPROTO);
    ASSERT(!coil_task_is_cancelled(b));
    coil_task_release(b);
    SAID("faulty! ends ");
}

static int await_then_yield(void *arg)
{
    say("%d ", coil_task_await(arg));
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 0;
}

/* The inner had ended: the outer's success came first. */
CORE_TEST(cancel_after_the_inner_has_ended_waits)
{
    struct coil_task *inner = start(await_future, &future);
    struct coil_task *outer = start(await_then_yield, inner);

    turn();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    ASSERT(coil_task_is_done(inner));
    cancel(outer);
    ASSERT_EQ(end_of(outer), 0);
    SAID("0 cancelled ok ");
    coil_task_release(inner);
}

static int take_no_notice(void *arg)
{
    return coil_future_await(arg, NULL) == -ECANCELED ? 0 : 1;
}

/* Who awaits it was told through it: nothing is left to be reported. */
CORE_TEST(cancel_passed_on_to_one_that_takes_no_notice_is_over)
{
    struct coil_task *inner = start(take_no_notice, &future);
    struct coil_task *outer = start(await_then_yield, inner);

    turn();
    cancel(outer);
    ASSERT_EQ(coil_task_await(outer), 0);
    SAID("0 ok ok ");
    coil_task_release(outer);
    coil_task_release(inner);
}

/* Nor had the inner been told: its success came first.  So the outer is. */
CORE_TEST(cancel_passed_on_to_one_that_succeeds_comes_back)
{
    struct coil_task *inner = start(await_future, &future);
    struct coil_task *outer = start(await_then_yield, inner);

    turn();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    cancel(outer);
    ASSERT_EQ(coil_task_await(outer), 0);
    ASSERT_EQ(coil_task_cancelling(outer), 1);
    ASSERT_EQ(coil_task_cancelling(inner), 1);
    SAID("0 cancelled ok ");
    coil_task_release(outer);
    coil_task_release(inner);
}

static int await_next(void *arg)
{
    return end_of(arg);
}

/* CAN-3: a chain is as long as users make it. */
CORE_TEST(cancel_goes_a_thousand_tasks_down)
{
    struct coil_task *task = start_job("last", COIL_MINUTE, 0);

    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("last! ");
}

/* None of them has started: the outermost never looks at the others. */
CORE_TEST(cancel_before_the_first_step_leaves_the_inner_alone)
{
    struct coil_task *inner = start_job("inner", 0, 3);
    struct coil_task *outer = start(await_task, inner);

    cancel(outer);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    ASSERT_EQ(end_of(inner), 3);
    SAID("inner ");
}

static int await_new_job(void *arg)
{
    (void)arg;
    return end_of(start_job("never", 0, 3));
}

/* The inner has not started: it never does. */
CORE_TEST(cancel_of_who_awaits_a_task_that_has_not_started)
{
    struct coil_task *outer = start(await_new_job, NULL);

    turn();
    cancel(outer);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    SAID("");
}

static struct coil_task *ring[3];

static int await_in_ring(void *arg)
{
    struct coil_task **next = arg;
    int rc = coil_task_await(*next);

    say("%d ", (int)(next - ring));
    return rc;
}

/* TASK-2: a ring of awaits can be cut. */
CORE_TEST(cancel_cuts_a_ring_of_awaits)
{
    for (int i = 0; i < 3; i++)
        ring[i] = start(await_in_ring, &ring[(i + 1) % 3]);
    turn();
    cancel(ring[1]);
    ASSERT_EQ(coil_task_cancelling(ring[0]), 0);
    ASSERT_EQ(coil_task_cancelling(ring[1]), 1);
    ASSERT_EQ(coil_task_cancelling(ring[2]), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_await(ring[i]), -ECANCELED);
    for (int i = 0; i < 3; i++)
        coil_task_release(ring[i]);
    SAID("2 1 0 ");
}

/* Who awaits a ring from outside is no part of it. */
CORE_TEST(cancel_frees_who_awaits_a_ring)
{
    struct coil_task *outside;

    for (int i = 0; i < 2; i++)
        ring[i] = start(await_in_ring, &ring[1 - i]);
    outside = start(await_task, ring[0]);
    turn();
    cancel(outside);
    ASSERT_EQ(end_of(outside), -ECANCELED);
    SAID("");
    cancel(ring[0]);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_task_await(ring[i]), -ECANCELED);
    for (int i = 0; i < 2; i++)
        coil_task_release(ring[i]);
    SAID("1 0 ");
}
