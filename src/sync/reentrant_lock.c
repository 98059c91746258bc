/* SPDX-License-Identifier: MIT */
/*
 * reentrant_lock.c - a lock, and how often its holder has it
 *
 * The lock below says who holds it.  The depth is counted without it: when the lock
 * is handed over, the depth is 0.
 */
#define COIL_NO_FAST_PATHS

#include <coil/reentrant_lock.h>

#include <coil/error.h>

#include "sched/sink.h"
#include "sched/wait.h"

void coil_reentrant_lock_init(struct coil_reentrant_lock *lock)
{
    *lock = (struct coil_reentrant_lock)COIL_REENTRANT_LOCK_INIT;
}

static bool is_mine(const struct coil_reentrant_lock *lock)
{
    uint64_t id = coil__running_id();

    return id != 0 && lock->lock.locked && lock->lock.holder == id;
}

int coil_reentrant_lock_acquire(struct coil_reentrant_lock *lock)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (coil__running_id() == 0)
        return -ENOTSUP;
    if (!is_mine(lock))
        return coil_lock_acquire(&lock->lock);
    lock->depth++;
    return 0;
}

int coil_reentrant_lock_try_acquire(struct coil_reentrant_lock *lock)
{
    if (coil__running_id() == 0)
        return -ENOTSUP;
    if (!is_mine(lock))
        return coil_lock_try_acquire(&lock->lock);
    lock->depth++;
    return 0;
}

static const struct coil_misuse not_mine = {
    .function = "coil_reentrant_lock_release",
    .message = "a re-entrant lock is released by a task that does not hold it",
    .error = -EPERM,
    .cure = "release it in the task that has acquired it, as often",
};

int coil_reentrant_lock_release(struct coil_reentrant_lock *lock)
{
    if (!is_mine(lock)) {
        coil__report_misuse(&not_mine, lock);
        return -EPERM;
    }
    if (lock->depth == 0)
        return coil_lock_release(&lock->lock);
    lock->depth--;
    return 0;
}

uint64_t coil_reentrant_lock_depth(const struct coil_reentrant_lock *lock)
{
    return is_mine(lock) ? lock->depth + 1 : 0;
}

bool coil_reentrant_lock_is_locked(const struct coil_reentrant_lock *lock)
{
    return lock->lock.locked;
}
