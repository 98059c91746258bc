/* SPDX-License-Identifier: MIT */
/*
 * net/accepting.h - a listener, its operations, and the tasks that wait for them
 */
#ifndef COIL_NET_ACCEPTING_H
#define COIL_NET_ACCEPTING_H

#include <coil/stream.h>

#include "backend/open.h"
#include "loop/operation.h"
#include "sched/wait.h"

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
    size_t descriptors;          /* that a stream keeps: coil/unix.h */
    bool is_of_messages;         /* SOCK_SEQPACKET; or is_gone */
    bool is_gone;                /* freed, but debug mode has the memory */
    struct coil__member *member; /* listener_group.h, or NULL */
    bool is_pausing;             /* as the leader of a group */
    unsigned failures;           /* in a row, likewise */
    struct coil_handle resume;
    struct coil__listening sockets[];
};

/* A task that waits for a connection. */
struct acceptor {
    struct coil_waiter waiter;
    ptrdiff_t result;
    struct coil_address *peer;
    bool is_cancelled; /* the wait ends with the last operation */
};

/* After this many failures in a row, they count as a shortage. */
enum { COIL__ACCEPTING_FAILURES = 16 };

#define COIL__CANNOT_ACCEPT "cannot accept connections, trying again in 1 s"

/* Give a reference back. */
void coil__accepting_release(struct coil_listener *l);

/* Stop the program if the listener is used after its end. */
void coil__accepting_check(const struct coil_listener *l);

/* The task that has waited longest, or NULL. */
struct acceptor *coil__accepting_first(const struct coil_listener *l);

/*
 * Begin to accept on `socket`.  Returns whether it is over at once; else `over` is
 * called, and has a reference.
 */
bool coil__accepting_begin(struct coil_listener *l,
                           struct coil__listening *socket,
                           void (*over)(struct coil_op *op));

/* Cancel what is begun, on all sockets. */
void coil__accepting_cancel(struct coil_listener *l);

/* The sockets take turns. */
struct coil__listening *coil__accepting_turn(struct coil_listener *l);

/*
 * Whether `error` concerns one connection only: it died in the queue, a
 * firewall forbids it, or the network broke it.  accept() reports such errors.
 */
bool coil__accepting_is_of_one(int error);

#endif
