/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_data.h - what goes through a connection of the simulator
 */
#ifndef COIL_BACKEND_SIM_DATA_H
#define COIL_BACKEND_SIM_DATA_H

#include "backend/sim_network.h"

/* Do what `op` asks, or return -EAGAIN. */
ptrdiff_t coil__sim_read(struct sim_network *net, struct sim_socket *socket,
                         const struct coil_op *op);
ptrdiff_t coil__sim_peek(const struct sim_socket *socket);
ptrdiff_t coil__sim_write(struct sim_network *net, struct sim_socket *socket,
                          const struct coil_op *op);
ptrdiff_t coil__sim_send_file(struct sim_network *net,
                              struct sim_socket *socket,
                              const struct coil_op *op);

#endif
