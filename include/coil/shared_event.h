/* SPDX-License-Identifier: MIT */
/*
 * coil/shared_event.h - tell the tasks of all loops that something has happened
 *
 *     static struct coil_shared_event ready = COIL_SHARED_EVENT_INIT;
 *
 *     rc = coil_shared_event_wait(&ready);      // on any loop
 *     coil_shared_event_set(&ready);            // in any thread
 *
 * It is coil_event for several loops, with the same rules.
 *
 * Memory   No destroy call.  Waiting allocates nothing, except for the first wait of
 *          a loop for another one (-ENOMEM).  The memory may be reused when set
 *          has returned and all who waited have been told.
 * Loops    As of a channel (coil/channel.h).
 * asyncio  Event.
 */
#ifndef COIL_SHARED_EVENT_H
#define COIL_SHARED_EVENT_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is an event that is not set. */
struct coil_shared_event {
    struct coil_list waiters;
    unsigned mutex;
    bool set;
};

#define COIL_SHARED_EVENT_INIT                                                 \
    {                                                                          \
        COIL_LIST_INIT, 0, false                                               \
    }

/* What the initialiser does, at run time. */
COIL_API void coil_shared_event_init(struct coil_shared_event *event);

/*
 * Wait until the event is set.  Returns 0, else
 *   -ECANCELED  cancelled before it was set
 *   -ENOMEM     no mailbox can be made
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_shared_event_wait(struct coil_shared_event *event)
    COIL_SUSPENDS;

/* Set it, and wake all who wait, even if it is cleared before they run. */
COIL_API void coil_shared_event_set(struct coil_shared_event *event)
    COIL_ANY_THREAD;

/* Who waits from now on waits for the next set. */
COIL_API void coil_shared_event_clear(struct coil_shared_event *event)
    COIL_ANY_THREAD;

/* Whether it was set a moment ago. */
COIL_API bool coil_shared_event_is_set(const struct coil_shared_event *event)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
