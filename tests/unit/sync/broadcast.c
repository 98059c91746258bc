/* SPDX-License-Identifier: MIT */
/*
 * Each item for every receiver, and what a slow one loses.
 */
#include <coil/broadcast.h>
#include <coil/select.h>
#include <coil/sleep.h>

#include "simulated.h"

static int kept[3];
static struct coil_broadcast numbers;
static struct coil_broadcast_receiver a, b;

static void prepare(void)
{
    coil_broadcast_init(&numbers, kept, sizeof kept[0], 3);
    coil_broadcast_receiver_init(&a, &numbers);
    coil_broadcast_receiver_init(&b, &numbers);
}

static void conclude(void)
{
    ASSERT_EQ(coil_broadcast_waiting(&numbers), 0);
    check_nothing_is_left();
}

static void send_number(int n)
{
    ASSERT_EQ(coil_broadcast_send(&numbers, &n), 0);
}

static void expect(struct coil_broadcast_receiver *receiver, int n)
{
    int got = 0;

    ASSERT_EQ(coil_broadcast_receive(receiver, &got), 0);
    ASSERT_EQ(got, n);
}

static int receive_with_a(void *arg)
{
    int got = 0;
    int rc = coil_broadcast_receive(&a, &got);

    (void)arg;
    return rc < 0 ? rc : got;
}

SYNC_TEST(broadcast_gives_each_item_to_every_receiver)
{
    struct coil_broadcast_receiver late;

    send_number(1);
    send_number(2);
    coil_broadcast_receiver_init(&late, &numbers);
    send_number(3);
    expect(&a, 1);
    expect(&a, 2);
    expect(&b, 1);
    expect(&late, 3);
    expect(&a, 3);
    expect(&b, 2);
    expect(&b, 3);
    ASSERT_EQ(coil_broadcast_try_receive(&a, kept), -EAGAIN);
}

SYNC_TEST(broadcast_wakes_who_waits)
{
    struct coil_task *task = start_waiting(receive_with_a, NULL);

    ASSERT_EQ(coil_broadcast_waiting(&numbers), 1);
    send_number(4);
    send_number(5);
    ASSERT_EQ(end_of(task), 4);
    expect(&a, 5);
}

SYNC_TEST(broadcast_tells_a_slow_receiver_what_it_has_lost)
{
    int got = 0;

    for (int n = 1; n <= 5; n++)
        send_number(n);
    ASSERT_EQ(coil_broadcast_receive(&a, &got), -EOVERFLOW);
    ASSERT_EQ(coil_broadcast_lost(&a), 2);
    ASSERT_EQ(got, 0);
    expect(&a, 3);
    send_number(6);
    expect(&a, 4); /* just in time */
    send_number(7);
    send_number(8);
    ASSERT_EQ(coil_broadcast_try_receive(&a, &got), -EOVERFLOW);
    ASSERT_EQ(coil_broadcast_lost(&a), 3);
    expect(&a, 6);
}

SYNC_TEST(broadcast_cancelled_stays_where_it_is)
{
    struct coil_task *task = start_waiting(receive_with_a, NULL);

    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    send_number(1);
    cancel_self();
    ASSERT_EQ(receive_with_a(NULL), -ECANCELED);
    coil_task_uncancel(coil_current_task());
    expect(&a, 1);
}

SYNC_TEST(broadcast_closed_can_be_drained)
{
    struct coil_task *task = start_waiting(receive_with_a, NULL);
    int n = 3;

    coil_broadcast_close(&numbers);
    ASSERT_EQ(end_of(task), -EPIPE);
    prepare();
    send_number(1);
    coil_broadcast_close(&numbers);
    ASSERT_EQ(coil_broadcast_send(&numbers, &n), -EPIPE);
    expect(&b, 1);
    ASSERT_EQ(coil_broadcast_receive(&b, &n), -EPIPE);
}

/* ---- in a selection ------------------------------------------------------- */

/* 10 and the item; or which other case it was. */
static int select_item(void *arg)
{
    int got = 0;
    struct coil_select_case cases[] = {
        coil_sleep_case(COIL_SECOND),
        coil_broadcast_receive_case(arg, &got),
    };
    int which = coil_select(cases, 2);

    if (which < 1)
        return which;
    return cases[1].result < 0 ? cases[1].result : 10 + got;
}

SYNC_TEST(broadcast_may_be_selected)
{
    struct coil_task *task = start_waiting(select_item, &a);

    ASSERT_EQ(coil_broadcast_waiting(&numbers), 1);
    for (int n = 1; n <= 4; n++)
        send_number(n);
    ASSERT_EQ(end_of(task), -EOVERFLOW);
    ASSERT_EQ(select_item(&a), 12);
    expect(&a, 3);
    expect(&a, 4);
    ASSERT_EQ(select_item(&a), 0);
    task = start_waiting(select_item, &a);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    send_number(5);
    expect(&a, 5);
    task = start_waiting(select_item, &a);
    coil_broadcast_close(&numbers);
    ASSERT_EQ(end_of(task), -EPIPE);
}

/* Who is woken and finds that another has taken it waits on. */
SYNC_TEST(broadcast_that_is_selected_by_two_gives_each_item_to_one)
{
    struct coil_task *one = start_waiting(select_item, &a);
    struct coil_task *two = start_waiting(select_item, &a);

    send_number(1);
    ASSERT_EQ(end_of(one), 11);
    ASSERT(!coil_task_is_done(two));
    send_number(2);
    ASSERT_EQ(end_of(two), 12);
}
