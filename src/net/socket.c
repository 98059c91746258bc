/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include "loop/operation.h"

int coil__socket_set_options(struct coil__backend *backend, int fd,
                             const struct coil__socket_option *options,
                             size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        if (options[i].is_wanted)
            rc = backend->ops->set_option(backend, fd, options[i].level,
                                          options[i].name, options[i].value);
    return rc;
}

int coil__socket_connect(struct coil__backend *backend, int fd,
                         struct coil_address *address, const void *object)
{
    static const struct coil_wait_reason reason = { .name = "connect" };
    struct coil_op op = { .kind = COIL_OP_CONNECT,
                          .fd = fd,
                          .address = address };

    return (int)coil__operate(backend, &op, &reason, object);
}
