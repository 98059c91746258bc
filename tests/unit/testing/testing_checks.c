/* SPDX-License-Identifier: MIT */
/*
 * The invariants of a wait queue, each broken by hand once: a check that never
 * complains proves nothing.
 */
#include "sched/wait.h"
#include "bodies.h"
#include "simulated.h"

#include <coil/event.h>

static struct coil_event event;
static struct coil_list other = COIL_LIST_INIT;

static void expect_sound_event(void)
{
    ASSERT_NULL(coil_test_check_event(&event));
}

#define ASSERT_BROKEN(part)                                                    \
    ASSERT_STR_CONTAINS(coil_test_check_event(&event), part)

SIMULATED_TEST(testing_checks_see_each_broken_link_of_a_wait_queue, NULL,
               expect_sound_event, 0, 0)
{
    struct coil_task *a = start(await_event, &event);
    struct coil_task *b = start(await_event, &event);
    struct coil_waiter *first;
    struct coil_waiter *second;
    struct coil_list *queue;
    struct coil_coroutine *co;

    turn();
    ASSERT_NULL(coil_test_check_event(&event));
    queue = &event.waiters;
    first = coil__waiter_of(queue->head);
    second = coil__waiter_of(queue->tail);

    second->link.prev = NULL;
    ASSERT_BROKEN("links disagree");
    second->link.prev = &first->link;

    first->queue = &other;
    ASSERT_BROKEN("a queue that it does not know");
    first->queue = queue;

    co = first->co;
    first->co = second->co;
    ASSERT_BROKEN("waits for something else");
    first->co = co;

    queue->tail = &first->link;
    ASSERT_BROKEN("tail is wrong");
    queue->tail = &second->link;

    ASSERT_NULL(coil_test_check_event(&event));
    coil_event_set(&event);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}
