/* SPDX-License-Identifier: MIT */
/*
 * The queue against B18 of asyncio's behaviour: Q-1 …, as amended:
 * nobody overtakes.
 */
#include "numbers.h"

/* ---- uncontended ---- */

/* */
QUEUE_TEST(queue_is_full_at_its_limit)
{
    ASSERT_EQ(coil_queue_max(&queue), 2);
    ASSERT(coil_queue_is_empty(&queue));
    ASSERT(!coil_queue_is_full(&queue));
    fill(1, 1);
    ASSERT(!coil_queue_is_empty(&queue));
    ASSERT(!coil_queue_is_full(&queue));
    fill(2, 2);
    ASSERT(coil_queue_is_full(&queue));
    ASSERT_EQ(coil_queue_size(&queue), 2);
}

/* */
QUEUE_TEST(queue_without_a_limit_is_never_full)
{
    coil_queue_init(&queue, sizeof(int), 0);
    ASSERT_EQ(coil_queue_max(&queue), 0);
    fill(1, 1000);
    ASSERT_EQ(coil_queue_size(&queue), 1000);
    ASSERT(!coil_queue_is_full(&queue));
}

/* */
QUEUE_TEST(queue_items_may_have_no_size)
{
    char nothing = 'n';

    coil_queue_init(&queue, 0, 0);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_queue_try_put(&queue, &nothing), 0);
    ASSERT_EQ(coil_queue_size(&queue), 20);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_queue_try_get(&queue, &nothing), 0);
    ASSERT_EQ(coil_queue_try_get(&queue, &nothing), -EAGAIN);
    ASSERT_EQ(nothing, 'n');
    coil_queue_fini(&queue);
}

QUEUE_TEST(queue_with_room_and_items_does_not_suspend)
{
    struct coil_task *other = start(getter, "other");

    fill(1, 2);
    ASSERT_EQ(get_number(), 1);
    SAID("");
    ASSERT_EQ(end_of(other), 2);
    SAID("other2 ");
}

/* */
QUEUE_TEST(queue_try_twins_never_wait)
{
    ASSERT_EQ(try_get(), -EAGAIN);
    ASSERT_EQ(try_put(1), 0);
    ASSERT_EQ(try_put(2), 0);
    ASSERT_EQ(try_put(3), -EAGAIN);
    ASSERT_EQ(try_get(), 1);
    ASSERT_EQ(try_put(3), 0);
    ASSERT_EQ(try_get(), 2);
    ASSERT_EQ(try_get(), 3);
    ASSERT_EQ(try_get(), -EAGAIN);
}

/* through growth and around the ring's end, wherever it begins. */
QUEUE_TEST(queue_is_first_in_first_out)
{
    int offset, i;

    for (offset = 0; offset < 20; offset++) {
        coil_queue_init(&queue, sizeof(int), 0);
        for (i = 0; i < offset; i++) {
            fill(i, i);
            ASSERT_EQ(get_number(), i);
        }
        fill(0, 40);
        for (i = 0; i < 20; i++)
            ASSERT_EQ(get_number(), i);
        fill(41, 60);
        for (i = 20; i <= 60; i++)
            ASSERT_EQ(get_number(), i);
        coil_queue_fini(&queue);
    }
}

/* Its array grows to 8, then to 11 and not to 16. */
QUEUE_TEST(queue_grows_to_its_limit_and_not_beyond)
{
    int i;

    coil_queue_init(&queue, sizeof(int), 11);
    fill(1, 5);
    for (i = 1; i <= 5; i++)
        ASSERT_EQ(get_number(), i);
    fill(1, 11);
    ASSERT_EQ(try_put(12), -EAGAIN);
    for (i = 1; i <= 11; i++)
        ASSERT_EQ(get_number(), i);
}

/* */
QUEUE_TEST(queue_lifo_is_last_in_first_out)
{
    int i;

    coil_queue_init_lifo(&queue, sizeof(int), 0);
    fill(1, 20);
    for (i = 20; i > 10; i--)
        ASSERT_EQ(get_number(), i);
    fill(11, 12);
    ASSERT_EQ(get_number(), 12);
    ASSERT_EQ(get_number(), 11);
    ASSERT_EQ(get_number(), 10);
}

struct ranked {
    signed char rank;
    int number;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Q-1, and first in, first out among equals. */
QUEUE_TEST(queue_priority_gives_the_smallest_and_the_first_of_equals)
{
    struct ranked item, last;
    int i, round;

    coil_queue_init_priority(&queue, sizeof item, 0, compare_ranks);
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 100; i++) {
            item = (struct ranked){ (signed char)coil_test_random(4), i };
            ASSERT_EQ(coil_queue_put(&queue, &item), 0);
        }
        last = (struct ranked){ -1, -1 };
        for (i = 0; i < 100; i++) {
            ASSERT_EQ(coil_queue_get(&queue, &item), 0);
            ASSERT_GE(item.rank, last.rank);
            if (item.rank == last.rank)
                ASSERT_GT(item.number, last.number);
            last = item;
        }
    }
}

/* Against a model: of those that are in, the smallest, and of these the first. */
QUEUE_TEST(queue_priority_keeps_order_while_items_come_and_go)
{
    enum { COUNT = 100 };
    int in[COUNT];
    size_t count = 0;
    struct ranked item;

    coil_queue_init_priority(&queue, sizeof item, 0, compare_ranks);
    for (int i = 0; i < 2000; i++) {
        size_t best = 0;

        if (count == 0 || (count < COUNT && coil_test_random(2) == 0)) {
            in[count++] = i;
            item = (struct ranked){ (signed char)(i % 7), i };
            ASSERT_EQ(coil_queue_put(&queue, &item), 0);
            continue;
        }
        for (size_t j = 1; j < count; j++)
            if (in[j] % 7 < in[best] % 7)
                best = j;
        ASSERT_EQ(coil_queue_get(&queue, &item), 0);
        ASSERT_EQ(item.number, in[best]);
        memmove(in + best, in + best + 1, (--count - best) * sizeof *in);
    }
    ASSERT_EQ(coil_queue_size(&queue), count);
}

static void keep_items_of(size_t size, enum coil_queue_order order)
{
    unsigned char item[300], expected[300];
    int i;

    if (order == COIL_QUEUE_FIFO)
        coil_queue_init(&queue, size, 0);
    else if (order == COIL_QUEUE_LIFO)
        coil_queue_init_lifo(&queue, size, 0);
    else
        coil_queue_init_priority(&queue, size, 0, compare_ranks);

    for (i = 0; i < 30; i++) {
        memset(item, i, sizeof item);
        ASSERT_EQ(coil_queue_put(&queue, item), 0);
    }
    for (i = 0; i < 30; i++) {
        memset(item, 0xff, sizeof item);
        memset(expected, order == COIL_QUEUE_LIFO ? 29 - i : i, size);
        memset(expected + size, 0xff, sizeof item - size);
        ASSERT_EQ(coil_queue_get(&queue, item), 0);
        ASSERT_MEM_EQ(item, expected, sizeof item);
    }
    coil_queue_fini(&queue);
}

QUEUE_TEST(queue_items_may_have_any_size)
{
    static const size_t sizes[] = { 1, 2, 3, 4, 8, 12, 16, 24, 65, 100, 299 };
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        keep_items_of(sizes[i], COIL_QUEUE_FIFO);
        keep_items_of(sizes[i], COIL_QUEUE_LIFO);
        keep_items_of(sizes[i], COIL_QUEUE_PRIORITY);
    }
}

static int compare_aligned(const void *a, const void *b)
{
    const long double *x = a;
    const long double *y = b;

    ASSERT_EQ((uintptr_t)a % _Alignof(long double), 0);
    ASSERT_EQ((uintptr_t)b % _Alignof(long double), 0);
    return (*x > *y) - (*x < *y);
}

static int check_alignment(enum coil_queue_order order)
{
    long double item;
    int i;

    if (order == COIL_QUEUE_PRIORITY)
        coil_queue_init_priority(&queue, sizeof item, 0, compare_aligned);
    else
        coil_queue_init(&queue, sizeof item, 0);
    for (i = 9; i >= 0; i--) {
        item = i;
        ASSERT_EQ(coil_queue_put(&queue, &item), 0);
    }
    ASSERT_EQ(coil_queue_get(&queue, &item), 0);
    return (int)item;
}

QUEUE_TEST(queue_items_are_aligned_where_they_are_compared)
{
    ASSERT_EQ(check_alignment(COIL_QUEUE_PRIORITY), 0);
    coil_queue_fini(&queue);
    ASSERT_EQ(check_alignment(COIL_QUEUE_FIFO), 9);
}

QUEUE_TEST(queue_items_may_be_of_no_size)
{
    coil_queue_init(&queue, 0, 1);
    ASSERT_EQ(coil_queue_put(&queue, NULL), 0);
    ASSERT_EQ(coil_queue_try_put(&queue, NULL), -EAGAIN);
    ASSERT_EQ(coil_queue_get(&queue, NULL), 0);
    ASSERT_EQ(coil_queue_try_get(&queue, NULL), -EAGAIN);
}

/* ---- memory ---- */

QUEUE_TEST(queue_that_cannot_grow_keeps_what_it_has)
{
    coil_queue_init(&queue, sizeof(int), 0);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(put_number(1), -ENOMEM);
    ASSERT_EQ(coil_queue_size(&queue), 0);
    ASSERT_EQ(coil_queue_join(&queue), 0); /* it was not put */
    fill(1, 8);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(try_put(9), -ENOMEM);
    ASSERT_EQ(coil_queue_size(&queue), 8);
    ASSERT_EQ(put_number(9), 0);
    ASSERT_EQ(get_number(), 1);
}

QUEUE_TEST(queue_of_items_that_no_memory_could_hold_takes_none)
{
    int item = 1;

    coil_queue_init(&queue, SIZE_MAX / 4, 0);
    ASSERT_EQ(coil_queue_try_put(&queue, &item), -ENOMEM);
    ASSERT_EQ(coil_queue_put(&queue, &item), -ENOMEM);
    ASSERT(coil_queue_is_empty(&queue));
    ASSERT_EQ(coil_queue_join(&queue), 0);
}

/* A getter needs no memory, and the item of a waiting putter needs none. */
QUEUE_TEST(queue_handing_over_allocates_nothing)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b;
    size_t before;

    turn();
    before = coil_test_allocations();
    ASSERT_EQ(put_number(7), 0);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(a), 7);
    SAID("a7 ");

    fill(1, 2);
    b = start(putter, "3");
    before = coil_test_allocations();
    turn();
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(b), 0);
    SAID("+3 ");
}

QUEUE_TEST(queue_fini_drops_what_is_in_it)
{
    coil_queue_set_item_destroy(&queue, count_destroyed);
    fill(1, 2);
    ASSERT_EQ(get_number(), 1);
    fill(3, 3);
    coil_queue_fini(&queue);
    ASSERT_EQ(destroyed, 23);
    ASSERT(coil_queue_is_empty(&queue));
}

/* ---- order ---- */

/* */
QUEUE_TEST(queue_gives_each_item_to_the_longest_getter)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b = start(getter, "b");
    struct coil_task *c = start(getter, "c");

    turn();
    ASSERT_EQ(put_number(1), 0);
    ASSERT(coil_queue_is_empty(&queue)); /* it is a's already */
    ASSERT_EQ(put_number(2), 0);
    SAID("");
    turn();
    SAID("a1 b2 ");
    ASSERT_EQ(put_number(3), 0);
    ASSERT_EQ(end_of(c), 3);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
    SAID("c3 ");
}

/* */
QUEUE_TEST(queue_lets_the_longest_putter_in_when_there_is_room)
{
    struct coil_task *a, *b;

    fill(1, 2);
    a = start(putter, "3");
    b = start(putter, "4");
    turn();
    SAID("");
    ASSERT_EQ(get_number(), 1);
    ASSERT(coil_queue_is_full(&queue)); /* 3 is in */
    turn();
    SAID("+3 ");
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(get_number(), 3);
    ASSERT_EQ(get_number(), 4);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("+4 ");
}

/*
 * the item is reserved for the woken getter, whichever call asks for it.
 */
QUEUE_TEST(queue_item_handed_over_cannot_be_taken_by_a_newcomer)
{
    struct coil_task *a = start(getter, "a");
    struct coil_task *b = start(getter, "b");
    struct coil_task *late;

    turn();
    late = start(getter, "late");
    ASSERT_EQ(put_number(1), 0);
    ASSERT_EQ(try_get(), -EAGAIN);
    ASSERT_EQ(put_number(2), 0);
    ASSERT_EQ(put_number(3), 0);
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
    ASSERT_EQ(end_of(late), 3);
    SAID("late3 a1 b2 ");
}

/*
 * in asyncio put_nowait() may overtake waiting putters; here it may not.
 */
QUEUE_TEST(queue_try_put_does_not_overtake_a_waiting_putter)
{
    struct coil_task *a;

    fill(1, 2);
    a = start(putter, "3");
    turn();
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(try_put(9), -EAGAIN);
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(try_put(4), 0);
    ASSERT_EQ(get_number(), 3);
    ASSERT_EQ(get_number(), 4);
    ASSERT_EQ(end_of(a), 0);
    SAID("+3 ");
}

/* test_why_are_getters_waiting, test_why_are_putters_waiting */
QUEUE_TEST(queue_bursts_leave_nobody_waiting)
{
    struct coil_task *tasks[4];
    static const char *const names[] = { "3", "4", "5", "6" };
    int i;

    for (i = 0; i < 4; i++)
        tasks[i] = start(getter, names[i]);
    turn();
    for (i = 1; i <= 6; i++)
        ASSERT_EQ(try_put(i), 0);
    for (i = 0; i < 4; i++)
        ASSERT_EQ(end_of(tasks[i]), i + 1);
    SAID("31 42 53 64 ");

    ASSERT(coil_queue_is_full(&queue));
    for (i = 0; i < 4; i++)
        tasks[i] = start(putter, names[i]);
    turn();
    ASSERT_EQ(try_get(), 5);
    ASSERT_EQ(try_get(), 6);
    for (i = 3; i <= 6; i++)
        ASSERT_EQ(try_get(), i);
    ASSERT_EQ(try_get(), -EAGAIN);
    for (i = 0; i < 4; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    SAID("+3 +4 +5 +6 ");
}

/* The item that is taken was there before the putter's item moved in. */
QUEUE_TEST(queue_lifo_gives_its_last_item_before_a_putter_moves_in)
{
    struct coil_task *a;

    coil_queue_init_lifo(&queue, sizeof(int), 2);
    fill(1, 2);
    a = start(putter, "3");
    turn();
    ASSERT_EQ(get_number(), 2);
    ASSERT_EQ(get_number(), 3);
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(end_of(a), 0);
    SAID("+3 ");
}

static int compare_ints(const void *a, const void *b)
{
    const int *x = a;
    const int *y = b;

    return (*x > *y) - (*x < *y);
}

QUEUE_TEST(queue_priority_drops_what_is_left_after_a_take)
{
    coil_queue_init_priority(&queue, sizeof(int), 0, compare_ints);
    coil_queue_set_item_destroy(&queue, count_destroyed);
    fill(1, 3);
    ASSERT_EQ(get_number(), 1);
    destroyed = 0;
    coil_queue_fini(&queue);
    ASSERT(destroyed == 23 || destroyed == 32);
}

QUEUE_TEST(queue_priority_sorts_the_items_of_putters_in)
{
    struct coil_task *a, *b;

    coil_queue_init_priority(&queue, sizeof(int), 2, compare_ints);
    ASSERT_EQ(put_number(5), 0);
    ASSERT_EQ(put_number(3), 0);
    a = start(putter, "9");
    b = start(putter, "1");
    turn();
    ASSERT_EQ(get_number(), 3); /* 1 is not in yet */
    ASSERT_EQ(get_number(), 5);
    ASSERT_EQ(get_number(), 1);
    ASSERT_EQ(get_number(), 9);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("+9 +1 ");
}
