/* SPDX-License-Identifier: MIT */
/*
 * shield.c - await a future without passing a cancellation on
 *
 * The task stands in the future's own list.  A cancellation only takes it out.
 */
#include <coil/combinators.h>

#include <errno.h>

#include "base/platform.h"
#include "task/future.h"
#include "sched/wait.h"

struct shield {
    struct coil_waiter waiter;
    struct coil_future *future;
    bool left; /* cancelled: the future's outcome is not returned */
};

static void leave(struct coil_waiter *self)
{
    struct shield *shield = coil__container_of(self, struct shield, waiter);

    shield->left = true;
    shield->future->abandoned = true;
    coil__decide(self, -ECANCELED);
}

int coil_shield(struct coil_future *future, void **value)
{
    static const struct coil_wait_reason reason = {
        .name = "shielded future",
        .needs = { .need = COIL_NEED_TASK },
        .reach = sizeof(struct shield),
    };
    struct shield shield = {
        .waiter = { .reason = &reason, .object = future, .cancel = leave },
        .future = future,
    };
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (!future->done) {
        shield.waiter.order = coil__future_order_of_waiter(future);
        rc = coil__wait(&future->waiters, &shield.waiter);
        if (shield.left)
            return rc;
    }
    return coil_future_result(future, value);
}
