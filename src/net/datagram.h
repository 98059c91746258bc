/* SPDX-License-Identifier: MIT */
/*
 * net/datagram.h - a socket of messages, as those who make one see it
 */
#ifndef COIL_NET_DATAGRAM_H
#define COIL_NET_DATAGRAM_H

#include <coil/datagram.h>

#include "backend/backend.h"
#include "backend/open.h"
#include "base/platform.h"

struct coil_datagram_socket {
    struct coil__backend *backend;
    struct coil_open open;      /* with the descriptor */
    struct coil_unix_file file; /* of a Unix socket */
    int family;
    bool is_gone; /* freed, but debug mode has the memory */
};

/* Stop the program: the socket is used after its end. */
void coil__datagram_stop(const struct coil_datagram_socket *socket)
    COIL_NEVER_RETURNS;

static inline void coil__datagram_check(const struct coil_datagram_socket *s)
{
    if (COIL_UNLIKELY(s->is_gone))
        coil__datagram_stop(s);
}

/*
 * A socket that is not open yet.  Returns 0; -ENOTSUP on a user's scheduler;
 * -ENOMEM.
 */
int coil__datagram_new(struct coil_datagram_socket **out, int family);

/* Open a socket of `type` for it, or give it one.  Returns 0 or an error. */
int coil__datagram_open(struct coil_datagram_socket *socket, int type);
void coil__datagram_adopt(struct coil_datagram_socket *socket, int fd);

/*
 * Give it to the user.  If `rc` is an error, close it instead, and store NULL.
 * Returns `rc`.
 */
int coil__datagram_give(struct coil_datagram_socket **out,
                        struct coil_datagram_socket *socket, int rc);

/* Connect it to `address`.  As coil_udp_connect_address(). */
int coil__datagram_connect(struct coil_datagram_socket *socket,
                           const struct coil_address *address) COIL_SUSPENDS;

#endif
