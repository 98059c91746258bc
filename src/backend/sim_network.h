/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_network.h - connections without a network
 */
#ifndef COIL_BACKEND_SIM_NETWORK_H
#define COIL_BACKEND_SIM_NETWORK_H

#include "backend/op.h"
#include "backend/sim_active.h"
#include "backend/sim_bound.h"

/* What may happen to datagrams of IP on their way.  Zeroed: nothing. */
struct sim_weather {
    unsigned lose; /* one in so many, by the seed; 0: none */
    unsigned duplicate;
    unsigned reorder;
    bool (*drop)(const struct coil_address *from, const struct coil_address *to,
                 void *arg);
    void *arg;
};

struct sim_network {
    struct sim_chance chance;
    struct sim_weather weather;
    struct sim_active active;
    struct sim_socket *listeners;
    struct sim_bound bound;    /* of datagrams */
    struct sim_socket **table; /* by descriptor - SIM_FIRST_FD */
    size_t capacity;
    size_t lowest_free; /* all below are in use */
    unsigned next_port;
    size_t *sockets; /* how many are in the table */
};

/* The socket `fd`, or NULL. */
struct sim_socket *coil__sim_find(const struct sim_network *net, int fd);

/* Do what `op` asks, or return -EAGAIN. */
ptrdiff_t coil__sim_connect(struct sim_network *net, struct sim_socket *socket,
                            const struct coil_op *op);
ptrdiff_t coil__sim_accept(struct sim_network *net, struct sim_socket *listener,
                           const struct coil_op *op);

/* As the functions of struct coil__backend_ops. */
int coil__sim_socket(struct sim_network *net, int family, int type);
int coil__sim_bind_local(struct sim_network *net, int fd,
                         const struct coil_address *address);
int coil__sim_bind(struct sim_network *net, int fd,
                   const struct coil_address *address);
int coil__sim_shutdown(struct sim_network *net, int fd);

/* Where a connection of `socket` to `to` comes from; the port may be 0. */
struct coil_address coil__sim_source(const struct sim_socket *socket,
                                     const struct coil_address *to);

/* Whoever listens at `address` of AF_UNIX is not found there any more. */
void coil__sim_unname(struct sim_network *net,
                      const struct coil_address *address);

/*
 * There is room in `socket`, or it is gone: those who wait for it try again.
 */
void coil__sim_wake_senders(struct sim_network *net, struct sim_socket *socket);

/* Close a socket on which nothing pends any more. */
void coil__sim_close(struct sim_network *net, struct sim_socket *socket);

/* Free all sockets.  No operation is pending. */
void coil__sim_free_network(struct sim_network *net);

#endif
