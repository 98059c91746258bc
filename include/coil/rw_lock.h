/* SPDX-License-Identifier: MIT */
/*
 * coil/rw_lock.h - many readers, or one writer
 *
 *     static struct coil_rw_lock table_lock = COIL_RW_LOCK_INIT;
 *
 *     rc = coil_rw_lock_acquire_read(&table_lock);      // others may read, too
 *     if (rc < 0)
 *         return rc;
 *     rc = look_up(table, key);                         // suspends
 *     coil_rw_lock_release_read(&table_lock);
 *
 * It is of use only where readers suspend while they read; code that does not
 * suspend is atomic already.
 *
 * Order      Strictly first come, first served: a reader that comes while a writer
 *            waits stands behind it.  So neither readers nor writers starve.
 *            Readers that stand next to each other are let in together.
 * Memory     Nothing is allocated; no destroy call.
 * Ownership  Any task or callback may release.  It is not re-entrant: a reader that
 *            acquires again may wait for a writer that waits for that reader.
 * asyncio    There is none.  The fairness is that of tokio's RwLock.
 */
#ifndef COIL_RW_LOCK_H
#define COIL_RW_LOCK_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a valid, unlocked lock. */
struct coil_rw_lock {
    struct coil_list waiters;
    size_t readers;  /* that hold it */
    uint64_t writer; /* id of the task that was given it, for reports */
    bool writing;
};

#define COIL_RW_LOCK_INIT                                                      \
    {                                                                          \
        COIL_LIST_INIT, 0, 0, false                                            \
    }

/* Make it an unlocked one, at run time. */
COIL_API void coil_rw_lock_init(struct coil_rw_lock *lock);

/*
 * Acquire it together with other readers, or alone for writing, waiting for as
 * long as that is not possible or somebody who came earlier waits.
 *
 * Returns 0, or -ECANCELED: the caller does not hold it and has lost its place; if
 * it was a writer in front of readers, they are let in at once.  A lock that was
 * handed over before the cancellation came is kept: 0 is returned, and the next
 * suspending call reports the cancellation.
 */
COIL_API int coil_rw_lock_acquire_read(struct coil_rw_lock *lock) COIL_SUSPENDS;
COIL_API int coil_rw_lock_acquire_write(struct coil_rw_lock *lock)
    COIL_SUSPENDS;

/* The same if that needs no waiting: 0, or -EAGAIN.  Nobody is overtaken. */
COIL_API int coil_rw_lock_try_acquire_read(struct coil_rw_lock *lock)
    COIL_MUST_CHECK;
COIL_API int coil_rw_lock_try_acquire_write(struct coil_rw_lock *lock)
    COIL_MUST_CHECK;

/*
 * Release it, and hand it to those who are next.  Returns 0, or -EPERM, changing
 * nothing and reporting it to the loop's exception handler, if nobody reads, or
 * writes.
 */
COIL_API int coil_rw_lock_release_read(struct coil_rw_lock *lock);
COIL_API int coil_rw_lock_release_write(struct coil_rw_lock *lock);

/*
 * The writer goes on as a reader, without a moment in which another could write;
 * readers who are next come in, too.  Returns as coil_rw_lock_release_write().
 */
COIL_API int coil_rw_lock_downgrade(struct coil_rw_lock *lock);

/* How many read, whether somebody writes, and how many wait. */
COIL_API size_t coil_rw_lock_readers(const struct coil_rw_lock *lock);
COIL_API bool coil_rw_lock_is_writing(const struct coil_rw_lock *lock);
COIL_API size_t coil_rw_lock_waiting(const struct coil_rw_lock *lock);

/* For coil_test_watch(): NULL, or which invariant of the lock is broken. */
COIL_API const char *coil_test_check_rw_lock(const void *lock);

#ifdef __cplusplus
}
#endif

#endif
