/* SPDX-License-Identifier: MIT */
/*
 * coil/reentrant_lock.h - a lock that its holder may acquire again
 *
 *     rc = coil_reentrant_lock_acquire(&lock);     // 1
 *     if (rc == 0)
 *         rc = update(table);                      // acquires it again: 2, then 1
 *     coil_reentrant_lock_release(&lock);          // 0: it is free
 *
 * The holder is a task.  A task that it has created is another one, and waits.
 *
 * Order      As coil/lock.h: handed to the longest waiter.
 * Memory     Nothing is allocated; no destroy call.
 * Ownership  Only the holder may release it, as often as it has acquired it.
 * asyncio    There is none.  threading.RLock, told by task instead of by thread.
 */
#ifndef COIL_REENTRANT_LOCK_H
#define COIL_REENTRANT_LOCK_H

#include <coil/base.h>
#include <coil/lock.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a valid, unlocked lock. */
struct coil_reentrant_lock {
    struct coil_lock lock;
    uint64_t depth; /* how often its holder has it besides the first time */
};

#define COIL_REENTRANT_LOCK_INIT                                               \
    {                                                                          \
        COIL_LOCK_INIT, 0                                                      \
    }

/* Make it an unlocked one, at run time. */
COIL_API void coil_reentrant_lock_init(struct coil_reentrant_lock *lock);

/*
 * Acquire it; without waiting if the running task holds it.  Returns 0; or
 * -ECANCELED, as coil_lock_acquire(), also for its holder, who then has it as often
 * as before; or -ENOTSUP in a coroutine that no coil task drives.
 */
COIL_API int coil_reentrant_lock_acquire(struct coil_reentrant_lock *lock)
    COIL_SUSPENDS;

/* The same if that needs no waiting: 0, -EAGAIN, or -ENOTSUP. */
COIL_API int coil_reentrant_lock_try_acquire(struct coil_reentrant_lock *lock)
    COIL_MUST_CHECK;

/*
 * Release it once.  Returns 0, or -EPERM, changing nothing and reporting it to the
 * loop's exception handler, if the running task does not hold it.
 */
COIL_API int coil_reentrant_lock_release(struct coil_reentrant_lock *lock);

/* How often the running task holds it. */
COIL_API uint64_t
coil_reentrant_lock_depth(const struct coil_reentrant_lock *lock);

/* Whether any task holds it. */
COIL_API bool
coil_reentrant_lock_is_locked(const struct coil_reentrant_lock *lock);

#ifdef __cplusplus
}
#endif

#endif
