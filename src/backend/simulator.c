/* SPDX-License-Identifier: MIT */
/*
 * simulator.c - a world without a kernel, in which runs can be repeated
 *
 * With seed 0 it is a fast kernel: whatever is possible is done in begin(),
 * whole.  With any other seed it is a moody kernel.  It puts operations off
 * to a later wait(), shortens reads and writes, and lets an operation that is
 * cancelled succeed first, or be over later.  All of this is within the
 * contract of backend.h.
 *
 * A wait() that can end operations ends at least one.  Only a wait() that
 * cannot moves the clock.
 */
#include "backend/simulator.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "backend/random.h"
#include "backend/sim_network.h"
#include "backend/wakeup.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"

enum sim_op_state {
    SIM_OP_IDLE,
    SIM_OP_PENDING,
    SIM_OP_CANCELLED, /* will be over in a later wait() */
};

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

static struct sim_backend *backend_of(struct coil__backend *backend)
{
    return coil__container_of(backend, struct sim_backend, backend);
}

static coil_time now(struct coil__backend *backend)
{
    return backend_of(backend)->now;
}

static uint64_t next_random(struct coil__backend *backend)
{
    return coil__random_next(&backend_of(backend)->network.chance.random);
}

static bool chance(struct sim_backend *sim, unsigned n)
{
    return coil__sim_chance(&sim->network.chance, n);
}

static void activate(struct sim_backend *sim, struct sim_socket *socket)
{
    coil__sim_activate(&sim->network.active, &sim->network.chance, socket);
}

/* ---- calls that are made to fail ---- */

static bool call_fails(struct sim_backend *sim)
{
    return ++sim->calls == sim->fail_at;
}

static ptrdiff_t attempt(struct sim_backend *sim, struct sim_socket *socket,
                         struct coil_op *op)
{
    return op == sim->failing ? sim->fail_error
                              : coil__sim_attempt(&sim->network, socket, op);
}

void coil__simulator_fail_call(struct coil__backend *backend, size_t n,
                               int error)
{
    struct sim_backend *sim = backend_of(backend);

    sim->fail_at = n ? sim->calls + n : 0;
    sim->fail_error = error;
    sim->failing = NULL;
}

size_t coil__simulator_calls(const struct coil__backend *backend)
{
    return coil__container_of(backend, const struct sim_backend, backend)
        ->calls;
}

/* ---- operations ---- */

static struct coil_list *queue_of(struct sim_socket *socket,
                                  const struct coil_op *op)
{
    bool in = op->kind == COIL_OP_READ || op->kind == COIL_OP_PEEK ||
              op->kind == COIL_OP_ACCEPT;

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

static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct sim_backend *sim = backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, op->fd);
    struct coil_list *queue;

    if (op->kind == COIL_OP_READY || !socket || socket->closing) {
        op->result = op->kind == COIL_OP_READY ? -ENOTSUP : -EBADF;
        return true;
    }
    queue = queue_of(socket, op);
    if (call_fails(sim))
        sim->failing = op;
    if (!queue->head && !chance(sim, 2)) {
        op->result = attempt(sim, socket, op);
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

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct sim_backend *sim = backend_of(backend);
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
        result = attempt(sim, socket, op);
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
            result = attempt(sim, socket, head);
        if (result != -EAGAIN) {
            finish(sim, socket, head, result);
            return 1;
        }
    }
    if (op)
        finish(sim, socket, op, -ECANCELED);
    return op ? 1 : 0;
}

/* End what can be ended; with a seed, a part of it.  Returns how many. */
static size_t deliver(struct sim_backend *sim)
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

static void sleep_until_woken(struct sim_backend *sim)
{
    struct pollfd ask = { .fd = sim->wakeup.fd, .events = POLLIN };
    uint64_t count;

    while (!coil__wakeup_take(&sim->wakeup)) {
        (void)poll(&ask, 1, -1);
        (void)!read(sim->wakeup.fd, &count, sizeof(count));
    }
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct sim_backend *sim = backend_of(backend);
    bool woken = coil__wakeup_take(&sim->wakeup);

    if (deliver(sim) > 0 || woken)
        return 0;
    if (deadline == COIL_NEVER) {
        if (!backend->holds)
            return -EDEADLK;
        sleep_until_woken(sim);
        return 0;
    }
    if (deadline > sim->now)
        sim->now = deadline;
    return 0;
}

static void wake(struct coil__backend *backend)
{
    coil__wakeup_send(&backend_of(backend)->wakeup);
}

/* ---- sockets ---- */

static int open_socket(struct coil__backend *backend, int family)
{
    struct sim_backend *sim = backend_of(backend);

    return call_fails(sim) ? sim->fail_error
                           : coil__sim_socket(&sim->network, family);
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    struct sim_backend *sim = backend_of(backend);

    return call_fails(sim) ? sim->fail_error
                           : coil__sim_bind(&sim->network, fd, address);
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    struct sim_backend *sim = backend_of(backend);

    return call_fails(sim) ? sim->fail_error
                           : coil__sim_shutdown(&sim->network, fd);
}

static int local_address(struct coil__backend *backend, int fd,
                         struct coil_address *address)
{
    struct sim_socket *socket =
        coil__sim_find(&backend_of(backend)->network, fd);

    if (!socket)
        return -EBADF;
    *address = socket->local;
    return 0;
}

static int peer_address(struct coil__backend *backend, int fd,
                        struct coil_address *address)
{
    struct sim_socket *socket =
        coil__sim_find(&backend_of(backend)->network, fd);

    if (!socket)
        return -EBADF;
    if (socket->state != SIM_STATE_CONNECTED || socket->broken)
        return -ENOTCONN;
    *address = socket->remote;
    return 0;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    struct sim_socket *socket =
        coil__sim_find(&backend_of(backend)->network, fd);

    return !socket || socket->state != SIM_STATE_CONNECTED ||
           socket->received.size > 0 || socket->ended || socket->broken;
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct sim_backend *sim = backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);
    int direction;

    if (!socket)
        return;
    socket->closing = true;
    for (direction = 0; direction < SIM_DIRECTIONS; direction++)
        while (socket->queue[direction].head)
            finish(sim, socket, coil__op_first(&socket->queue[direction]),
                   -EBADF);
    coil__sim_close(&sim->network, socket);
}

/* ---- the backend ---- */

static void close_backend(struct coil__backend *backend)
{
    struct sim_backend *sim = backend_of(backend);

    assert(!backend->pending);
    coil__sim_free_network(&sim->network);
    coil__wakeup_close(&sim->wakeup);
    coil__free(sim);
}

static const struct coil__backend_ops ops = {
    .name = "simulator",
    .simulated = true,
    .close = close_backend,
    .now = now,
    .random = next_random,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_socket,
    .shutdown = shutdown_socket,
    .local_address = local_address,
    .peer_address = peer_address,
    .is_stale = is_stale,
    .close_socket = close_socket,
};

static void start(struct sim_backend *sim, uint64_t seed)
{
    sim->network.chance.seed = seed;
    sim->network.chance.random = seed;
    sim->now = 0;
    sim->network.next_port = 0;
    sim->calls = 0;
    sim->fail_at = 0;
}

void coil__simulator_reset(struct coil__backend *backend, uint64_t seed)
{
    start(backend_of(backend), seed);
}

void coil__simulator_advance(struct coil__backend *backend, coil_time now)
{
    struct sim_backend *sim = backend_of(backend);

    if (now > sim->now)
        sim->now = now;
}

bool coil__simulator_is_busy(const struct coil__backend *backend)
{
    return coil__container_of(backend, const struct sim_backend, backend)
               ->network.active.count > 0;
}

int coil__simulator_open(struct coil__backend **out, uint64_t seed)
{
    struct sim_backend *sim = coil__alloc(sizeof(*sim));
    int rc;

    if (!sim)
        return -ENOMEM;
    sim->backend.ops = &ops;
    sim->network.sockets = &sim->backend.sockets;
    start(sim, seed);
    rc = coil__wakeup_open(&sim->wakeup);
    if (rc < 0)
        goto free_backend;
    *out = &sim->backend;
    return 0;

free_backend:
    coil__free(sim);
    return rc;
}
