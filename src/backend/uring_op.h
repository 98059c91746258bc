/* SPDX-License-Identifier: MIT */
/*
 * backend/uring_op.h - the operations of io_uring's backend
 */
#ifndef COIL_BACKEND_URING_OP_H
#define COIL_BACKEND_URING_OP_H

#include "backend/uring_ring.h"

/* As the functions of struct coil__backend_ops. */
bool coil__uring_begin(struct coil__backend *backend, struct coil_op *op);
void coil__uring_cancel(struct coil__backend *backend, struct coil_op *op);

/*
 * Serve the lanes whose requests have ended.  Returns how many there were.
 */
size_t coil__uring_serve_landed(struct uring_backend *u);

/* `fd` is new.  If its slot is in use, the descriptor before it was lost. */
void coil__uring_adopt(struct uring_backend *u, int fd);

/* Look for sockets that have been closed while they are in use. */
void coil__uring_search(struct uring_backend *u);

/*
 * `fd` is about to be closed, or given up: end its operations with `error`, and
 * let none begin until the slot's `closing` is reset.  Returns the slot, or NULL.
 */
struct uring_slot *coil__uring_end_operations(struct uring_backend *u, int fd,
                                              int error);

/* The ring is closed: its operations wait in the epoll set from now on. */
void coil__uring_retire(struct uring_backend *u);

#endif
