/* SPDX-License-Identifier: MIT */
/*
 * coil/shared_condition.h - wait for a change of what a shared lock protects
 *
 *     static struct coil_shared_lock lock = COIL_SHARED_LOCK_INIT;
 *     static struct coil_shared_condition changed =
 *         COIL_SHARED_CONDITION_INIT(&lock);
 *
 *     rc = coil_shared_lock_acquire(&lock);
 *     if (rc < 0)
 *         return rc;
 *     while (rc == 0 && !resource_is_available())
 *         rc = coil_shared_condition_wait(&changed);
 *     ...                                   // the lock is held here
 *     coil_shared_lock_release(&lock);
 *
 * It is coil_condition for several loops, with the same rules.
 *
 * Order    The longest waiter is notified first and queues for the lock then.
 * Memory   No destroy call.  The lock is kept for as long as the condition.
 * Loops    As of a channel (coil/channel.h).  A loop that ends with the lock
 *          under way to one of its tasks hands the lock on.
 * asyncio  Condition.
 */
#ifndef COIL_SHARED_CONDITION_H
#define COIL_SHARED_CONDITION_H

#include <coil/base.h>
#include <coil/shared_lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_shared_condition {
    struct coil_list waiters; /* the lock's mutex guards it */
    struct coil_shared_lock *lock;
};

#define COIL_SHARED_CONDITION_INIT(lock)                                       \
    {                                                                          \
        COIL_LIST_INIT, (lock)                                                 \
    }

/* What the initialiser does, at run time. */
COIL_API void
coil_shared_condition_init(struct coil_shared_condition *condition,
                           struct coil_shared_lock *lock);

/*
 * Release the lock, wait for a notification, and acquire the lock again.  The
 * caller holds the lock, and holds it again when this returns, except for one
 * error: -EPERM.
 *
 * Returns 0, else
 *   -ECANCELED  cancelled before it was notified: no notification was used up
 *   -EPERM      the lock is not held; this is reported to the exception handler
 *   -ENOMEM     no mailbox can be made; nobody else has had the lock
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_shared_condition_wait(struct coil_shared_condition *condition)
    COIL_SUSPENDS;

/*
 * Notify the `count` longest waiters, or all; each returns when it has the lock.
 * 0; or -EPERM, reported, if the lock is not held.
 */
COIL_API int
coil_shared_condition_notify(struct coil_shared_condition *condition,
                             size_t count) COIL_ANY_THREAD;
COIL_API int
coil_shared_condition_notify_all(struct coil_shared_condition *condition)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
