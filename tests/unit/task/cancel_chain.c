/* SPDX-License-Identifier: MIT */
/*
 * Cancellation against B4 of asyncio's behaviour, CAN-3: a task that awaits
 * another passes its cancellation on.
 */
#include "bodies.h"
#include "jobs.h"

static struct coil_future future;

/* CAN-3 */
CORE_TEST(cancel_goes_to_the_innermost_and_comes_up_through_all)
{
    struct coil_task *a = start_job("innermost", COIL_MINUTE, 0);
    struct coil_task *b = start(await_and_pass_on, coil_task_retain(a));
    struct coil_task *c = start(await_and_pass_on, coil_task_retain(b));

    turn();
    cancel(c);
    /* Each task has been asked to cancel. */
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

/* A second request reaches the clean-up of the inner task. */
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

/* The inner task had ended: the outer task's success came first. */
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

/*
 * The awaiting task was told through the inner one: nothing is left to report.
 */
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

/* The inner task succeeded before it was told, so the outer task is told. */
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

/* No inner task has started: the outermost does not look at them. */
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

/* CAN-1, amended: it is reported on entry, before anything is awaited (2.4). */
CORE_TEST(cancel_that_is_pending_leaves_what_comes_next_alone)
{
    struct coil_task *inner = start_job("inner", COIL_MINUTE, 3);
    struct coil_future *futures[] = { coil_task_future(inner) };

    turn();
    cancel(coil_current_task());
    ASSERT_EQ(coil_task_await(inner), -ECANCELED);
    cancel(coil_current_task());
    ASSERT_EQ(coil_gather(futures, 1, 0), -ECANCELED);
    cancel(coil_current_task());
    ASSERT_EQ(coil_wait_for(futures[0], COIL_SECOND, NULL), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(inner), 0);
    ASSERT_EQ(end_of(inner), 3);
    SAID("inner ");
}

/* The inner task has not started, and never starts. */
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

/* A task that awaits a ring from outside is not part of it. */
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

/* ---- all at once ---------------------------------------------------------- */

enum { CHAIN = 20000 };

static struct coil_task *chain[CHAIN];
static size_t asked_once;

static int await_link(void *arg)
{
    struct coil_task **next = arg;
    int rc =
        next < chain + CHAIN ? coil_task_await(*next) : coil_sleep(COIL_MINUTE);

    if (rc == -ECANCELED && coil_task_cancelling(coil_current_task()) == 1)
        asked_once++;
    return rc;
}

static int leave_a_chain(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < CHAIN; i++)
        chain[i] = start(await_link, &chain[i + 1]);
    turn();
    for (size_t i = 0; i < CHAIN; i++)
        coil_task_release(chain[i]);
    return 0;
}

/*
 * When a loop ends it asks everybody: a request that went down the chain would
 * be counted there, and this would take a minute.
 *
 * TIMEOUT: 30
 */
TEST(cancel_of_all_at_the_end_asks_each_of_a_long_chain_once)
{
    ASSERT_EQ(coil_test_run(leave_a_chain, NULL, 0), 0);
    ASSERT_EQ(asked_once, CHAIN);
}

static int await_and_say(void *arg)
{
    struct coil_task **inner = arg;
    int rc = coil_task_await(*inner);

    say("%d:%u ", (int)(inner - ring),
        coil_task_cancelling(coil_current_task()));
    return rc;
}

/* Many tasks await one, and one awaited task awaits another. */
static int leave_a_tree(void *arg)
{
    (void)arg;
    ring[1] = start(await_and_say, &ring[0]);
    ring[0] = start_job("root", COIL_MINUTE, 0);
    ring[2] = start(await_and_say, &ring[1]);
    coil_task_release(start(await_and_say, &ring[0]));
    coil_task_release(start(await_and_say, &ring[2]));
    turn();
    for (int i = 0; i < 3; i++)
        coil_task_release(ring[i]);
    return 0;
}

TEST(cancel_of_all_at_the_end_comes_up_through_a_tree)
{
    ASSERT_EQ(coil_test_run(leave_a_tree, NULL, 0), 0);
    SAID("root! 0:1 0:1 1:1 2:1 ");
}

static struct coil_task *loose[2];

static int await_loose(void *arg)
{
    struct coil_task **other = arg;
    int rc = coil_task_await(*other);

    say("cut ");
    return rc;
}

/* Two tasks await each other, and a third awaits them. */
static int leave_a_ring(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        loose[i] = start(await_loose, &loose[1 - i]);
    coil_task_release(start(await_loose, &loose[0]));
    turn();
    for (int i = 0; i < 2; i++)
        coil_task_release(loose[i]);
    return 0;
}

TEST(cancel_of_all_at_the_end_cuts_rings)
{
    ASSERT_EQ(coil_test_run(leave_a_ring, NULL, 0), 0);
    SAID("cut cut cut ");
}

static int rescue(void *arg)
{
    struct coil_task *inner = arg;

    return end_of(inner) == -ECANCELED ? 0 : -EPROTO;
}

static int await_then_wait(void *arg)
{
    say("%d ", end_of(arg));
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 0;
}

/* A task that was never told passes nothing on: the request comes back. */
static int leave_one_that_is_done_in_time(void *arg)
{
    struct coil_task *inner = start(await_future, &future);

    (void)arg;
    coil_task_release(
        start(await_then_wait, start(rescue, start_job("in", COIL_MINUTE, 0))));
    coil_task_release(start(await_then_wait, inner));
    turn();
    return coil_future_set_result(&future, NULL);
}

TEST(cancel_of_all_at_the_end_comes_back_from_one_that_succeeded)
{
    ASSERT_EQ(coil_test_run(leave_one_that_is_done_in_time, NULL, 0), 0);
    SAID("0 cancelled in! 0 ok ");
}
