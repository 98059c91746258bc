/* SPDX-License-Identifier: MIT */
/*
 * coil_test_check_queue() names the fault of a queue that is broken in one
 * place, and is content when the fault is mended.
 */
#include "simulated.h"
#include "numbers.h"

#define ASSERT_QUEUE_TELLS(place, value, what)                                 \
    ASSERT_TELLS(coil_test_check_queue, &queue, place, value, what)

/* The test does not look at what the waiters say. */
static void end_quietly(struct coil_task *task)
{
    end_cancelled(task);
    forget();
}

/* ---- who waits ---- */

QUEUE_TEST(check_queue_tells_of_items_that_are_there_and_waited_for)
{
    struct coil_task *a = start_waiting(getter, "a");

    ASSERT_QUEUE_TELLS(queue.count, 1,
                       "queue: there are items, but somebody waits to get one");
    end_quietly(a);
}

QUEUE_TEST(check_queue_tells_of_room_that_is_there_and_waited_for)
{
    struct coil_task *a;

    fill(1, 2);
    a = start_waiting(putter, "3");
    ASSERT_QUEUE_TELLS(queue.max, 3,
                       "queue: there is room, but somebody waits to put");
    end_quietly(a);
}

QUEUE_TEST(check_queue_tells_of_who_waits_though_it_is_shut_down)
{
    struct coil_task *a = start_waiting(getter, "a");

    ASSERT_QUEUE_TELLS(queue.shut_down, true,
                       "queue: shut down, but somebody waits");
    end_quietly(a);
    fill(1, 2);
    a = start_waiting(putter, "3");
    ASSERT_QUEUE_TELLS(queue.shut_down, true,
                       "queue: shut down, but somebody waits");
    end_quietly(a);
}

QUEUE_TEST(check_queue_tells_of_a_joiner_though_all_is_done)
{
    struct coil_task *a;

    fill(1, 1);
    a = start_waiting(joiner, "a");
    ASSERT_QUEUE_TELLS(queue.unfinished, 0,
                       "queue: all is done, but somebody waits for that");
    end_quietly(a);
}

QUEUE_TEST(check_queue_looks_at_each_of_its_wait_queues)
{
    struct coil_task *a = start_waiting(getter, "a");
    struct coil_task *b;

    ASSERT_QUEUE_TELLS(queue.getters.tail, NULL,
                       "a wait queue's tail is wrong");
    end_quietly(a);
    fill(1, 2);
    a = start_waiting(putter, "3");
    b = start_waiting(joiner, "b");
    ASSERT_QUEUE_TELLS(queue.putters.tail, NULL,
                       "a wait queue's tail is wrong");
    ASSERT_QUEUE_TELLS(queue.joiners.tail, NULL,
                       "a wait queue's tail is wrong");
    end_quietly(a);
    end_quietly(b);
}

/* ---- the items ---- */

QUEUE_TEST(check_queue_tells_of_sizes_that_contradict_one_another)
{
    fill(1, 2);
    ASSERT_QUEUE_TELLS(queue.count, queue.capacity + 1,
                       "queue: more items than places");
    ASSERT_QUEUE_TELLS(queue.max, 1, "queue: more places than its limit");
    ASSERT_QUEUE_TELLS(queue.items, NULL,
                       "queue: the array and its size contradict one another");
}

QUEUE_TEST(check_queue_tells_of_a_ring_that_begins_outside)
{
    fill(1, 2);
    ASSERT_QUEUE_TELLS(queue.first, queue.capacity,
                       "queue: it begins outside of the array");
}

QUEUE_TEST(check_queue_tells_of_a_stack_that_begins_in_the_middle)
{
    coil_queue_init_lifo(&queue, sizeof(int), 2);
    fill(1, 2);
    ASSERT_QUEUE_TELLS(queue.first, 1,
                       "queue: only a ring begins in the middle");
}

static int compare(const void *a, const void *b)
{
    const int *left = a;
    const int *right = b;

    return (*left > *right) - (*left < *right);
}

QUEUE_TEST(check_queue_tells_of_a_heap_that_is_out_of_order)
{
    coil_queue_init_priority(&queue, sizeof(int), 3, compare);
    fill(1, 3);
    ASSERT_QUEUE_TELLS(*(int *)(void *)queue.items, 4,
                       "queue: the heap is out of order");
}

QUEUE_TEST(check_queue_tells_of_items_that_were_never_put)
{
    coil_queue_init_priority(&queue, sizeof(int), 3, compare);
    fill(1, 3);
    ASSERT_QUEUE_TELLS(queue.sequence, 2,
                       "queue: an item has a sequence number of the future");
}

QUEUE_TEST(check_queue_tells_of_a_heap_of_keys_that_is_out_of_order)
{
    coil_queue_init_priority_key(&queue, sizeof(int), 3,
                                 COIL_QUEUE_KEY_ITSELF(int));
    fill(1, 3);
    ASSERT_QUEUE_TELLS(*(uint64_t *)(void *)queue.entries, UINT64_MAX,
                       "queue: the heap is out of order");
}

QUEUE_TEST(check_queue_tells_of_items_with_keys_that_were_never_put)
{
    coil_queue_init_priority_key(&queue, sizeof(int), 3,
                                 COIL_QUEUE_KEY_ITSELF(int));
    fill(1, 3);
    ASSERT_QUEUE_TELLS(queue.sequence, 2,
                       "queue: an item has a sequence number of the future");
}

QUEUE_TEST(check_queue_tells_of_an_item_outside_of_the_array)
{
    coil_queue_init_priority_key(&queue, sizeof(int), 3,
                                 COIL_QUEUE_KEY_ITSELF(int));
    fill(1, 3);
    ASSERT_QUEUE_TELLS(((uint64_t *)(void *)queue.entries)[5], 3,
                       "queue: an item is outside of the array");
}
