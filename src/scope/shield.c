/* SPDX-License-Identifier: MIT */
/*
 * shield.c - await what must not be cancelled
 *
 * The wait is the future's own, but cancelling it only takes the waiter away.
 */
#include <coil/combinators.h>

#include <errno.h>

#include "base/platform.h"
#include "task/future.h"
#include "task/future_await.h"
#include "sched/wait.h"

struct shield {
    struct coil_waiter waiter;
    struct coil_future *future;
    bool left; /* cancelled: the outcome is not the future's */
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
    static const struct coil_wait_reason reason = { .name = "shielded future",
                                                    .need = coil__future_need };
    struct shield shield = {
        .waiter = { .reason = &reason, .object = future, .cancel = leave },
        .future = future,
    };
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (!future->done) {
        rc = coil__future_wait(future, &shield.waiter);
        if (shield.left)
            return rc;
    }
    return coil_future_result(future, value);
}
