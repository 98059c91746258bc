/* SPDX-License-Identifier: MIT */
/*
 * net/transport_op.h - what a transport begins, as an operation of the backend
 */
#ifndef COIL_NET_TRANSPORT_OP_H
#define COIL_NET_TRANSPORT_OP_H

#include <coil/transport.h>

#include "backend/backend.h"

/*
 * Begin `*op`, which lies in the transport and has all but over and owner.
 * Return false if the backend keeps it: then the write, or the watch, is told
 * when it is over.  Otherwise it is over, and write->result is set.  Both burn as
 * much as a system call.
 */
bool coil__transport_write(struct coil__backend *backend, struct coil_op *op,
                           struct coil_transport_write *write);
bool coil__transport_watch(struct coil__backend *backend, struct coil_op *op,
                           struct coil_transport_watch *watch);

/* A splice() of struct coil_transport_ops, with the descriptor `fd`. */
ptrdiff_t coil__transport_splice(struct coil__backend *backend, int fd, int end,
                                 size_t size, bool is_out,
                                 const struct coil_stream *stream);

/* For `local_address` and `peer_address` of what has none. */
void coil__transport_no_address(const struct coil_transport *transport,
                                struct coil_address *address);

#endif
