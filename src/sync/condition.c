/* SPDX-License-Identifier: MIT */
/*
 * condition.c - wait for a change of what a lock protects
 *
 * A waiter is in one of two queues:
 *
 *     condition->waiters   not notified; a cancellation takes it out
 *     lock->waiters        will get the lock, and nothing can prevent that
 *
 * A notification moves the waiter from the first queue to the end of the
 * second.  So the task is never woken to compete for the lock: when it runs, it
 * has the lock.  From the notification on, a cancellation stays untold until
 * the task's next suspending call.
 *
 * A cancellation that comes earlier moves the waiter too, because the wait
 * always returns with the lock held; then the wait returns -ECANCELED.  The
 * waiter is no longer there to be notified, so it uses up no notification.
 *
 * Thus each waiter leaves condition->waiters once, either notified or
 * cancelled: no notification is lost, and none is invented.
 */
#include <coil/condition.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/wait.h"
#include "sched/sink.h"
#include "sync/lock.h"

/* One call of coil_condition_wait(). */
struct condition_waiter {
    struct coil_waiter waiter;
    bool cancelled; /* before it was notified */
};

static const struct coil_wait_reason condition_reason = {
    .name = "condition",
    .reach = sizeof(struct condition_waiter),
};

static struct coil_lock *lock_of(struct coil_condition *condition)
{
    if (condition->shared_lock)
        return condition->shared_lock;
    return &condition->own_lock;
}

static const struct coil_lock *peek_lock(const struct coil_condition *condition)
{
    if (condition->shared_lock)
        return condition->shared_lock;
    return &condition->own_lock;
}

void coil_condition_init(struct coil_condition *condition,
                         struct coil_lock *lock)
{
    *condition = (struct coil_condition)COIL_CONDITION_INIT_WITH(lock);
}

int coil_condition_acquire(struct coil_condition *condition)
{
    return coil__keep_frame(coil_lock_acquire(lock_of(condition)));
}

int coil_condition_try_acquire(struct coil_condition *condition)
{
    return coil_lock_try_acquire(lock_of(condition));
}

int coil_condition_release(struct coil_condition *condition)
{
    return coil_lock_release(lock_of(condition));
}

bool coil_condition_is_locked(const struct coil_condition *condition)
{
    return coil_lock_is_locked(peek_lock(condition));
}

#define MISUSE(what)                                                           \
    {                                                                          \
        .message = (what), .error = -EPERM,                                    \
        .cure = "hold its lock meanwhile: coil_condition_acquire()"            \
    }

static const struct coil_misuse waits_without_lock =
    MISUSE("a condition is waited for without its lock");
static const struct coil_misuse notifies_without_lock =
    MISUSE("a condition is notified without its lock");

static bool is_held(const struct coil_condition *condition,
                    const struct coil_misuse *misuse)
{
    if (coil_condition_is_locked(condition))
        return true;

    coil__report_misuse(misuse, condition);
    return false;
}

/* Let the waiter wait for the lock, which is held, and for nothing else. */
static void queue_for_lock(struct coil_waiter *w, struct coil_lock *lock)
{
    w->cancel = coil__wait_uninterrupted;
    w->reason = &coil__lock_reason;
    w->object = lock;
    coil__requeue(w, &lock->waiters);
}

/* Cancelled before it was notified: the wait returns when it has the lock. */
static void cancel_wait(struct coil_waiter *w)
{
    struct condition_waiter *self =
        coil__container_of(w, struct condition_waiter, waiter);
    struct coil_condition *condition =
        coil__container_of(w->queue, struct coil_condition, waiters);
    struct coil_lock *lock = lock_of(condition);

    self->cancelled = true;
    if (lock->locked) {
        queue_for_lock(w, lock);
    } else {
        coil__lock_grant(lock, coil__waiter_id(w));
        coil__decide(w, 0);
    }
}

int coil_condition_wait(struct coil_condition *condition)
{
    int rc;

    /*
     * This comes before the checkpoint, because whoever gets -ECANCELED from
     * here will release the lock.
     */
    if (!is_held(condition, &waits_without_lock))
        return -EPERM;
    rc = coil__checkpoint();
    if (rc < 0)
        return rc;

    struct condition_waiter self = {
        .waiter = COIL_WAITER(&condition_reason, condition),
    };
    self.waiter.cancel = cancel_wait;
    coil_lock_release(lock_of(condition));
    rc = coil__wait(&condition->waiters, &self.waiter);
    if (!self.cancelled)
        return rc;

    /* Tell the task of this request, and of those made since, all at once. */
    rc = coil__checkpoint();
    return rc < 0 ? rc : -ECANCELED;
}

int coil_condition_wait_for(struct coil_condition *condition,
                            bool (*predicate)(void *arg), void *arg)
{
    int rc = coil__checkpoint();

    while (rc == 0 && !predicate(arg))
        rc = coil_condition_wait(condition);
    return rc;
}

int coil_condition_notify(struct coil_condition *condition, size_t count)
{
    struct coil_lock *lock = lock_of(condition);

    if (!is_held(condition, &notifies_without_lock))
        return -EPERM;

    for (; count > 0 && condition->waiters.head; count--)
        queue_for_lock(coil__waitq_first(&condition->waiters), lock);
    return 0;
}

int coil_condition_notify_all(struct coil_condition *condition)
{
    return coil_condition_notify(condition, SIZE_MAX);
}

const char *coil_test_check_condition(const void *object)
{
    const struct coil_condition *condition = object;
    const struct coil_waiter *w;
    const char *wrong;

    for (w = coil__waitq_first(&condition->waiters); w;
         w = coil__waitq_next(w)) {
        if (w->cancel != cancel_wait || w->object != condition)
            return "condition: a waiter that waits for something else";
    }
    wrong = coil__waitq_check(&condition->waiters);
    if (wrong)
        return wrong;
    return coil_test_check_lock(peek_lock(condition));
}
