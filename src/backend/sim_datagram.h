/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_datagram.h - messages, and who gets them
 */
#ifndef COIL_BACKEND_SIM_DATAGRAM_H
#define COIL_BACKEND_SIM_DATAGRAM_H

#include "backend/sim_network.h"

/* Do what `op` asks, or return -EAGAIN. */
ptrdiff_t coil__sim_receive(struct sim_network *net, struct sim_socket *socket,
                            const struct coil_op *op);
ptrdiff_t coil__sim_send(struct sim_network *net, struct sim_socket *socket,
                         const struct coil_op *op);
ptrdiff_t coil__sim_connect_datagrams(struct sim_network *net,
                                      struct sim_socket *socket,
                                      const struct coil_op *op);

/* As the function of struct coil__backend_ops. */
int coil__sim_bind_datagrams(struct sim_network *net, int fd,
                             const struct coil_address *address);

#endif
