/* SPDX-License-Identifier: MIT */
#include "core/operation.h"

#include <errno.h>

#include "core/coroutine.h"
#include "core/task.h"

/* Operations in a row that need not wait, before others get their turn. */
enum { IMMEDIATE_MAX = 128 };

/* The wait for one operation. */
struct operation_wait {
    struct coil_waiter waiter;
    struct coil_poll *poll;
    struct coil_op *op;
};

static void op_over(struct coil_op *op)
{
    struct operation_wait *wait = op->owner;

    coil__decide(&wait->waiter, op->result == -ECANCELED ? -ECANCELED : 0);
}

/* Only asks: the wait ends when the operation is over. */
static void cancel_op(struct coil_waiter *self)
{
    struct operation_wait *wait =
        coil__container_of(self, struct operation_wait, waiter);

    self->cancel = coil__wait_uninterrupted;
    wait->poll->ops->cancel(wait->poll, wait->op);
}

/* Let what is ready run, without an eye to cancellation. */
static void give_way(struct coil_coroutine *co)
{
    co->immediate = 0;
    if (!co->task)
        return;
    coil__coroutine_ready(co);
    coil__coroutine_suspend(co);
}

ptrdiff_t coil__operate(struct coil_poll *poll, struct coil_op *op,
                        const struct coil_wait_reason *reason,
                        const void *object)
{
    struct coil_coroutine *co = coil__thread()->current;
    struct coil_waitq queue = COIL_WAITQ_INIT;
    struct operation_wait wait = {
        .waiter = { .reason = reason, .object = object, .cancel = cancel_op },
        .poll = poll,
        .op = op,
    };
    int rc;

    op->over = op_over;
    op->owner = &wait;
    if (poll->ops->begin(poll, op)) {
        if (++co->immediate >= IMMEDIATE_MAX)
            give_way(co);
        return op->result;
    }
    co->immediate = 0;
    rc = coil__wait(&queue, &wait.waiter);
    return rc < 0 ? rc : op->result;
}
