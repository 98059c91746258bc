/* SPDX-License-Identifier: MIT */
/*
 * The barrier against B17 of asyncio's behaviour, BR-1 … BR-5, as amended:
 * there is no draining state, since a round is over when it is complete.
 */
#include <coil/barrier.h>

#include "simulated.h"

static struct coil_barrier barrier;

static void prepare(void)
{
    ASSERT_EQ(coil_barrier_init(&barrier, 3), 0);
    watch(coil_test_check_barrier, &barrier);
}

static void conclude(void)
{
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_NULL(barrier.waiters.head);
}

/* Say the name and the number; '!' stands for cancelled, '#' for broken. */
static int meet(void *arg)
{
    const char *name = arg;
    int rc = coil_barrier_wait(&barrier);

    if (rc == -ECANCELED)
        say("%s! ", name);
    else if (rc == -EPIPE)
        say("%s# ", name);
    else
        say("%s%d ", name, rc);
    return rc;
}

/* ---- uncontended ---- */

/* BR-1 */
SYNC_TEST(barrier_has_at_least_one_party)
{
    struct coil_barrier made = COIL_BARRIER_INIT(5);

    ASSERT_EQ(coil_barrier_parties(&made), 5);
    ASSERT_EQ(coil_barrier_init(&made, 0), -EINVAL);
    ASSERT_EQ(coil_barrier_parties(&made), 5);
    ASSERT_EQ(coil_barrier_init(&made, 2), 0);
    ASSERT_EQ(coil_barrier_parties(&made), 2);
    ASSERT_EQ(coil_barrier_waiting(&made), 0);
    ASSERT(!coil_barrier_is_broken(&made));
}

/* BR-1 */
SYNC_TEST(barrier_of_one_never_waits)
{
    struct coil_barrier one = COIL_BARRIER_INIT(1);
    struct coil_task *other = start(meet, "other");

    ASSERT_EQ(coil_barrier_wait(&one), 0);
    ASSERT_EQ(coil_barrier_wait(&one), 0);
    SAID("");
    turn();
    cancel(other);
    ASSERT_EQ(end_of(other), -ECANCELED);
    SAID("other! ");
}

SYNC_TEST(barrier_waiting_allocates_nothing)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");
    size_t before = coil_test_allocations();

    turn();
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    SAID("a0 b1 ");
}

/* ---- order ---- */

/* BR-1: (c,2), (a,0), (b,1) */
SYNC_TEST(barrier_last_to_arrive_goes_on_at_once_the_others_in_order)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");
    struct coil_task *c = start(meet, "c");

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    ASSERT_EQ(end_of(c), 2);
    SAID("c2 a0 b1 ");
}

/* BR-2: task by task */
SYNC_TEST(barrier_counts_those_who_wait)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b;

    turn();
    ASSERT_EQ(coil_barrier_waiting(&barrier), 1);
    b = start(meet, "b");
    turn();
    ASSERT_EQ(coil_barrier_waiting(&barrier), 2);
    SAID("");
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    SAID("a0 b1 ");
}

static int meet_twice(void *arg)
{
    int rc = meet(arg);

    if (rc < 0)
        return rc;
    return meet(arg);
}

/* BR-2: the barrier is used again and again. */
SYNC_TEST(barrier_gathers_round_after_round)
{
    struct coil_task *a = start(meet_twice, "a");
    struct coil_task *b = start(meet_twice, "b");
    struct coil_task *c = start(meet_twice, "c");

    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
    ASSERT_EQ(end_of(c), 0);
    SAID("c2 a0 b1 b2 c0 a1 ");
}

/* BR-2, amended: the next round need not wait until the last one has left. */
SYNC_TEST(barrier_next_round_gathers_while_the_last_has_still_to_run)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");
    struct coil_task *c, *d;

    turn();
    c = start(meet, "c");
    d = start(meet, "d");
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    turn();
    SAID("a0 b1 ");
    ASSERT_EQ(coil_barrier_waiting(&barrier), 2);
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(end_of(d), 1);
    SAID("c0 d1 ");
}

/* ---- reset and abort ---- */

/* BR-4 */
SYNC_TEST(barrier_reset_while_nobody_waits_does_nothing)
{
    coil_barrier_reset(&barrier);
    ASSERT(!coil_barrier_is_broken(&barrier));
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
}

/* BR-4 */
SYNC_TEST(barrier_reset_sends_those_who_wait_away_and_can_be_used_again)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");
    struct coil_task *c, *d;

    turn();
    coil_barrier_reset(&barrier);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT(!coil_barrier_is_broken(&barrier));
    c = start(meet, "c");
    d = start(meet, "d");
    ASSERT_EQ(end_of(a), -EPIPE);
    ASSERT_EQ(end_of(b), -EPIPE);
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(end_of(d), 1);
    SAID("a# b# c0 d1 ");
}

/* BR-4, amended: a round that is complete is over. */
SYNC_TEST(barrier_reset_does_not_undo_a_complete_round)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");

    turn();
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    coil_barrier_reset(&barrier);
    coil_barrier_abort(&barrier);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    SAID("a0 b1 ");
}

/* BR-5 */
SYNC_TEST(barrier_aborted_is_broken_until_it_is_reset)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *late;

    turn();
    coil_barrier_abort(&barrier);
    ASSERT(coil_barrier_is_broken(&barrier));
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    late = start(meet, "late");
    ASSERT_EQ(coil_barrier_wait(&barrier), -EPIPE);
    ASSERT_EQ(end_of(a), -EPIPE);
    ASSERT_EQ(end_of(late), -EPIPE);
    coil_barrier_abort(&barrier);
    ASSERT(coil_barrier_is_broken(&barrier));

    coil_barrier_reset(&barrier);
    ASSERT(!coil_barrier_is_broken(&barrier));
    a = start(meet, "b");
    late = start(meet, "c");
    turn();
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(late), 1);
    SAID("a# late# b0 c1 ");
}

/* ---- cancellation ---- */

SYNC_TEST(barrier_is_not_joined_by_a_cancelled_task)
{
    struct coil_barrier one = COIL_BARRIER_INIT(1);
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");

    turn();
    cancel_self();
    ASSERT_EQ(coil_barrier_wait(&barrier), -ECANCELED); /* as the last */
    ASSERT_EQ(coil_barrier_waiting(&barrier), 2);
    cancel_self();
    ASSERT_EQ(coil_barrier_wait(&one), -ECANCELED);
    coil_barrier_reset(&barrier);
    cancel_self();
    ASSERT_EQ(coil_barrier_wait(&barrier), -ECANCELED); /* as the first */
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(end_of(a), -EPIPE);
    ASSERT_EQ(end_of(b), -EPIPE);
    SAID("a# b# ");
}

/* BR-3: the numbers have no gap. */
static void cancel_one(bool first, const char *expected)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");
    struct coil_task *c;

    turn();
    cancel(first ? a : b);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 1);
    ASSERT(!coil_barrier_is_broken(&barrier));
    c = start(meet, "c");
    turn();
    ASSERT_EQ(coil_barrier_waiting(&barrier), 2);
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(end_of(a), first ? -ECANCELED : 0);
    ASSERT_EQ(end_of(b), first ? 0 : -ECANCELED);
    ASSERT_EQ(end_of(c), 1);
    SAID(expected);
}

/* BR-3 */
SYNC_TEST(barrier_cancelled_first_waiter_frees_its_place)
{
    cancel_one(true, "a! b0 c1 ");
}

/* BR-3 */
SYNC_TEST(barrier_cancelled_last_waiter_frees_its_place)
{
    cancel_one(false, "b! a0 c1 ");
}

/*
 * Amended: the round is complete, and the waiter is cancelled in the same turn.
 */
static int meet_then_yield(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_barrier_wait(&barrier), 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    return 0;
}

SYNC_TEST(barrier_complete_round_is_kept_by_a_waiter_cancelled_in_that_turn)
{
    struct coil_task *a = start(meet_then_yield, NULL);
    struct coil_task *b = start(meet, "b");

    turn();
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    cancel(a);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 1);
    SAID("b1 ");
}

/* A waiter is cancelled, and the barrier is reset in the same turn. */
SYNC_TEST(barrier_cancelled_waiter_is_not_sent_away_as_well)
{
    struct coil_task *a = start(meet, "a");
    struct coil_task *b = start(meet, "b");

    turn();
    cancel(a);
    coil_barrier_abort(&barrier);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -EPIPE);
    SAID("a! b# ");
}

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

static int meet_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = coil_barrier_wait(&barrier);
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0); /* no cancellation is pending */
    return rc;
}

SYNC_TEST(barrier_left_after_a_timeout_waits_for_another)
{
    struct coil_task *a = start(meet_in_time, NULL);
    struct coil_task *b = start(meet, "b");
    struct coil_task *c;

    ASSERT_EQ(end_of(a), -ETIMEDOUT);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 1);
    c = start(meet, "c");
    turn();
    ASSERT_EQ(coil_barrier_wait(&barrier), 2);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 1);
    SAID("b0 c1 ");
}

static void reset_it(void *arg)
{
    (void)arg;
    coil_barrier_reset(&barrier);
}

/*
 * The reset and the timeout are due at the same time: the first that was armed
 * decides.
 */
static int race_with_timeout(bool reset_first)
{
    struct coil_handle reset = { 0 };
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *a;

    if (reset_first)
        ASSERT_EQ(coil_loop_call_later(loop, &reset, LIMIT, reset_it, NULL), 0);
    a = start(meet_in_time, NULL);
    turn();
    if (!reset_first)
        ASSERT_EQ(coil_loop_call_later(loop, &reset, LIMIT, reset_it, NULL), 0);
    ASSERT_EQ(coil_sleep(2 * LIMIT), 0);
    return end_of(a);
}

SYNC_TEST(barrier_reset_just_before_the_timeout_is_a_reset)
{
    ASSERT_EQ(race_with_timeout(true), -EPIPE);
}

SYNC_TEST(barrier_reset_just_after_the_timeout_is_too_late)
{
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}

/* ---- misuse ---- */

static int meet_nobody(void *arg)
{
    static struct coil_barrier two = COIL_BARRIER_INIT(2);

    (void)arg;
    return coil_barrier_wait(&two);
}

TEST(barrier_that_nobody_else_can_reach_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(meet_nobody, NULL, 0), -EDEADLK);
}

PANIC_TEST(barrier_joined_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    (void)!coil_barrier_wait(&barrier);
}
