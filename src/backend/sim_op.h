/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_op.h - the operations of the simulator
 */
#ifndef COIL_BACKEND_SIM_OP_H
#define COIL_BACKEND_SIM_OP_H

#include "backend/backend.h"
#include "backend/sim_network.h"
#include "backend/wakeup.h"
#include "base/platform.h"

struct sim_backend {
    struct coil__backend backend;
    coil_time now;
    struct coil_wakeup wakeup;
    struct sim_network network;
    size_t calls;
    size_t fail_at; /* the call that fails, counted from 1; 0: none */
    int fail_error;
    struct coil_op *failing; /* the call that fails, if it pends */
};

static inline struct sim_backend *
coil__sim_backend_of(struct coil__backend *backend)
{
    return coil__container_of(backend, struct sim_backend, backend);
}

/* Count a call.  Whether a test wants this one to fail. */
bool coil__sim_call_fails(struct sim_backend *sim);

/* Do what `op` asks, or return -EAGAIN. */
ptrdiff_t coil__sim_attempt(struct sim_backend *sim, struct sim_socket *socket,
                            const struct coil_op *op);

/* As the functions of struct coil__backend_ops. */
bool coil__sim_begin(struct coil__backend *backend, struct coil_op *op);
void coil__sim_cancel(struct coil__backend *backend, struct coil_op *op);

/* End what can be ended; with a seed, a part of it.  Returns how many. */
size_t coil__sim_deliver(struct sim_backend *sim);

/*
 * `socket` is about to be closed, or given up: end its operations with `error`,
 * and let none begin until its `closing` is reset.
 */
void coil__sim_end_operations(struct sim_backend *sim,
                              struct sim_socket *socket, int error);

#endif
