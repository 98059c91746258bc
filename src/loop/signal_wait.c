/* SPDX-License-Identifier: MIT */
/*
 * signal_wait.c - a task that waits for one of several signals
 */
#include "loop/signal.h"

#include <errno.h>

#include "loop/loop.h"
#include "sched/wait.h"

enum { MOST_AT_ONCE = 8 };

struct one_signal {
    struct coil_signal_handler handler;
    struct coil_waiter *waiter;
};

struct signal_wait {
    struct coil_waiter waiter;
    struct one_signal signals[MOST_AT_ONCE];
    size_t count;
};

/* Another signal, or a cancellation, may have decided the wait already. */
static void wake(void *arg)
{
    struct one_signal *one = arg;

    if (one->waiter->queue)
        coil__decide(one->waiter, one->handler.number);
}

/* A signal that has come counts, even if the loop has not seen it yet. */
static void cancel_wait(struct coil_waiter *self)
{
    const struct signal_wait *wait =
        coil__container_of(self, struct signal_wait, waiter);
    int outcome = -ECANCELED;

    for (size_t i = wait->count; i > 0; i--) {
        const struct coil_signal_handler *h = &wait->signals[i - 1].handler;

        if (coil__signal_is_pending(h))
            outcome = h->number;
    }
    coil__decide(self, outcome);
}

static int add_all(struct coil_loop *loop, struct signal_wait *wait,
                   const int *numbers, size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++) {
        struct one_signal *one = &wait->signals[i];

        *one = (struct one_signal){ .waiter = &wait->waiter };
        rc = coil_loop_add_signal_handler(loop, &one->handler, numbers[i], wake,
                                          one);
        wait->count += rc == 0;
    }
    return rc;
}

static void remove_all(struct coil_loop *loop, struct signal_wait *wait)
{
    while (wait->count > 0)
        coil_loop_remove_signal_handler(loop,
                                        &wait->signals[--wait->count].handler);
}

int coil_wait_signals(const int *numbers, size_t count)
{
    static const struct coil_wait_reason reason = { .name = "signal" };
    struct coil_loop *loop;
    struct coil_list queue = COIL_LIST_INIT;
    struct signal_wait wait;
    int rc;

    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    if (count == 0 || count > MOST_AT_ONCE)
        return -EINVAL;
    wait.waiter =
        (struct coil_waiter){ .reason = &reason, .cancel = cancel_wait };
    wait.count = 0;
    rc = add_all(loop, &wait, numbers, count);
    if (rc == 0)
        rc = coil__wait(&queue, &wait.waiter);
    remove_all(loop, &wait);
    return rc;
}

int coil_wait_signal(int number)
{
    return coil_wait_signals(&number, 1);
}
