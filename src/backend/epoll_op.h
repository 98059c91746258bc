/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll_op.h - the operations of epoll's backend
 */
#ifndef COIL_BACKEND_EPOLL_OP_H
#define COIL_BACKEND_EPOLL_OP_H

#include "backend/backend.h"
#include "backend/epoll_slot.h"
#include "base/platform.h"

/* The key of the wake-up.  No descriptor is that large. */
#define EPOLL_KEY_WAKE UINT64_MAX

#define EPOLL_BATCH 256

struct epoll_backend {
    struct coil__backend backend;
    struct epoll_table table;
    bool coarse; /* the kernel waits in milliseconds only */
    uint64_t random;
    struct epoll_event events[EPOLL_BATCH];
};

static inline struct epoll_backend *
coil__epoll_backend_of(struct coil__backend *backend)
{
    return coil__container_of(backend, struct epoll_backend, backend);
}

/* As the functions of struct coil__backend_ops. */
bool coil__epoll_begin(struct coil__backend *backend, struct coil_op *op);
void coil__epoll_cancel(struct coil__backend *backend, struct coil_op *op);

/*
 * `op`, which pends, has waited in another way, and waits in this one from now
 * on.
 */
void coil__epoll_take_over(struct epoll_backend *e, struct coil_op *op);

/* The kernel reports `event`: attempt the operations that wait for it. */
void coil__epoll_handle(struct epoll_backend *e,
                        const struct epoll_event *event);

/* Call over() of the operations in e->table.ended. */
void coil__epoll_end_ended(struct epoll_backend *e);

/*
 * `fd` is about to be closed, or given up: end its operations with `error`, and
 * its registration.
 */
void coil__epoll_end_operations(struct epoll_backend *e, int fd, int error);

#endif
