/* SPDX-License-Identifier: MIT */
/*
 * The queue against B18 of asyncio's behaviour, how it ends.
 */
#include "numbers.h"

/* ---- join ---- */

/* */
QUEUE_TEST(queue_join_returns_at_once_if_nothing_was_put)
{
    struct coil_task *other = start(joiner, "other");

    ASSERT_EQ(coil_queue_join(&queue), 0);
    ASSERT_EQ(coil_queue_join(&queue), 0);
    SAID("");
    ASSERT_EQ(end_of(other), 0);
    SAID("other0 ");
}

/* */
QUEUE_TEST(queue_join_waits_until_every_item_is_done)
{
    struct coil_task *a, *b, *c;

    fill(1, 2);
    a = start(joiner, "a");
    b = start(joiner, "b");
    c = start(joiner, "c");
    turn();
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(get_number(), 2);
    turn();
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    turn();
    SAID("");
    cancel(b);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    cancel(c);
    turn();
    SAID("b! a0 c0 ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(end_of(c), 0);

    fill(3, 3);
    a = start(joiner, "again");
    turn();
    SAID("");
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(end_of(a), 0);
    SAID("again0 ");
}

/* handed to a getter, it is unfinished like any other. */
QUEUE_TEST(queue_join_waits_for_items_handed_to_a_getter_and_of_a_putter)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b;

    turn();
    ASSERT_EQ(put_number(1), 0);
    ASSERT_EQ(end_of(a), 1);
    SAID("a1 ");
    a = start(joiner, "j");
    turn();
    SAID("");
    fill(2, 3);
    b = start(putter, "4");
    turn();
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(end_of(b), 0);
    SAID("+4 ");
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    turn();
    SAID("");
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(end_of(a), 0);
    SAID("j0 ");
}

/* ---- shutdown ---- */

/* */
QUEUE_TEST(queue_shut_down_while_empty_refuses_everything)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b = start(getter, "b");

    turn();
    ASSERT(!coil_queue_is_shut_down(&queue));
    coil_queue_shutdown(&queue, false);
    ASSERT(coil_queue_is_shut_down(&queue));
    ASSERT_EQ(end_of(a), -EPIPE);
    ASSERT_EQ(end_of(b), -EPIPE);
    SAID("a# b# ");
    ASSERT_EQ(put_number(1), -EPIPE);
    ASSERT_EQ(try_put(1), -EPIPE);
    ASSERT_EQ(get_number(), -EPIPE);
    ASSERT_EQ(try_get(), -EPIPE);
    ASSERT_EQ(coil_queue_join(&queue), 0);
}

/* */
QUEUE_TEST(queue_shut_down_can_still_be_drained)
{
    struct coil_task *a, *b, *j;

    fill(1, 2);
    a = start(putter, "3");
    b = start(putter, "4");
    j = start(joiner, "j");
    turn();
    coil_queue_shutdown(&queue, false);
    coil_queue_shutdown(&queue, false);
    ASSERT_EQ(try_put(5), -EPIPE); /* and not -EAGAIN, though it is full */
    ASSERT_EQ(end_of(a), -EPIPE);
    ASSERT_EQ(end_of(b), -EPIPE);
    SAID("3# 4# ");
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(put_number(5), -EPIPE); /* though there is room */
    ASSERT_EQ(try_get(), 2);
    ASSERT_EQ(get_number(), -EPIPE);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    turn();
    SAID("");
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(end_of(j), 0);
    SAID("j0 ");
}

/* */
QUEUE_TEST(queue_shut_down_at_once_drops_what_is_in_it)
{
    struct coil_task *a, *j;

    coil_queue_set_item_destroy(&queue, count_destroyed);
    fill(1, 2);
    ASSERT_EQ(get_number(), 1);
    fill(3, 3);
    a = start(putter, "4");
    j = start(joiner, "j");
    turn();
    coil_queue_shutdown(&queue, true);
    ASSERT_EQ(destroyed, 23); /* 4 still belongs to its putter */
    ASSERT(coil_queue_is_empty(&queue));
    ASSERT_EQ(get_number(), -EPIPE);
    ASSERT_EQ(end_of(a), -EPIPE);
    turn();
    SAID("4# "); /* the item that was got is not done yet */
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(end_of(j), 0);
    SAID("j0 ");
    coil_queue_shutdown(&queue, true);
    ASSERT_EQ(destroyed, 23);
}

/* */
QUEUE_TEST(queue_shut_down_at_once_ends_join_if_nothing_was_handed_out)
{
    struct coil_task *j;

    fill(1, 2);
    j = start(joiner, "j");
    turn();
    coil_queue_shutdown(&queue, false);
    turn();
    SAID("");
    coil_queue_shutdown(&queue, true); /* may follow the gentle one */
    ASSERT_EQ(end_of(j), 0);
    SAID("j0 ");
}

/* in asyncio's order. */
QUEUE_TEST(queue_shut_down_at_once_tells_who_joins_before_who_puts)
{
    struct coil_task *p, *j;

    fill(1, 2);
    p = start(putter, "3");
    j = start(joiner, "j");
    turn();
    coil_queue_shutdown(&queue, true);
    ASSERT_EQ(end_of(p), -EPIPE);
    ASSERT_EQ(end_of(j), 0);
    SAID("j0 3# ");
}

QUEUE_TEST(queue_shut_down_at_once_copes_with_items_done_too_early)
{
    fill(1, 2);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    coil_queue_shutdown(&queue, true);
    ASSERT_EQ(coil_queue_join(&queue), 0);
    ASSERT_EQ(coil_queue_task_done(&queue), -EPERM);
    ASSERT_MISUSE(&queue);
}

/* Of the item, the cancellation and the shutdown, the first decides. */
QUEUE_TEST(queue_shutdown_does_not_undo_what_was_decided)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b = start(getter, "b");
    struct coil_task *c = start(getter, "c");

    turn();
    ASSERT_EQ(put_number(1), 0);
    cancel(b);
    coil_queue_shutdown(&queue, true);
    cancel(c);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(end_of(c), -EPIPE);
    SAID("a1 b! c# ");
}

/* ---- misuse ---- */

/* */
QUEUE_TEST(queue_more_items_done_than_put_is_a_misuse)
{
    ASSERT_EQ(coil_queue_task_done(&queue), -EPERM);
    ASSERT_MISUSE(&queue);
    fill(1, 1);
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
    ASSERT_EQ(coil_queue_task_done(&queue), -EPERM);
    ASSERT_MISUSE(&queue);
    ASSERT_EQ(coil_queue_join(&queue), 0);
}

static int free_it_under_a_getter(void *arg)
{
    (void)arg;
    coil_queue_init(&queue, sizeof(int), 0);
    (void)start(getter, "a");
    turn();
    coil_queue_fini(&queue);
    return 0;
}

static int free_it_under_a_putter(void *arg)
{
    (void)arg;
    coil_queue_init(&queue, sizeof(int), 1);
    fill(1, 1);
    (void)start(putter, "2");
    turn();
    coil_queue_fini(&queue);
    return 0;
}

static int free_it_under_a_joiner(void *arg)
{
    (void)arg;
    coil_queue_init(&queue, sizeof(int), 0);
    fill(1, 1);
    (void)start(joiner, "a");
    turn();
    coil_queue_fini(&queue);
    return 0;
}

PANIC_TEST(queue_freed_while_a_task_waits_stops_the_program,
           "a task still waits for the queue")
{
    coil_test_run(free_it_under_a_getter, NULL, 0);
}

PANIC_TEST(queue_freed_while_a_task_waits_to_put_stops_the_program,
           "a task still waits for the queue")
{
    coil_test_run(free_it_under_a_putter, NULL, 0);
}

PANIC_TEST(queue_freed_while_a_task_joins_stops_the_program,
           "a task still waits for the queue")
{
    coil_test_run(free_it_under_a_joiner, NULL, 0);
}

static int get_in_vain(void *arg)
{
    (void)arg;
    coil_queue_init(&queue, sizeof(int), 0);
    return get_number();
}

TEST(queue_that_nobody_can_fill_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(get_in_vain, NULL, 0), -EDEADLK);
}

PANIC_TEST(queue_waited_for_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    coil_queue_init(&queue, sizeof(int), 0);
    (void)get_number();
}
