/* SPDX-License-Identifier: MIT */
/*
 * net/socket.h - what streams and datagrams do with a socket
 */
#ifndef COIL_NET_SOCKET_H
#define COIL_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/backend.h"

/* An option of a socket, if it is wanted. */
struct coil__socket_option {
    int level;
    int name;
    int value;
    bool is_wanted;
};

/* Set those that are wanted, up to the first that fails.  0 or its error. */
int coil__socket_set_options(struct coil__backend *backend, int fd,
                             const struct coil__socket_option *options,
                             size_t count) COIL_MUST_CHECK;

/*
 * Sockets that no backend has at the moment.  `from`: the simulator that has given
 * the socket up, which may be gone; NULL: it is the kernel's.
 *
 * coil__socket_join() lets `to` have it, or returns -ENOTSUP, if `to` is of another
 * world.  coil__socket_close() closes it, in any thread.
 */
struct coil__backend *coil__socket_give_up(struct coil__backend *backend,
                                           int fd);
int coil__socket_join(struct coil__backend *from, struct coil__backend *to,
                      int fd);
void coil__socket_close(struct coil__backend *from, int fd);

/*
 * Wait until the socket is connected to `*address`, which stays where it is
 * meanwhile.  A dump names `object`.  0, -ECANCELED or an error.
 */
int coil__socket_connect(struct coil__backend *backend, int fd,
                         struct coil_address *address, const void *object)
    COIL_SUSPENDS;

#endif
