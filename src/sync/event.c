/* SPDX-License-Identifier: MIT */
/*
 * event.c - a flag and those who wait for it
 *
 *     a set event has no waiters
 *
 * To set the event decides for everybody who waits, so to clear it before they
 * run takes nothing back.
 */
/* The functions themselves: coil/running.h. */
#define COIL_NO_FAST_PATHS

#include <coil/event.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/select.h"
#include "sched/wait.h"

static const struct coil_wait_reason event_reason = {
    .name = "event",
    .reach = sizeof(struct coil_waiter),
};

void coil_event_init(struct coil_event *event)
{
    *event = (struct coil_event)COIL_EVENT_INIT;
}

/*
 * This is a separate function so that a wait for a set event needs no frame.
 * Where it is reached by a jump, backtraces have its name instead of the public
 * one.
 */
static COIL_NOINLINE int event_wait(struct coil_event *event)
{
    struct coil_waiter self = COIL_WAITER(&event_reason, event);

    return coil__wait_inline(&event->waiters, &self);
}

int coil_event_wait(struct coil_event *event)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    return event->set ? 0 : event_wait(event);
}

void coil_event_set(struct coil_event *event)
{
    event->set = true;
    coil__wake_all(&event->waiters, 0);
}

void coil_event_clear(struct coil_event *event)
{
    event->set = false;
}

bool coil_event_is_set(const struct coil_event *event)
{
    return event->set;
}

size_t coil_event_waiting(const struct coil_event *event)
{
    return coil__waitq_count(&event->waiters);
}

/* ---- in a selection ------------------------------------------------------- */

static bool attempt_wait(const struct coil_select_case *c, int *result)
{
    const struct coil_event *event = c->object;

    *result = 0;
    return event->set;
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct coil_event *event = c->object;

    (void)result;
    coil__waitq_append(&event->waiters, &entry->waiter);
    return true;
}

struct coil_select_case coil_event_wait_case(struct coil_event *event)
{
    static const struct coil_select_kind kind = { .reason = &event_reason,
                                                  .attempt = attempt_wait,
                                                  .stand = stand };

    return (struct coil_select_case){ .kind = &kind, .object = event };
}

const char *coil_test_check_event(const void *object)
{
    const struct coil_event *event = object;

    if (event->set && !coil__waitq_is_empty(&event->waiters))
        return "event: set, but somebody waits";
    return coil__waitq_check(&event->waiters);
}
