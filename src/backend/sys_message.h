/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_message.h - messages of sockets, by the kernel
 *
 * Results are those of sys.h.
 */
#ifndef COIL_BACKEND_SYS_MESSAGE_H
#define COIL_BACKEND_SYS_MESSAGE_H

#include "backend/backend.h"

/* Do what a RECEIVE or a SEND asks, without waiting. */
ptrdiff_t coil__sys_receive(const struct coil_op *op);
ptrdiff_t coil__sys_send(const struct coil_op *op);

/* As multicast() of struct coil__backend_ops. */
int coil__sys_multicast(int fd, const struct coil_address *group,
                        unsigned interface, enum coil_multicast what);

#endif
