/* SPDX-License-Identifier: MIT */
/*
 * lock.c - a lock that is handed over, never put up for grabs
 *
 * A release gives the lock to the longest waiter before that task runs again:
 *
 *     a free lock has no waiters
 *
 * So nobody can take the lock between a release and the wake-up it causes, and
 * a woken task has nothing left to check.  When a task is cancelled, it either
 * is still queued, and is removed; or it is already the holder, and the request
 * stays untold until its next suspending call.  There is no third case.
 *
 * The holder is kept for reports only: any task or callback may release.
 */
/* The functions themselves: coil/running.h. */
#define COIL_NO_FAST_PATHS

#include "sync/lock.h"

#include <stddef.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/select.h"
#include "sched/sink.h"

const struct coil_wait_reason coil__lock_reason = {
    .name = "lock",
    .needs = { .need = COIL_NEED_HOLDER,
               .items = offsetof(struct coil_lock, holder) },
    .reach = sizeof(struct coil_waiter),
};

void coil_lock_init(struct coil_lock *lock)
{
    *lock = (struct coil_lock)COIL_LOCK_INIT;
}

/*
 * This is a separate function so that taking a free lock needs no frame.
 * Where it is reached by a jump, backtraces have its name instead of the public
 * one.
 */
static COIL_NOINLINE int lock_acquire(struct coil_lock *lock)
{
    struct coil_waiter self = COIL_WAITER(&coil__lock_reason, lock);

    return coil__wait_inline(&lock->waiters, &self);
}

int coil_lock_acquire(struct coil_lock *lock)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (COIL_UNLIKELY(lock->locked))
        return lock_acquire(lock);
    coil__lock_grant(lock, coil__running_id());
    return 0;
}

int coil_lock_try_acquire(struct coil_lock *lock)
{
    if (lock->locked)
        return -EAGAIN;

    coil__lock_grant(lock, coil__running_id());
    return 0;
}

/* The function may be that of a condition. */
static const struct coil_misuse not_held = {
    .message = "a lock is released that is not held",
    .error = -EPERM,
    .cure = "release it once after each acquire that has returned 0",
};

int coil_lock_release(struct coil_lock *lock)
{
    if (COIL_UNLIKELY(!lock->locked)) {
        coil__report_misuse(&not_held, lock);
        return -EPERM;
    }
    if (coil__waitq_is_empty(&lock->waiters)) {
        lock->locked = false;
        lock->holder = 0;
    } else {
        lock->holder = coil__waiter_id(coil__wake_one(&lock->waiters, 0));
    }
    return 0;
}

bool coil_lock_is_locked(const struct coil_lock *lock)
{
    return lock->locked;
}

size_t coil_lock_waiting(const struct coil_lock *lock)
{
    return coil__waitq_count(&lock->waiters);
}

/* ---- in a selection ------------------------------------------------------- */

static bool attempt_acquire(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(coil_lock_try_acquire(c->object), result);
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct coil_lock *lock = c->object;

    (void)result;
    coil__waitq_append(&lock->waiters, &entry->waiter);
    return true;
}

struct coil_select_case coil_lock_acquire_case(struct coil_lock *lock)
{
    static const struct coil_select_kind kind = { .reason = &coil__lock_reason,
                                                  .attempt = attempt_acquire,
                                                  .stand = stand };

    return (struct coil_select_case){ .kind = &kind, .object = lock };
}

const char *coil_test_check_lock(const void *object)
{
    const struct coil_lock *lock = object;
    const struct coil_waiter *w;

    for (w = coil__waitq_first(&lock->waiters); w; w = coil__waitq_next(w)) {
        if (w->reason != &coil__lock_reason || w->object != lock)
            return "lock: a waiter that waits for something else";
    }
    if (!lock->locked && !coil__waitq_is_empty(&lock->waiters))
        return "lock: free, but somebody waits";
    if (!lock->locked && lock->holder)
        return "lock: free, but has a holder";
    return coil__waitq_check(&lock->waiters);
}
