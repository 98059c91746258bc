/* SPDX-License-Identifier: MIT */
/*
 * net/listener.h - what listener.c and listener_open.c share
 */
#ifndef COIL_NET_LISTENER_H
#define COIL_NET_LISTENER_H

#include <coil/stream.h>

#include "loop/operation.h"
#include "backend/open.h"

/* One of a listener's sockets. */
struct coil__listening {
    struct coil_listener *listener;
    struct coil_open open; /* with the descriptor */
    struct coil_op op;
    struct coil_address peer;   /* of `op`, or of `kept` */
    struct coil_unix_file file; /* of a Unix socket */
    int kept;                   /* a connection, or -1 */
    bool is_accepting;          /* the backend has `op` */
};

struct coil_listener {
    struct coil__backend *backend;
    unsigned refs;
    bool is_open;
    struct coil_list acceptors;
    struct coil_list paused; /* lacking descriptors or memory */
    size_t pending;          /* sockets that are accepting */
    size_t turn;             /* which socket is next */
    size_t count;
    size_t descriptors;  /* that a stream keeps: coil/unix.h */
    bool is_of_messages; /* SOCK_SEQPACKET */
    struct coil__listening sockets[];
};

/*
 * As coil_listener_accept(), of any kind of listener.  prepare(arg) is called
 * before a connection is taken, each time that it is tried: what it allocates
 * cannot be lacking afterwards.  NULL: nothing is called.
 */
int coil__listener_accept(struct coil_listener *listener,
                          struct coil_stream **out, int (*prepare)(void *arg),
                          void *arg) COIL_SUSPENDS;

#endif
