/* SPDX-License-Identifier: MIT */
/*
 * cross/shared.h - wait for what tasks of several loops share
 *
 * The rules are those of one loop (sched/wait.h): a waiter stands in one queue
 * of one object, and whoever takes it out decides the outcome.  What differs is
 * who may be where:
 *
 *     the object's mutex guards the object and its queues
 *     a waiter's task goes on in its own thread
 *
 * So the outcome is decided under the mutex, by any thread, and then carried to
 * the waiter's loop: by a letter to its mailbox, or at once if the loop runs
 * here.  The letter is posted under the mutex, too.  This gives the invariant on
 * which all else rests:
 *
 *     a waiter that is in no queue has its outcome, and nobody but its own loop
 *     will touch it any more
 *
 * So the task may return, and its stack be reused, as soon as it has the
 * outcome.  A cancellation, and the end of the loop, happen on the waiter's own
 * thread.  They take the mutex: either the waiter is still queued, and leaves;
 * or it has its outcome, and the cancellation stays untold until the next
 * suspending call.  If the loop ends with the letter unread, what the letter
 * brings goes to the next in line.
 *
 * The order of locks: object, mailbox.
 */
#ifndef COIL_CROSS_SHARED_H
#define COIL_CROSS_SHARED_H

#include <errno.h>

#include "base/mutex.h"
#include "loop/loop.h"
#include "sched/wait.h"
#include "threads/mailbox.h"

/*
 * Something that tasks wait for: to take a lock, to put an item.  Static, one for
 * each.
 */
struct coil__shared_act {
    struct coil_wait_reason reason;
    size_t mutex; /* where in the object it is */
    size_t queue; /* … and where those are who wait */
    /*
     * Under the mutex: do it.  0, or an error; -EAGAIN: it has to wait.  `item`
     * is the caller's.
     */
    int (*now)(void *object, void *item);
    /*
     * The loop of a task has ended, with an outcome of 0 on its way: it goes to
     * somebody else.  NULL: there is nothing to hand on.
     */
    void (*hand_on)(void *object, void *item);
};

/* On the stack of the task that waits. */
struct coil__shared_waiter {
    struct coil_waiter waiter;
    struct coil_letter letter;
    struct coil_hook hook; /* of the loop's: if it ends before the task */
    const struct coil__shared_act *act;
    void *object;
    void *item;
    struct coil_loop *loop;
    struct coil_mailbox *mailbox;
    uint64_t id; /* of the task */
    /* Under the mutex: */
    struct coil_link link;
    struct coil_list *queue; /* NULL: the outcome is decided */
    int outcome;
    bool is_told; /* the task goes on.  Of its own thread. */
};

static inline unsigned *coil__shared_mutex(const struct coil__shared_act *act,
                                           const void *object)
{
    return (unsigned *)(void *)((char *)object + act->mutex);
}

/* Do it if that needs no wait.  In any thread. */
static inline int coil__shared_try(const struct coil__shared_act *act,
                                   void *object, void *item)
{
    unsigned *mutex = coil__shared_mutex(act, object);
    int rc;

    coil__mutex_lock(mutex);
    rc = act->now(object, item);
    coil__mutex_unlock(mutex);
    return rc;
}

/* It had to wait a moment ago.  As coil__shared_do(), on `loop`. */
int coil__shared_wait(const struct coil__shared_act *act, void *object,
                      void *item, struct coil_loop *loop);

/*
 * Do it, and wait until it can be done.  Returns what act->now() returned, or
 * what somebody else has decided, else -ECANCELED; -ENOTSUP: no loop runs here;
 * -ENOMEM: the loop has no mailbox yet, and there is no memory for one.
 */
static inline int coil__shared_do(const struct coil__shared_act *act,
                                  void *object, void *item)
{
    struct coil_loop *loop;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    rc = coil__shared_try(act, object, item);
    return rc == -EAGAIN ? coil__shared_wait(act, object, item, loop) : rc;
}

/* ---- the parts, for a wait of another shape ---------------------------------- */

/* Get `w` ready.  0, or -ENOMEM as above. */
int coil__shared_prepare(struct coil__shared_waiter *w,
                         const struct coil__shared_act *act, void *object,
                         void *item, struct coil_loop *loop);

/*
 * The mutex is held: queue `w`, unlock, and wait.  Returns the outcome.  `w` is
 * over then.
 */
int coil__shared_park(struct coil__shared_waiter *w, struct coil_list *queue);

/*
 * The loop is being closed, or its thread has ended within a run.  The waiters
 * that are left leave their queues, and what was under way to them is handed on.
 */
void coil__shared_end(struct coil_loop *loop);

/* ---- under the mutex ------------------------------------------------------- */

static inline struct coil__shared_waiter *
coil__shared_first(const struct coil_list *queue)
{
    struct coil_link *first = queue->head;

    return first ? coil__container_of(first, struct coil__shared_waiter, link)
                 : NULL;
}

/* Take `w` out of its queue, and give it its outcome. */
void coil__shared_decide(struct coil__shared_waiter *w, int outcome);

/* The same for all in `queue`. */
void coil__shared_decide_all(struct coil_list *queue, int outcome);

/* Let `w` stand at the end of another queue, which the same mutex guards. */
void coil__shared_requeue(struct coil__shared_waiter *w,
                          struct coil_list *queue);

#endif
