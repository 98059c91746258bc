/* SPDX-License-Identifier: MIT */
/* The shared event within one loop: what the event of asyncio does. */
#include <coil/shared_event.h>

#include "simulated.h"

static struct coil_shared_event event;

static int wait_and_say(void *arg)
{
    int rc = coil_shared_event_wait(&event);

    say("%s%s ", (const char *)arg, rc < 0 ? "!" : "");
    return rc;
}

CORE_TEST(shared_event_wakes_all_in_order_even_if_cleared_at_once)
{
    struct coil_task *a = start_waiting(wait_and_say, "a");
    struct coil_task *b = start_waiting(wait_and_say, "b");

    ASSERT(!coil_shared_event_is_set(&event));
    coil_shared_event_set(&event);
    ASSERT(coil_shared_event_is_set(&event));
    coil_shared_event_clear(&event);
    SAID("");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

CORE_TEST(shared_event_that_is_set_is_not_waited_for)
{
    coil_shared_event_init(&event);
    coil_shared_event_set(&event);
    coil_shared_event_set(&event);
    ASSERT_EQ(coil_shared_event_wait(&event), 0);
    cancel_self();
    ASSERT_EQ(coil_shared_event_wait(&event), -ECANCELED);
    coil_shared_event_clear(&event);
}

CORE_TEST(shared_event_waiter_cancelled_before_the_event)
{
    struct coil_task *a = start_waiting(wait_and_say, "a");
    struct coil_task *b = start_waiting(wait_and_say, "b");

    cancel(a);
    coil_shared_event_set(&event);
    cancel(b); /* too late */
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    SAID("a! b ");
    coil_shared_event_clear(&event);
}
