/* SPDX-License-Identifier: MIT */
/*
 * coil/event.h - wait until something has happened
 *
 *     static struct coil_event ready = COIL_EVENT_INIT;
 *
 *     rc = coil_event_wait(&ready);      // in any number of tasks
 *     ...
 *     coil_event_set(&ready);            // all of them go on
 *
 * Order    Those who wait resume in the order in which they came.
 * Memory   Nothing is allocated; no destroy call.
 * asyncio  Event.
 */
#ifndef COIL_EVENT_H
#define COIL_EVENT_H

#include <coil/base.h>
#include <coil/running.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is an event that is not set. */
struct coil_event {
    struct coil_list waiters;
    bool set;
};

#define COIL_EVENT_INIT                                                        \
    {                                                                          \
        COIL_LIST_INIT, false                                                  \
    }

/* Make `event` one that is not set; what COIL_EVENT_INIT does, at run time. */
COIL_API void coil_event_init(struct coil_event *event);

/*
 * Wait until the event is set; at once if it is.  Returns 0 or -ECANCELED.
 * Tasks that wait when the event is set get 0, even if it is cleared before
 * they run.
 */
COIL_API int coil_event_wait(struct coil_event *event) COIL_SUSPENDS;

/* Set it and wake everybody who waits.  Setting it again does nothing. */
COIL_API void coil_event_set(struct coil_event *event);

/* Unset it.  Wakes nobody. */
COIL_API void coil_event_clear(struct coil_event *event);

/* Whether it is set. */
COIL_API bool coil_event_is_set(const struct coil_event *event);

/* How many tasks wait for it. */
COIL_API size_t coil_event_waiting(const struct coil_event *event);

/* coil_event_wait() as a case of coil_select(). */
COIL_API struct coil_select_case coil_event_wait_case(struct coil_event *event);

/* For coil_test_watch(): NULL, or which invariant of the event is broken. */
COIL_API const char *coil_test_check_event(const void *event);

/* ---- the fast path: coil/running.h --------------------------------------- */

#if COIL_FAST_PATHS

COIL_FAST_PATH bool coil__event_is_at_hand(const struct coil_event *event)
{
    return __builtin_expect(event->set && coil__undisturbed() != NULL, 1);
}

#define coil_event_wait(...)                                                   \
    coil__must_check(__extension__({                                           \
        struct coil_event *coil__event = (__VA_ARGS__);                        \
        coil__event_is_at_hand(coil__event) ? 0                                \
                                            : coil_event_wait(coil__event);    \
    }))

#endif

#ifdef __cplusplus
}
#endif

#endif
