/* SPDX-License-Identifier: MIT */
#include "net/transport_op.h"

#include "loop/operation.h"

static void written(struct coil_op *op)
{
    struct coil_transport_write *write = op->owner;

    write->result = op->result;
    write->over(write);
}

bool coil__transport_write(struct coil__backend *backend, struct coil_op *op,
                           struct coil_transport_write *write)
{
    op->over = written;
    op->owner = write;
    coil__burn(COIL__UNITS_CALL);
    if (!backend->ops->begin(backend, op))
        return false;
    write->result = op->result;
    return true;
}

static void peeked(struct coil_op *op)
{
    struct coil_transport_watch *watch = op->owner;

    watch->over(watch);
}

bool coil__transport_watch(struct coil__backend *backend, struct coil_op *op,
                           struct coil_transport_watch *watch)
{
    op->over = peeked;
    op->owner = watch;
    coil__burn(COIL__UNITS_CALL);
    return backend->ops->begin(backend, op);
}

void coil__transport_no_address(const struct coil_transport *transport,
                                struct coil_address *address)
{
    (void)transport;
    *address = (struct coil_address){ .length = 0 };
}
