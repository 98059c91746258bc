/* SPDX-License-Identifier: MIT */
/*
 * The latest value, and who waits for a change.
 */
#include <coil/select.h>
#include <coil/sleep.h>
#include <coil/watch.h>

#include "simulated.h"

static int value;
static struct coil_watch number;
static struct coil_watch_receiver receiver;

static void prepare(void)
{
    value = 1;
    coil_watch_init(&number, &value, sizeof value);
    coil_watch_receiver_init(&receiver, &number);
}

static void conclude(void)
{
    ASSERT_EQ(coil_watch_waiting(&number), 0);
    check_nothing_is_left();
}

static int send_number(int n)
{
    return coil_watch_send(&number, &n);
}

/* The receiver gets `n`, without waiting. */
static void expect(int n)
{
    int got = 0;

    ASSERT(coil_watch_has_changed(&receiver));
    ASSERT_EQ(coil_watch_changed(&receiver, &got), 0);
    ASSERT_EQ(got, n);
    ASSERT(!coil_watch_has_changed(&receiver));
}

static int await_change(void *arg)
{
    struct coil_watch_receiver mine;
    int got = 0;
    int rc;

    (void)arg;
    coil_watch_receiver_init(&mine, &number);
    rc = coil_watch_changed(&mine, &got);
    return rc < 0 ? rc : got;
}

SYNC_TEST(watch_has_a_value_that_is_seen_from_the_beginning)
{
    int got = 0;

    ASSERT(!coil_watch_has_changed(&receiver));
    coil_watch_get(&number, &got);
    ASSERT_EQ(got, 1);
    ASSERT_EQ(send_number(2), 0);
    expect(2);
}

SYNC_TEST(watch_tells_of_the_latest_only)
{
    ASSERT_EQ(send_number(2), 0);
    ASSERT_EQ(send_number(3), 0);
    expect(3);
    ASSERT_EQ(send_number(3), 0); /* the same, but sent again */
    expect(3);
}

SYNC_TEST(watch_wakes_all_who_wait)
{
    struct coil_task *a = start_waiting(await_change, NULL);
    struct coil_task *b = start_waiting(await_change, NULL);

    ASSERT_EQ(coil_watch_waiting(&number), 2);
    ASSERT_EQ(send_number(2), 0);
    ASSERT_EQ(send_number(3), 0);
    ASSERT_EQ(end_of(a), 3);
    ASSERT_EQ(end_of(b), 3);
}

static int await_with_receiver(void *arg)
{
    (void)arg;
    return coil_watch_changed(&receiver, NULL);
}

SYNC_TEST(watch_cancelled_has_seen_nothing)
{
    struct coil_task *a = start_waiting(await_with_receiver, NULL);

    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    a = start_waiting(await_with_receiver, NULL);
    ASSERT_EQ(send_number(5), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(send_number(6), 0);
    cancel_self();
    ASSERT_EQ(coil_watch_changed(&receiver, NULL), -ECANCELED);
    coil_task_uncancel(coil_current_task());
    expect(6);
}

SYNC_TEST(watch_closed_tells_its_last_value_first)
{
    struct coil_task *a = start_waiting(await_change, NULL);

    coil_watch_close(&number);
    ASSERT_EQ(end_of(a), -EPIPE);
    prepare();
    ASSERT_EQ(send_number(7), 0);
    coil_watch_close(&number);
    coil_watch_close(&number);
    ASSERT_EQ(send_number(8), -EPIPE);
    expect(7);
    ASSERT_EQ(coil_watch_changed(&receiver, NULL), -EPIPE);
}

/* ---- in a selection ------------------------------------------------------- */

/* 10 and the value; or which other case it was. */
static int select_change(void *arg)
{
    struct coil_watch_receiver *r = arg;
    int got = 0;
    struct coil_select_case cases[] = {
        coil_sleep_case(COIL_SECOND),
        coil_watch_changed_case(r, &got),
    };
    int which = coil_select(cases, 2);

    if (which < 1)
        return which;
    return cases[1].result < 0 ? cases[1].result : 10 + got;
}

SYNC_TEST(watch_may_be_selected)
{
    struct coil_task *a = start_waiting(select_change, &receiver);

    ASSERT_EQ(coil_watch_waiting(&number), 1);
    ASSERT_EQ(send_number(2), 0);
    ASSERT_EQ(send_number(3), 0);
    ASSERT_EQ(end_of(a), 13);
    ASSERT(!coil_watch_has_changed(&receiver));
    ASSERT_EQ(send_number(4), 0);
    ASSERT_EQ(select_change(&receiver), 14);
    ASSERT_EQ(select_change(&receiver), 0);
    a = start_waiting(select_change, &receiver);
    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    ASSERT_EQ(send_number(5), 0);
    expect(5);
    a = start_waiting(select_change, &receiver);
    coil_watch_close(&number);
    ASSERT_EQ(end_of(a), -EPIPE);
}

/* Who is woken and finds that another has seen it waits on. */
SYNC_TEST(watch_that_is_selected_by_two_is_seen_by_one)
{
    struct coil_task *a = start_waiting(select_change, &receiver);
    struct coil_task *b = start_waiting(select_change, &receiver);

    ASSERT_EQ(send_number(2), 0);
    ASSERT_EQ(end_of(a), 12);
    ASSERT(!coil_task_is_done(b));
    ASSERT_EQ(coil_watch_waiting(&number), 1);
    ASSERT_EQ(send_number(3), 0);
    ASSERT_EQ(end_of(b), 13);
}
