/* SPDX-License-Identifier: MIT */
/*
 * A queue of pointers, which has fast paths in the header (coil/running.h): they
 * leave alone who waits, who was cancelled, and a queue that is shut down.
 */
#include <errno.h>

#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/task.h>

#include "test.h"

enum { ITEMS = 20 };

static struct coil_queue queue;
static int items[ITEMS];

static int put_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        int *item = &items[i];

        ASSERT_OK(coil_queue_put(&queue, &item));
    }
    return 0;
}

static int get_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        int *item = NULL;

        ASSERT_OK(coil_queue_get(&queue, &item));
        ASSERT(item == &items[i]);
    }
    return 0;
}

/* Run both at once, in this order. */
static void run_both(coil_fn first, coil_fn second)
{
    struct coil_task *tasks[2];

    ASSERT_OK(coil_task_create(&tasks[0], first, NULL));
    ASSERT_OK(coil_task_create(&tasks[1], second, NULL));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    ASSERT(coil_queue_is_empty(&queue));
}

static int pass_both_ways(void *unused)
{
    (void)unused;
    for (size_t places = 1; places <= ITEMS; places++) {
        coil_queue_init(&queue, sizeof(int *), places);
        /* The second round begins in the middle of the ring. */
        for (int round = 0; round < 2; round++) {
            run_both(put_all, get_all);
            run_both(get_all, put_all);
        }
        coil_queue_fini(&queue);
    }
    return 0;
}

TEST(queue_of_pointers_keeps_the_order_however_many_places_it_has)
{
    ASSERT_OK(coil_run(pass_both_ways, NULL));
}

static int be_cancelled(void *unused)
{
    int *item = &items[0];

    (void)unused;
    coil_queue_init(&queue, sizeof(int *), 2);
    ASSERT_OK(coil_queue_put(&queue, &item));
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_queue_put(&queue, &item), -ECANCELED);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_queue_get(&queue, &item), -ECANCELED);
    ASSERT_EQ(coil_queue_size(&queue), 1);
    ASSERT_OK(coil_queue_get(&queue, &item));
    coil_queue_fini(&queue);
    return 0;
}

TEST(queue_of_pointers_is_left_alone_by_a_cancelled_task)
{
    ASSERT_OK(coil_run(be_cancelled, NULL));
}

static int shut_down(void *unused)
{
    int *item = &items[0];

    (void)unused;
    coil_queue_init(&queue, sizeof(int *), 0);
    ASSERT_OK(coil_queue_put(&queue, &item));
    coil_queue_shutdown(&queue, false);
    ASSERT_EQ(coil_queue_put(&queue, &item), -EPIPE);
    item = NULL;
    ASSERT_OK(coil_queue_get(&queue, &item));
    ASSERT(item == &items[0]);
    ASSERT_EQ(coil_queue_get(&queue, &item), -EPIPE);
    coil_queue_fini(&queue);
    return 0;
}

TEST(queue_of_pointers_that_is_shut_down_takes_none)
{
    ASSERT_OK(coil_run(shut_down, NULL));
}
