/* SPDX-License-Identifier: MIT */
/*
 * The event against B14 of asyncio's behaviour, EV-1 … EV-3, as amended: of the
 * event and the cancellation, the one that comes first decides.
 */
#include <coil/event.h>

#include "simulated.h"

static struct coil_event event;

static void prepare(void)
{
    watch(coil_test_check_event, &event);
}

static void conclude(void)
{
    ASSERT_NULL(event.waiters.head);
}

static int await_event(void *arg)
{
    const char *name = arg;
    int rc = coil_event_wait(&event);

    say("%s%s ", name, rc < 0 ? "!" : "");
    return rc;
}

/* ---- uncontended ---- */

/* EV-1 */
SYNC_TEST(event_is_not_set_when_new)
{
    struct coil_event made = COIL_EVENT_INIT;

    ASSERT(!coil_event_is_set(&event));
    ASSERT(!coil_event_is_set(&made));
    coil_event_set(&made);
    ASSERT(coil_event_is_set(&made));
    coil_event_init(&made);
    ASSERT(!coil_event_is_set(&made));
}

/* EV-1 */
SYNC_TEST(event_set_is_not_waited_for)
{
    struct coil_task *other = start(await_event, "other");

    coil_event_set(&event);
    ASSERT_EQ(coil_event_wait(&event), 0);
    SAID(""); /* the other did not run meanwhile */
    ASSERT_EQ(end_of(other), 0);
    SAID("other ");
}

/* EV-2 */
SYNC_TEST(event_set_twice_is_set)
{
    coil_event_set(&event);
    coil_event_set(&event);
    ASSERT(coil_event_is_set(&event));
    coil_event_clear(&event);
    ASSERT(!coil_event_is_set(&event));
    coil_event_clear(&event);
    ASSERT(!coil_event_is_set(&event));
}

SYNC_TEST(event_waiting_allocates_nothing)
{
    struct coil_task *a = start(await_event, "a");
    size_t before = coil_test_allocations();

    turn();
    coil_event_set(&event);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

/* ---- order ---- */

/* EV-1 */
SYNC_TEST(event_wakes_all_in_order_in_the_next_turn)
{
    struct coil_task *a = start(await_event, "a");
    struct coil_task *b = start(await_event, "b");
    struct coil_task *c = start(await_event, "c");

    turn();
    SAID("");
    coil_event_set(&event);
    SAID("");
    turn();
    SAID("a b c ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
}

/* EV-1: [3,1,2] */
SYNC_TEST(event_set_lets_a_newcomer_through_before_the_woken_ones_run)
{
    struct coil_task *a = start(await_event, "1");
    struct coil_task *b = start(await_event, "2");
    struct coil_task *c;

    turn();
    c = start(await_event, "3"); /* stands before them in the ready queue */
    coil_event_set(&event);
    turn();
    SAID("3 1 2 ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
}

/* EV-2 */
SYNC_TEST(event_set_and_cleared_in_one_turn_wakes_all_who_waited)
{
    struct coil_task *a = start(await_event, "a");
    struct coil_task *b = start(await_event, "b");
    struct coil_task *late;

    turn();
    coil_event_set(&event);
    coil_event_clear(&event);
    late = start(await_event, "late");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT(!coil_event_is_set(&event));
    SAID("a b ");
    turn();
    SAID("");
    coil_event_set(&event);
    ASSERT_EQ(end_of(late), 0);
    SAID("late ");
}

/* EV-2 */
SYNC_TEST(event_cleared_wakes_nobody)
{
    struct coil_task *a = start(await_event, "a");

    turn();
    coil_event_clear(&event);
    turn();
    turn();
    SAID("");
    coil_event_set(&event);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

/* ---- cancellation ---- */

SYNC_TEST(event_set_is_not_reported_to_a_cancelled_task)
{
    coil_event_set(&event);
    cancel_self();
    ASSERT_EQ(coil_event_wait(&event), -ECANCELED);
    ASSERT_EQ(coil_event_wait(&event), 0);
}

SYNC_TEST(event_is_not_waited_for_by_a_cancelled_task)
{
    cancel_self();
    ASSERT_EQ(coil_event_wait(&event), -ECANCELED);
    ASSERT_NULL(event.waiters.head);
}

/* One of three waiters is cancelled before or after the event is set. */
static void cancel_one(int victim, bool before, const char *expected)
{
    struct coil_task *waiters[3];
    int i;

    waiters[0] = start(await_event, "a");
    waiters[1] = start(await_event, "b");
    waiters[2] = start(await_event, "c");
    turn();
    if (before)
        cancel(waiters[victim]);
    coil_event_set(&event);
    if (!before)
        cancel(waiters[victim]);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]), before && i == victim ? -ECANCELED : 0);
    SAID(expected);
}

/* EV-3 */
SYNC_TEST(event_cancelled_first_waiter_leaves_the_queue)
{
    cancel_one(0, true, "a! b c ");
}

/* EV-3 */
SYNC_TEST(event_cancelled_middle_waiter_leaves_the_queue)
{
    cancel_one(1, true, "b! a c ");
}

/* EV-3 */
SYNC_TEST(event_cancelled_last_waiter_leaves_the_queue)
{
    cancel_one(2, true, "c! a b ");
}

/* EV-3, amended: the event was set first. */
SYNC_TEST(event_that_came_before_the_cancellation_is_not_undone)
{
    cancel_one(1, false, "a b c ");
}

static int wait_then_yield(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_event_wait(&event), 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    return 0;
}

SYNC_TEST(event_cancellation_after_it_is_reported_once_by_the_next_call)
{
    struct coil_task *waiter = start(wait_then_yield, NULL);

    turn();
    coil_event_set(&event);
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), 0);
}

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

static int wait_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = coil_event_wait(&event);
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0); /* no cancellation is pending */
    return rc;
}

static void set_it(void *arg)
{
    (void)arg;
    coil_event_set(&event);
}

/*
 * The event and the timeout are due at the same time: the first that was armed
 * decides.
 */
static int race_with_timeout(bool event_first)
{
    struct coil_handle set = { 0 };
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *waiter;

    if (event_first)
        ASSERT_EQ(coil_loop_call_later(loop, &set, LIMIT, set_it, NULL), 0);
    waiter = start(wait_in_time, NULL);
    turn();
    if (!event_first)
        ASSERT_EQ(coil_loop_call_later(loop, &set, LIMIT, set_it, NULL), 0);
    ASSERT_EQ(coil_sleep(2 * LIMIT), 0);
    return end_of(waiter);
}

SYNC_TEST(event_set_just_before_the_timeout_is_waited_for_with_success)
{
    ASSERT_EQ(race_with_timeout(true), 0);
}

SYNC_TEST(event_set_just_after_the_timeout_is_too_late)
{
    ASSERT_EQ(race_with_timeout(false), -ETIMEDOUT);
}

/* ---- misuse ---- */

TEST(event_that_nobody_can_set_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(await_event, &event, 0), -EDEADLK);
}

PANIC_TEST(event_waited_for_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    (void)!coil_event_wait(&event);
}
