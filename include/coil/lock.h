/* SPDX-License-Identifier: MIT */
/*
 * coil/lock.h - let one task at a time into a critical section
 *
 * Tasks of one loop never run at the same moment, so a lock is needed only
 * around code that suspends in the middle of an update.  Code that does not
 * suspend is atomic already.
 *
 *     static struct coil_lock table_lock = COIL_LOCK_INIT;
 *
 *     int refresh(struct table *t)
 *     {
 *         int rc = coil_lock_acquire(&table_lock);
 *         if (rc < 0)
 *             return rc;
 *         rc = fetch_rows(t);        // suspends; others see the lock held
 *         coil_lock_release(&table_lock);
 *         return rc;
 *     }
 *
 * Order      Strictly first come, first served: release hands the lock to the
 *            longest waiter at once, so nobody overtakes.
 * Memory     Nothing is allocated.  No destroy call; the memory may be reused
 *            once the lock is neither held nor waited for.
 * Ownership  Any task or callback may release a lock, as in asyncio.  It is not
 *            re-entrant: a task that acquires it twice waits for itself.
 * asyncio    Lock.
 */
#ifndef COIL_LOCK_H
#define COIL_LOCK_H

#include <coil/base.h>
#include <coil/running.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a valid, unlocked lock. */
struct coil_lock {
    struct coil_list waiters;
    uint64_t holder; /* id of the task that was given it, for reports */
    bool locked;
};

#define COIL_LOCK_INIT                                                         \
    {                                                                          \
        COIL_LIST_INIT, 0, false                                               \
    }

/* Make `lock` an unlocked one; what COIL_LOCK_INIT does, at run time. */
COIL_API void coil_lock_init(struct coil_lock *lock);

/*
 * Acquire the lock, waiting for as long as it is held.
 *
 * Returns 0 once the caller holds the lock, or -ECANCELED: the caller does not
 * hold the lock and has lost its place.  If the lock and the cancellation arrive
 * together, the call returns 0: the caller holds the lock, and its next
 * suspending call returns -ECANCELED.
 */
COIL_API int coil_lock_acquire(struct coil_lock *lock) COIL_SUSPENDS;

/* The same as a case of coil_select(). */
COIL_API struct coil_select_case coil_lock_acquire_case(struct coil_lock *lock);

/* Acquire it if that needs no waiting: 0, or -EAGAIN. */
COIL_API int coil_lock_try_acquire(struct coil_lock *lock) COIL_MUST_CHECK;

/*
 * Release it and hand it to the longest waiter, if any, who runs in its turn.
 * Returns 0, or -EPERM, changing nothing and reporting it to the loop's
 * exception handler, if the lock is not held.
 */
COIL_API int coil_lock_release(struct coil_lock *lock);

/* Whether the lock is held, perhaps by a task that has not run yet. */
COIL_API bool coil_lock_is_locked(const struct coil_lock *lock);

/* How many tasks wait for it. */
COIL_API size_t coil_lock_waiting(const struct coil_lock *lock);

/* For coil_test_watch(): NULL, or which invariant of the lock is broken. */
COIL_API const char *coil_test_check_lock(const void *lock);

/* ---- fast paths: coil/running.h ----------------------------------------- */

#if COIL_FAST_PATHS

COIL_FAST_PATH bool coil__lock_take(struct coil_lock *lock)
{
    const struct coil_running *self = coil__undisturbed();

    if (__builtin_expect(!self || lock->locked, 0))
        return false;
    lock->locked = true;
    lock->holder = self->id;
    return true;
}

COIL_FAST_PATH bool coil__lock_leave(struct coil_lock *lock)
{
    if (__builtin_expect(!lock->locked || lock->waiters.head != NULL, 0))
        return false;
    lock->locked = false;
    lock->holder = 0;
    return true;
}

#define coil_lock_acquire(...)                                                 \
    coil__must_check(__extension__({                                           \
        struct coil_lock *coil__lock = (__VA_ARGS__);                          \
        coil__lock_take(coil__lock) ? 0 : coil_lock_acquire(coil__lock);       \
    }))
#define coil_lock_release(...)                                                 \
    __extension__({                                                            \
        struct coil_lock *coil__lock = (__VA_ARGS__);                          \
        coil__lock_leave(coil__lock) ? 0 : coil_lock_release(coil__lock);      \
    })

#endif

#ifdef __cplusplus
}
#endif

#endif
