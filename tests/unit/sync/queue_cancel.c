/* SPDX-License-Identifier: MIT */
/*
 * The queue against B18 of asyncio's behaviour, as amended: an item
 * that was handed over is delivered.
 */
#include "numbers.h"

/* ---- cancellation ---- */

QUEUE_TEST(queue_is_left_alone_by_a_cancelled_task)
{
    fill(1, 1);
    cancel_self();
    ASSERT_EQ(get_number(), -ECANCELED);
    cancel_self();
    ASSERT_EQ(put_number(2), -ECANCELED);
    ASSERT_EQ(coil_queue_size(&queue), 1);
    ASSERT_EQ(get_number(), 1);
    cancel_self();
    ASSERT_EQ(get_number(), -ECANCELED);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    cancel_self();
    ASSERT_EQ(coil_queue_join(&queue), -ECANCELED);
    fill(1, 2);
    cancel_self();
    ASSERT_EQ(put_number(3), -ECANCELED);
    coil_queue_shutdown(&queue, true);
    cancel_self();
    ASSERT_EQ(get_number(), -ECANCELED);
    ASSERT_EQ(get_number(), -EPIPE);
}

/* One of three getters is cancelled before or after an item is put. */
static void cancel_getter(int victim, bool before, const char *expected)
{
    struct coil_task *tasks[3];
    int i, rest;

    tasks[0] = start(getter, "a");
    tasks[1] = start(getter, "b");
    tasks[2] = start(getter, "c");
    turn();
    if (before)
        cancel(tasks[victim]);
    ASSERT_EQ(put_number(1), 0);
    if (!before)
        cancel(tasks[victim]);
    ASSERT_EQ(put_number(2), 0);
    turn();
    SAID(expected);
    rest = try_put(3);
    ASSERT_EQ(rest, 0);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]) < 0, i == victim && (before || victim > 0));
    forget();
}

/* the item goes to the next. */
QUEUE_TEST(queue_cancelled_first_getter_leaves)
{
    cancel_getter(0, true, "a! b1 c2 ");
}

/* */
QUEUE_TEST(queue_cancelled_middle_getter_leaves)
{
    cancel_getter(1, true, "b! a1 c2 ");
}

/* */
QUEUE_TEST(queue_cancelled_last_getter_leaves)
{
    cancel_getter(2, true, "c! a1 b2 ");
}

/* Q-4, amended: the item belongs to a, not to the next getter. */
QUEUE_TEST(queue_item_handed_over_is_delivered_to_a_getter_cancelled_then)
{
    cancel_getter(0, false, "a1 b2 ");
}

/* */
QUEUE_TEST(queue_getter_behind_the_served_one_can_be_cancelled)
{
    cancel_getter(1, false, "a1 b! c2 ");
}

static int get_then_yield(void *arg)
{
    (void)arg;
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    return 0;
}

QUEUE_TEST(queue_cancellation_after_the_item_is_reported_by_the_next_call)
{
    struct coil_task *a = start(get_then_yield, NULL);

    turn();
    ASSERT_EQ(put_number(1), 0);
    cancel(a);
    ASSERT_EQ(end_of(a), 0);
}

/* One of three putters is cancelled before or after an item is got. */
static void cancel_putter(int victim, bool before, const char *expected,
                          int contents)
{
    struct coil_task *tasks[3];
    int i, rc, all = 0;

    fill(1, 2);
    tasks[0] = start(putter, "3");
    tasks[1] = start(putter, "4");
    tasks[2] = start(putter, "5");
    turn();
    if (before)
        cancel(tasks[victim]);
    ASSERT_EQ(get_number(), 1);
    if (!before)
        cancel(tasks[victim]);
    turn();
    SAID(expected);
    for (rc = try_get(); rc > 0; rc = try_get())
        all = all * 10 + rc;
    ASSERT_EQ(all, contents);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]),
                  i == victim && (before || victim > 0) ? -ECANCELED : 0);
    forget();
}

/* the place goes to the next. */
QUEUE_TEST(queue_cancelled_first_putter_leaves_with_its_item)
{
    cancel_putter(0, true, "3! +4 ", 245);
}

/* */
QUEUE_TEST(queue_cancelled_middle_putter_leaves_with_its_item)
{
    cancel_putter(1, true, "4! +3 ", 235);
}

/* */
QUEUE_TEST(queue_cancelled_last_putter_leaves_with_its_item)
{
    cancel_putter(2, true, "5! +3 ", 234);
}

/* Q-5, amended: its item is in the queue. */
QUEUE_TEST(queue_item_that_moved_in_stays_when_its_putter_is_cancelled_then)
{
    cancel_putter(0, false, "+3 ", 2345);
}

/* */
QUEUE_TEST(queue_putter_behind_the_admitted_one_can_be_cancelled)
{
    cancel_putter(1, false, "+3 4! ", 235);
}

/* An item is unfinished once it is in the queue, not while its putter waits. */
QUEUE_TEST(queue_item_of_a_cancelled_putter_is_not_unfinished)
{
    struct coil_task *a;

    fill(1, 2);
    a = start(putter, "3");
    turn();
    cancel(a);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(coil_queue_join(&queue), 0);
    SAID("3! ");
}

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

static int get_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = get_number();
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0); /* no cancellation is pending */
    return rc;
}

static int put_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = put_number(3);
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0);
    return rc;
}

static void put_nine(void *arg)
{
    (void)arg;
    ASSERT_EQ(try_put(9), 0);
}

static void get_any(void *arg)
{
    (void)arg;
    ASSERT_GT(try_get(), 0);
}

/*
 * fn and the timeout are due at the same time: the first that was armed
 * decides.
 */
static int race_with_timeout(coil_fn waiter, coil_callback_fn fn, bool fn_first)
{
    struct coil_handle handle = { 0 };
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *task;

    if (fn_first)
        ASSERT_EQ(coil_loop_call_later(loop, &handle, LIMIT, fn, NULL), 0);
    task = start(waiter, NULL);
    turn();
    if (!fn_first)
        ASSERT_EQ(coil_loop_call_later(loop, &handle, LIMIT, fn, NULL), 0);
    ASSERT_EQ(coil_sleep(2 * LIMIT), 0);
    return end_of(task);
}

QUEUE_TEST(queue_item_put_just_before_the_timeout_is_got)
{
    ASSERT_EQ(race_with_timeout(get_in_time, put_nine, true), 9);
    ASSERT(coil_queue_is_empty(&queue));
}

QUEUE_TEST(queue_item_put_just_after_the_timeout_stays)
{
    ASSERT_EQ(race_with_timeout(get_in_time, put_nine, false), -ETIMEDOUT);
    ASSERT_EQ(get_number(), 9);
}

QUEUE_TEST(queue_room_made_just_before_the_timeout_is_used)
{
    fill(1, 2);
    ASSERT_EQ(race_with_timeout(put_in_time, get_any, true), 0);
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(get_number(), 3);
}

QUEUE_TEST(queue_room_made_just_after_the_timeout_stays)
{
    fill(1, 2);
    ASSERT_EQ(race_with_timeout(put_in_time, get_any, false), -ETIMEDOUT);
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(try_get(), -EAGAIN);
}
