/* SPDX-License-Identifier: MIT */
/*
 * backend/replayer_socket.h - sockets that are numbers, and answer from a history
 */
#ifndef COIL_BACKEND_REPLAYER_SOCKET_H
#define COIL_BACKEND_REPLAYER_SOCKET_H

#include "backend/backend.h"

/* Put the functions of sockets into the table of a replayer. */
void coil__replayer_take_sockets(struct coil__backend_ops *ops);

#endif
