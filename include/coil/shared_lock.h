/* SPDX-License-Identifier: MIT */
/*
 * coil/shared_lock.h - let one task of all loops at a time into a section
 *
 *     static struct coil_shared_lock table_lock = COIL_SHARED_LOCK_INIT;
 *
 *     rc = coil_shared_lock_acquire(&table_lock);
 *     if (rc < 0)
 *         return rc;
 *     rc = fetch_rows(t);           // suspends; tasks of all loops keep out
 *     coil_shared_lock_release(&table_lock);
 *
 * It is coil_lock for several loops, with the same rules.  Within one loop
 * coil_lock is faster; around code that never suspends, a mutex of threads is.
 *
 * Order      Strictly first come, first served, over all loops: release hands
 *            the lock to the longest waiter at once, so nobody overtakes.
 * Memory     No destroy call.  Waiting allocates nothing, except for the first wait
 *            of a loop for another one (-ENOMEM).
 * Ownership  Any task, callback or thread may release it.  It is not re-entrant.
 * Loops      As of a channel (coil/channel.h).  A loop that ends with the lock
 *            under way to one of its tasks hands it on.
 * asyncio    Lock.
 */
#ifndef COIL_SHARED_LOCK_H
#define COIL_SHARED_LOCK_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a valid, unlocked lock. */
struct coil_shared_lock {
    struct coil_list waiters;
    unsigned mutex;
    bool locked;
    uint64_t holder; /* a task, for reports */
};

#define COIL_SHARED_LOCK_INIT                                                  \
    {                                                                          \
        COIL_LIST_INIT, 0, false, 0                                            \
    }

/* What the initialiser does, at run time. */
COIL_API void coil_shared_lock_init(struct coil_shared_lock *lock);

/*
 * Acquire the lock, waiting for as long as it is held.
 *
 * Returns 0 once the caller holds it, else the caller does not:
 *   -ECANCELED  cancelled; the task has lost its place.  A lock that was handed
 *               over before the cancellation came is kept: 0 is returned, and
 *               the next suspending call reports the cancellation.
 *   -ENOMEM     no mailbox can be made
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_shared_lock_acquire(struct coil_shared_lock *lock)
    COIL_SUSPENDS;

/* Acquire it if that needs no wait: 0, or -EAGAIN. */
COIL_API int coil_shared_lock_try_acquire(struct coil_shared_lock *lock)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Release it and hand it to the longest waiter, if any.  0; or -EPERM, changing
 * nothing and reporting it to the exception handler of the loop that runs here,
 * if the lock is not held.
 */
COIL_API int coil_shared_lock_release(struct coil_shared_lock *lock)
    COIL_ANY_THREAD;

/* Whether it was held a moment ago, perhaps by a task that has not run yet. */
COIL_API bool coil_shared_lock_is_locked(const struct coil_shared_lock *lock)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
