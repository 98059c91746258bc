/* SPDX-License-Identifier: MIT */
#include "loop/operation.h"

#include <errno.h>

#include "sched/coroutine.h"
#include "loop/loop.h"
#include "loop/budget.h"

struct coil__backend *coil__backend_current(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop ? loop->backend : NULL;
}

/* The wait for one operation. */
struct operation_wait {
    struct coil_waiter waiter;
    struct coil__backend *backend;
    struct coil_op *op;
};

static void op_over(struct coil_op *op)
{
    struct operation_wait *wait = op->owner;

    coil__decide(&wait->waiter, op->result == -ECANCELED ? -ECANCELED : 0);
}

/* This only asks: the wait ends when the operation is over. */
static void cancel_op(struct coil_waiter *self)
{
    struct operation_wait *wait =
        coil__container_of(self, struct operation_wait, waiter);

    self->cancel = coil__wait_uninterrupted;
    wait->backend->ops->cancel(wait->backend, wait->op);
}

/*
 * Only a task of a loop can give way.  The driver of a coroutine decides itself
 * who runs next, and a user's scheduler never looks outside.
 */
void coil__give_way(void)
{
    struct coil_thread *self = coil__thread();
    struct coil_coroutine *co = self->current;
    struct coil_loop *loop = coil__loop_of(self->scheduler);

    if (!loop || !loop->budget.spent || !co->task)
        return;
    coil__list_append(&loop->after_look, &co->runnable.link);
    coil__coroutine_suspend(co);
}

void coil__burn(size_t units)
{
    struct coil_loop *loop = coil__loop_of(coil__thread()->scheduler);

    if (loop)
        coil__loop_burn(loop, units);
}

ptrdiff_t coil__operate(struct coil__backend *backend, struct coil_op *op,
                        const struct coil_wait_reason *reason,
                        const void *object)
{
    struct coil_list queue = COIL_LIST_INIT;
    struct operation_wait wait = {
        .waiter = { .reason = reason,
                    .object = object,
                    .cancel = cancel_op,
                    .outcome = op->fd + 1 },
        .backend = backend,
        .op = op,
    };
    int rc;

    op->over = op_over;
    op->owner = &wait;
    coil__burn(COIL__UNITS_CALL);
    if (backend->ops->begin(backend, op)) {
        coil__give_way();
        return op->result;
    }
    rc = coil__wait(&queue, &wait.waiter);
    return rc < 0 ? rc : op->result;
}
