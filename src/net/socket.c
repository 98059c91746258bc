/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>
#include <unistd.h>

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

struct coil__backend *coil__socket_give_up(struct coil__backend *backend,
                                           int fd)
{
    backend->ops->give_up(backend, fd);
    return coil__backend_is_simulated(backend) ? backend : NULL;
}

int coil__socket_join(struct coil__backend *from, struct coil__backend *to,
                      int fd)
{
    if (!to || (coil__backend_is_simulated(to) ? to : NULL) != from)
        return -ENOTSUP;
    if (!from)
        to->ops->adopt_fd(to, fd);
    return 0;
}

/* What is left of a simulator's sockets ends with it. */
void coil__socket_close(struct coil__backend *from, int fd)
{
    if (!from)
        close(fd);
    else if (from == coil__backend_current())
        from->ops->close_socket(from, fd);
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
