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

ptrdiff_t coil__transport_splice(struct coil__backend *backend, int fd, int end,
                                 size_t size, bool is_out,
                                 const struct coil_stream *stream)
{
    static const struct coil_wait_reason in = { .name = "stream data" };
    static const struct coil_wait_reason out = { .name = "stream send" };
    struct coil_op op = {
        .kind = is_out ? COIL_OP_SPLICE_OUT : COIL_OP_SPLICE_IN,
        .fd = fd,
        .data = &end,
        .size = size,
    };

    return coil__operate(backend, &op, is_out ? &out : &in, stream);
}

void coil__transport_no_address(const struct coil_transport *transport,
                                struct coil_address *address)
{
    (void)transport;
    *address = (struct coil_address){ .length = 0 };
}
