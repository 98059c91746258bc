/* SPDX-License-Identifier: MIT */
#include "cross/shared.h"

#include "base/list.h"
#include "loop/circle.h"
#include "loop/registry.h"

static struct coil__shared_waiter *of_letter(struct coil_letter *letter)
{
    return coil__container_of(letter, struct coil__shared_waiter, letter);
}

static unsigned *mutex_of(const struct coil__shared_waiter *w)
{
    return coil__shared_mutex(w->act, w->object);
}

static void leave_queue(struct coil__shared_waiter *w)
{
    coil__list_remove(w->queue, &w->link);
    w->queue = NULL;
}

/* ---- the outcome ----------------------------------------------------------- */

/* On the waiter's own thread. */
static void tell(struct coil__shared_waiter *w)
{
    w->is_told = true;
    coil__decide(&w->waiter, w->outcome);
}

static void deliver(struct coil_letter *letter)
{
    tell(of_letter(letter));
}

/* The task will never go on: somebody else gets what it was given. */
static void hand_on(struct coil__shared_waiter *w)
{
    if (w->is_told || w->outcome != 0 || !w->act->hand_on)
        return;
    w->is_told = true;
    w->act->hand_on(w->object, w->item);
}

/* The loop has been closed with the letter unread: coil__shared_end() was here. */
static void drop(struct coil_letter *letter)
{
    (void)letter;
}

/*
 * A loop with a queued waiter is open: its end takes the waiter out first.  So
 * the letter arrives.
 */
void coil__shared_decide(struct coil__shared_waiter *w, int outcome)
{
    leave_queue(w);
    w->outcome = outcome;
    if (w->loop == coil_loop_current())
        tell(w);
    else
        coil__mailbox_post(w->mailbox, &w->letter, false);
}

void coil__shared_decide_all(struct coil_list *queue, int outcome)
{
    struct coil__shared_waiter *w;

    while ((w = coil__shared_first(queue)))
        coil__shared_decide(w, outcome);
}

void coil__shared_requeue(struct coil__shared_waiter *w,
                          struct coil_list *queue)
{
    leave_queue(w);
    w->queue = queue;
    coil__list_append(queue, &w->link);
}

/* ---- leaving before that ---------------------------------------------------- */

/* Returns whether `w` was queued: then it will get no outcome. */
static bool leave(struct coil__shared_waiter *w)
{
    bool is_queued;

    coil__mutex_lock(mutex_of(w));
    is_queued = w->queue;
    if (is_queued)
        leave_queue(w);
    coil__mutex_unlock(mutex_of(w));
    return is_queued;
}

static void cancel(struct coil_waiter *waiter)
{
    if (leave(coil__container_of(waiter, struct coil__shared_waiter, waiter)))
        coil__decide(waiter, -ECANCELED);
}

static struct coil__shared_waiter *of_hook(struct coil_hook *hook)
{
    return hook ? coil__container_of(hook, struct coil__shared_waiter, hook)
                : NULL;
}

/* All leave first, so that nothing is handed from one to the other. */
void coil__shared_end(struct coil_loop *loop)
{
    struct coil__shared_waiter *w;

    for (w = of_hook(loop->shared_waiters); w; w = of_hook(w->hook.next))
        if (leave(w))
            w->is_told = true;
    while ((w = of_hook(loop->shared_waiters))) {
        coil__hook_remove(&w->hook);
        hand_on(w);
    }
}

/* ---- waiting --------------------------------------------------------------- */

int coil__shared_prepare(struct coil__shared_waiter *w,
                         const struct coil__shared_act *act, void *object,
                         void *item, struct coil_loop *loop)
{
    *w = (struct coil__shared_waiter){
        .waiter = { .reason = &act->reason,
                    .object = object,
                    .cancel = cancel },
        .letter = { .deliver = deliver, .drop = drop },
        .act = act,
        .object = object,
        .item = item,
        .loop = loop,
        .mailbox = coil__mailbox_of(loop),
        .id = coil__running_id(),
    };
    return w->mailbox ? 0 : -ENOMEM;
}

int coil__shared_park(struct coil__shared_waiter *w, struct coil_list *queue)
{
    struct coil_list alone = COIL_LIST_INIT;
    bool holds = coil__loops_are_several();
    int rc;

    coil__hook_push(&w->loop->shared_waiters, &w->hook);
    if (holds)
        coil__loop_await_others(w->loop);
    w->queue = queue;
    coil__list_append(queue, &w->link);
    coil__mutex_unlock(mutex_of(w));
    rc = coil__wait(&alone, &w->waiter);
    if (holds)
        coil__loop_stop_awaiting(w->loop);
    coil__hook_remove(&w->hook);
    coil__mailbox_release(w->mailbox);
    return rc;
}

COIL_NOINLINE int coil__shared_wait(const struct coil__shared_act *act,
                                    void *object, void *item,
                                    struct coil_loop *loop)
{
    struct coil__shared_waiter w;
    int rc = coil__shared_prepare(&w, act, object, item, loop);

    if (rc < 0)
        return rc;
    coil__mutex_lock(mutex_of(&w));
    rc = act->now(object, item);
    if (rc == -EAGAIN) {
        struct coil_list *queue =
            (struct coil_list *)(void *)((char *)object + act->queue);

        return coil__shared_park(&w, queue);
    }
    coil__mutex_unlock(mutex_of(&w));
    coil__mailbox_release(w.mailbox);
    return rc;
}
