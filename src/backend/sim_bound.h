/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_bound.h - the sockets that get datagrams, and which of them gets one
 */
#ifndef COIL_BACKEND_SIM_BOUND_H
#define COIL_BACKEND_SIM_BOUND_H

#include "backend/sim_message.h"
#include "backend/sim_socket.h"

struct sim_bound {
    struct sim_socket *first; /* the newest */
    unsigned next_port;
};

/* Let the socket get what is sent to `address`.  Returns 0, or an error. */
int coil__sim_bind_to(struct sim_bound *bound, struct sim_socket *socket,
                      const struct coil_address *address);

/* The socket gets no more datagrams, and is in no group. */
void coil__sim_unbind(struct sim_bound *bound, struct sim_socket *socket);

int coil__sim_join(struct sim_socket *socket, const struct coil_address *group);
int coil__sim_leave(struct sim_socket *socket,
                    const struct coil_address *group);

/* Whether the datagram is for this socket. */
bool coil__sim_hears(const struct sim_socket *socket,
                     const struct sim_message *message);

/* The socket that gets it: of two with one address, the connected one. */
struct sim_socket *coil__sim_receiver_of(const struct sim_bound *bound,
                                         const struct sim_message *message);

#endif
