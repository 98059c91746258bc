/* SPDX-License-Identifier: MIT */
/*
 * shared_condition.c - wait for a change of what a shared lock protects
 *
 * The lock's mutex guards the condition, too.  A waiter is in one of two queues:
 *
 *     condition->waiters   not notified; a cancellation takes it out
 *     lock->waiters        will get the lock, and nothing can prevent that
 *
 * A notification, and a cancellation that comes before it, move the waiter from
 * the first queue to the end of the second, as in sync/condition.c.
 */
#include <coil/shared_condition.h>

#include <errno.h>
#include <stdint.h>

#include "cross/shared_lock.h"
#include "sched/sink.h"

/* One call of coil_shared_condition_wait(). */
struct condition_waiter {
    struct coil__shared_waiter shared;
    struct coil_shared_condition *condition;
    bool cancelled; /* before it was notified */
};

/* The object is the lock, whose mutex it is. */
static const struct coil__shared_act wait_for = {
    .reason = { .name = "shared condition",
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_shared_lock, mutex),
    .hand_on = coil__shared_lock_hand_on,
};

void coil_shared_condition_init(struct coil_shared_condition *condition,
                                struct coil_shared_lock *lock)
{
    *condition = (struct coil_shared_condition)COIL_SHARED_CONDITION_INIT(lock);
}

#define MISUSE(what)                                                           \
    {                                                                          \
        .message = (what), .error = -EPERM,                                    \
        .cure = "hold its lock meanwhile: coil_shared_lock_acquire()"          \
    }

static const struct coil_misuse waits_without_lock =
    MISUSE("a shared condition is waited for without its lock");
static const struct coil_misuse notifies_without_lock =
    MISUSE("a shared condition is notified without its lock");

static int report_not_held(struct coil_shared_condition *condition,
                           const struct coil_misuse *misuse)
{
    coil__report_misuse(misuse, condition);
    return misuse->error;
}

/* On the waiter's thread: the wait returns when it has the lock. */
static void cancel_wait(struct coil_waiter *waiter)
{
    struct condition_waiter *w =
        coil__container_of(waiter, struct condition_waiter, shared.waiter);
    struct coil_shared_condition *condition = w->condition;
    struct coil_shared_lock *lock = condition->lock;

    coil__mutex_lock(&lock->mutex);
    if (w->shared.queue == &condition->waiters) {
        w->cancelled = true;
        coil__shared_requeue(&w->shared, &lock->waiters);
        if (!lock->locked)
            coil__shared_lock_pass(lock);
    }
    coil__mutex_unlock(&lock->mutex);
}

int coil_shared_condition_wait(struct coil_shared_condition *condition)
{
    struct coil_shared_lock *lock = condition->lock;
    struct condition_waiter w = { .condition = condition };
    struct coil_loop *loop;
    int rc;

    /* Before the checkpoint: who gets -ECANCELED will release the lock. */
    if (!coil_shared_lock_is_locked(lock))
        return report_not_held(condition, &waits_without_lock);
    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    rc = coil__shared_prepare(&w.shared, &wait_for, lock, NULL, loop);
    if (rc < 0)
        return rc;
    w.shared.waiter.object = condition;
    w.shared.waiter.cancel = cancel_wait;
    coil__mutex_lock(&lock->mutex);
    coil__shared_lock_pass(lock);
    rc = coil__shared_park(&w.shared, &condition->waiters);
    if (!w.cancelled)
        return rc;

    /* Tell the task of this request, and of those made since, all at once. */
    rc = coil__checkpoint();
    return rc < 0 ? rc : -ECANCELED;
}

int coil_shared_condition_notify(struct coil_shared_condition *condition,
                                 size_t count)
{
    struct coil_shared_lock *lock = condition->lock;
    bool is_held;

    coil__mutex_lock(&lock->mutex);
    is_held = lock->locked;
    for (; is_held && count > 0 && condition->waiters.head; count--)
        coil__shared_requeue(coil__shared_first(&condition->waiters),
                             &lock->waiters);
    coil__mutex_unlock(&lock->mutex);
    if (is_held)
        return 0;
    return report_not_held(condition, &notifies_without_lock);
}

int coil_shared_condition_notify_all(struct coil_shared_condition *condition)
{
    return coil_shared_condition_notify(condition, SIZE_MAX);
}
