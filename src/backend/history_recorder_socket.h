/* SPDX-License-Identifier: MIT */
/*
 * backend/history_recorder_socket.h - what a recorder's sockets answer, written down
 */
#ifndef COIL_BACKEND_HISTORY_RECORDER_SOCKET_H
#define COIL_BACKEND_HISTORY_RECORDER_SOCKET_H

#include "backend/backend.h"

/* Put the functions of sockets into the table of a recorder. */
void coil__history_recorder_take_sockets(struct coil__backend_ops *ops);

#endif
