/* SPDX-License-Identifier: MIT */
#include <coil/error.h>
#include <coil/fd.h>

#include "loop/operation.h"

int coil_wait_fd(int fd, unsigned events)
{
    static const struct coil_wait_reason reason = { .name = "descriptor" };
    struct coil__backend *backend;
    struct coil_op op;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (!events || events & ~(COIL_READABLE | COIL_WRITABLE))
        return -EINVAL;
    backend = coil__backend_current();
    if (!backend || coil__backend_is_simulated(backend))
        return -ENOTSUP;

    op = (struct coil_op){ .kind = COIL_OP_READY, .fd = fd, .events = events };
    return (int)coil__operate(backend, &op, &reason, NULL);
}
