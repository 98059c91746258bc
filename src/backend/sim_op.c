/* SPDX-License-Identifier: MIT */
/*
 * sim_op.c - when the simulator's operations are over
 *
 * With seed 0 it is a fast kernel: whatever is possible is done in begin(),
 * whole.  With any other seed it is a moody kernel.  It puts operations off
 * to a later wait(), shortens reads and writes, and lets an operation that is
 * cancelled succeed first, or be over later.  All of this is within the
 * contract of backend.h.
 */
#include "backend/sim_op.h"

#include <errno.h>

#include "backend/sim_data.h"
#include "backend/sim_datagram.h"
#include "base/list.h"

enum sim_op_state {
    SIM_OP_IDLE,
    SIM_OP_PENDING,
    SIM_OP_CANCELLED, /* will be over in a later wait() */
};

static bool chance(struct sim_backend *sim, unsigned n)
{
    return coil__sim_chance(&sim->network.chance, n);
}

static void activate(struct sim_backend *sim, struct sim_socket *socket)
{
    coil__sim_activate(&sim->network.active, &sim->network.chance, socket);
}

bool coil__sim_call_fails(struct sim_backend *sim)
{
    return ++sim->calls == sim->fail_at;
}

ptrdiff_t coil__sim_attempt(struct sim_backend *sim, struct sim_socket *socket,
                            const struct coil_op *op)
{
    if (op == sim->failing)
        return sim->fail_error;
    switch (op->kind) {
    case COIL_OP_READ:
        return coil__sim_read(&sim->network, socket, op);
    case COIL_OP_PEEK:
        return coil__sim_peek(socket);
    case COIL_OP_WRITE:
        return coil__sim_write(&sim->network, socket, op);
    case COIL_OP_SEND_FILE:
        return coil__sim_send_file(&sim->network, socket, op);
    case COIL_OP_ACCEPT:
        return coil__sim_accept(&sim->network, socket, op);
    case COIL_OP_RECEIVE:
        return coil__sim_receive(&sim->network, socket, op);
    case COIL_OP_SEND:
        return coil__sim_send(&sim->network, socket, op);
    default: /* COIL_OP_CONNECT */
        if (socket->type == SOCK_DGRAM)
            return coil__sim_connect_datagrams(&sim->network, socket, op);
        return coil__sim_connect(&sim->network, socket, op);
    }
}

static struct coil_list *queue_of(struct sim_socket *socket,
                                  const struct coil_op *op)
{
    bool in = op->kind == COIL_OP_READ || op->kind == COIL_OP_PEEK ||
              op->kind == COIL_OP_ACCEPT || op->kind == COIL_OP_RECEIVE;

    return &socket->queue[in ? SIM_DIRECTION_IN : SIM_DIRECTION_OUT];
}

/* End `op`, which pends on `socket`.  Both may be gone when this returns. */
static void finish(struct sim_backend *sim, struct sim_socket *socket,
                   struct coil_op *op, ptrdiff_t result)
{
    coil__list_remove(queue_of(socket, op), &op->link);
    activate(sim, socket); /* for the next in the queue */
    sim->backend.pending--;
    if (op == sim->failing)
        sim->failing = NULL;
    op->state = SIM_OP_IDLE;
    op->result = result;
    op->over(op);
}

bool coil__sim_begin(struct coil__backend *backend, struct coil_op *op)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, op->fd);
    struct coil_list *queue;

    if (op->kind == COIL_OP_READY || !socket || socket->closing) {
        op->result = op->kind == COIL_OP_READY ? -ENOTSUP : -EBADF;
        return true;
    }
    queue = queue_of(socket, op);
    if (coil__sim_call_fails(sim))
        sim->failing = op;
    if (!queue->head && !chance(sim, 2)) {
        op->result = coil__sim_attempt(sim, socket, op);
        if (op->result != -EAGAIN) {
            sim->failing = op == sim->failing ? NULL : sim->failing;
            return true;
        }
    }
    op->state = SIM_OP_PENDING;
    coil__list_append(queue, &op->link);
    backend->pending++;
    if (sim->network.chance.seed)
        activate(sim, socket);
    return false;
}

void coil__sim_cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket;
    ptrdiff_t result = -EAGAIN;

    if (op->state != SIM_OP_PENDING)
        return;
    socket = coil__sim_find(&sim->network, op->fd);
    if (chance(sim, 3)) {
        op->state = SIM_OP_CANCELLED;
        activate(sim, socket);
        return;
    }
    if (coil__op_first(queue_of(socket, op)) == op && chance(sim, 2))
        result = coil__sim_attempt(sim, socket, op);
    finish(sim, socket, op, result == -EAGAIN ? -ECANCELED : result);
}

/* ---- waiting ---- */

static struct coil_op *find_cancelled(struct sim_socket *socket)
{
    int direction;

    for (direction = 0; direction < SIM_DIRECTIONS; direction++) {
        struct coil_op *op = coil__op_first(&socket->queue[direction]);

        for (; op; op = coil__op_of(op->link.next))
            if (op->state == SIM_OP_CANCELLED)
                return op;
    }
    return NULL;
}

/* End one operation of `socket`, if that is possible.  Returns how many. */
static size_t serve(struct sim_backend *sim, struct sim_socket *socket)
{
    struct coil_op *op = find_cancelled(socket);
    int first = chance(sim, 2) ? SIM_DIRECTION_OUT : SIM_DIRECTION_IN;
    int i;

    if (op && chance(sim, 2)) {
        finish(sim, socket, op, -ECANCELED);
        return 1;
    }
    for (i = 0; i < SIM_DIRECTIONS; i++) {
        struct coil_op *head = coil__op_first(&socket->queue[first ^ i]);
        ptrdiff_t result = -EAGAIN;

        if (head)
            result = coil__sim_attempt(sim, socket, head);
        if (result != -EAGAIN) {
            finish(sim, socket, head, result);
            return 1;
        }
    }
    if (op)
        finish(sim, socket, op, -ECANCELED);
    return op ? 1 : 0;
}

size_t coil__sim_deliver(struct sim_backend *sim)
{
    size_t count = 0;

    while (count == 0 && sim->network.active.count) {
        /* What over() makes possible comes in the next round. */
        size_t rest = sim->network.active.count;

        for (; rest > 0 && sim->network.active.count; rest--) {
            struct sim_socket *socket =
                coil__sim_first_active(&sim->network.active);

            coil__sim_deactivate(&sim->network.active, socket);
            if (chance(sim, 4))
                activate(sim, socket);
            else
                count += serve(sim, socket);
        }
    }
    return count;
}

/* ---- the end of a socket ---- */

void coil__sim_end_operations(struct sim_backend *sim,
                              struct sim_socket *socket, int error)
{
    socket->closing = true;
    for (int direction = 0; direction < SIM_DIRECTIONS; direction++) {
        while (socket->queue[direction].head)
            finish(sim, socket, coil__op_first(&socket->queue[direction]),
                   error);
    }
}
