/* SPDX-License-Identifier: MIT */
/*
 * shared_lock.c - a lock that is handed from loop to loop
 *
 *     a free lock has no waiters
 */
#include "cross/shared_lock.h"

#include <errno.h>

#include "sched/sink.h"

void coil_shared_lock_init(struct coil_shared_lock *lock)
{
    *lock = (struct coil_shared_lock)COIL_SHARED_LOCK_INIT;
}

/* ---- under the mutex -------------------------------------------------------- */

/*
 * coil_shared_lock_is_locked() reads the one without the mutex, and a dump the
 * other.  `holder`: a task's id, or 0.
 */
static void set_locked(struct coil_shared_lock *lock, bool locked,
                       uint64_t holder)
{
    __atomic_store_n(&lock->locked, locked, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->holder, holder, __ATOMIC_RELAXED);
}

void coil__shared_lock_pass(struct coil_shared_lock *lock)
{
    struct coil__shared_waiter *next = coil__shared_first(&lock->waiters);

    set_locked(lock, next, next ? next->id : 0);
    if (next)
        coil__shared_decide(next, 0);
}

static int take(void *object, void *unused)
{
    struct coil_shared_lock *lock = object;

    (void)unused;
    if (lock->locked)
        return -EAGAIN;
    set_locked(lock, true, coil__running_id());
    return 0;
}

void coil__shared_lock_hand_on(void *object, void *unused)
{
    struct coil_shared_lock *lock = object;

    (void)unused;
    coil__mutex_lock(&lock->mutex);
    coil__shared_lock_pass(lock);
    coil__mutex_unlock(&lock->mutex);
}

/* ---- the interface ----------------------------------------------------------- */

static const struct coil__shared_act acquire = {
    .reason = { .name = "shared lock",
                .needs = { .need = COIL_NEED_HOLDER,
                           .items = offsetof(struct coil_shared_lock, holder) },
                .is_shared = true,
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_shared_lock, mutex),
    .queue = offsetof(struct coil_shared_lock, waiters),
    .now = take,
    .hand_on = coil__shared_lock_hand_on,
};

int coil_shared_lock_acquire(struct coil_shared_lock *lock)
{
    return coil__shared_do(&acquire, lock, NULL);
}

int coil_shared_lock_try_acquire(struct coil_shared_lock *lock)
{
    return coil__shared_try(&acquire, lock, NULL);
}

/* The function may be that of a condition. */
static const struct coil_misuse not_held = {
    .message = "a shared lock is released that is not held",
    .error = -EPERM,
    .cure = "release it once after each acquire that has returned 0",
};

int coil_shared_lock_release(struct coil_shared_lock *lock)
{
    bool was_locked;

    coil__mutex_lock(&lock->mutex);
    was_locked = lock->locked;
    if (was_locked)
        coil__shared_lock_pass(lock);
    coil__mutex_unlock(&lock->mutex);
    if (was_locked)
        return 0;
    coil__report_misuse(&not_held, lock);
    return -EPERM;
}

bool coil_shared_lock_is_locked(const struct coil_shared_lock *lock)
{
    return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED);
}
