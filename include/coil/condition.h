/* SPDX-License-Identifier: MIT */
/*
 * coil/condition.h - wait for a change of what a lock protects
 *
 *     static struct coil_condition changed = COIL_CONDITION_INIT;
 *
 *     rc = coil_condition_acquire(&changed);
 *     if (rc < 0)
 *         return rc;
 *     while (rc == 0 && !resource_is_available())
 *         rc = coil_condition_wait(&changed);
 *     ...                                   // the lock is held here, always
 *     coil_condition_release(&changed);
 *
 * Order    The longest waiter is notified first and queues for the lock then.
 * Memory   Nothing is allocated; no destroy call.
 * asyncio  Condition, but a notification is passed on only if its receiver
 *          really had one: none is lost and none is made up.
 */
#ifndef COIL_CONDITION_H
#define COIL_CONDITION_H

#include <coil/base.h>
#include <coil/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a condition with a lock of its own. */
struct coil_condition {
    struct coil_list waiters;
    struct coil_lock own_lock;
    struct coil_lock *shared_lock;
};

#define COIL_CONDITION_INIT                                                    \
    {                                                                          \
        COIL_LIST_INIT, COIL_LOCK_INIT, NULL                                   \
    }

/* A condition on a lock that the caller keeps for as long as the condition. */
#define COIL_CONDITION_INIT_WITH(lock)                                         \
    {                                                                          \
        COIL_LIST_INIT, COIL_LOCK_INIT, (lock)                                 \
    }

/* What the initialisers do, at run time.  `lock` NULL: a lock of its own. */
COIL_API void coil_condition_init(struct coil_condition *condition,
                                  struct coil_lock *lock);

/* The lock's functions, as in coil/lock.h, for the lock of the condition. */
COIL_API int coil_condition_acquire(struct coil_condition *condition)
    COIL_SUSPENDS;
COIL_API int coil_condition_try_acquire(struct coil_condition *condition)
    COIL_MUST_CHECK;
COIL_API int coil_condition_release(struct coil_condition *condition);
COIL_API bool coil_condition_is_locked(const struct coil_condition *condition);

/*
 * Release the lock, wait to be notified, and acquire the lock again.
 *
 * Returns, always with the lock held (except for -EPERM):
 *   0           notified
 *   -ECANCELED  cancelled; no notification was used up
 *   -EPERM      the lock was not held at the call: nothing was done, and the
 *               loop's exception handler was told.  A pending cancellation is
 *               left to the next suspending call
 * A cancellation after the notification does not undo it: the lock is waited
 * for, 0 is returned, and the next suspending call reports the cancellation.
 */
COIL_API int coil_condition_wait(struct coil_condition *condition)
    COIL_SUSPENDS;

/*
 * Wait until predicate(arg) is true.  It is called at once and after each
 * notification, with the lock held.  Returns 0 when it is true, else as above.
 * If it is true at once the lock need not be held.  A cancellation that is
 * reported on entry leaves the lock as it is.
 */
COIL_API int coil_condition_wait_for(struct coil_condition *condition,
                                     bool (*predicate)(void *arg), void *arg)
    COIL_SUSPENDS;

/*
 * Notify the `count` longest waiters, or as many as there are; nothing is
 * remembered for later ones.  The lock must be held and stays so.  Returns 0.
 * If the lock is not held: -EPERM; nothing is done, and the loop's exception
 * handler is told.
 */
COIL_API int coil_condition_notify(struct coil_condition *condition,
                                   size_t count);

/* Notify all who wait now; as coil_condition_notify() otherwise. */
COIL_API int coil_condition_notify_all(struct coil_condition *condition);

/* For coil_test_watch(): NULL, or which invariant of the condition is broken. */
COIL_API const char *coil_test_check_condition(const void *condition);

#ifdef __cplusplus
}
#endif

#endif
