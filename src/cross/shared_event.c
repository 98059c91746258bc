/* SPDX-License-Identifier: MIT */
/*
 * shared_event.c - a flag and those who wait for it, on all loops
 *
 *     a set event has no waiters
 */
#include <coil/shared_event.h>

#include <errno.h>

#include "cross/shared.h"

void coil_shared_event_init(struct coil_shared_event *event)
{
    *event = (struct coil_shared_event)COIL_SHARED_EVENT_INIT;
}

void coil_shared_event_set(struct coil_shared_event *event)
{
    coil__mutex_lock(&event->mutex);
    __atomic_store_n(&event->set, true, __ATOMIC_RELEASE);
    coil__shared_decide_all(&event->waiters, 0);
    coil__mutex_unlock(&event->mutex);
}

void coil_shared_event_clear(struct coil_shared_event *event)
{
    coil__mutex_lock(&event->mutex);
    __atomic_store_n(&event->set, false, __ATOMIC_RELAXED);
    coil__mutex_unlock(&event->mutex);
}

/* Acquire: what was done before the event was set is seen now. */
bool coil_shared_event_is_set(const struct coil_shared_event *event)
{
    return __atomic_load_n(&event->set, __ATOMIC_ACQUIRE);
}

/* Under the mutex. */
static int see(void *object, void *unused)
{
    const struct coil_shared_event *event = object;

    (void)unused;
    return event->set ? 0 : -EAGAIN;
}

static const struct coil__shared_act wait_for = {
    .reason = { .name = "shared event",
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_shared_event, mutex),
    .queue = offsetof(struct coil_shared_event, waiters),
    .now = see,
};

int coil_shared_event_wait(struct coil_shared_event *event)
{
    struct coil_loop *loop;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    if (coil_shared_event_is_set(event))
        return 0;
    return coil__shared_wait(&wait_for, event, NULL, loop);
}
