/* SPDX-License-Identifier: MIT */
/*
 * simulator.c - a world without a kernel, in which runs can be repeated
 */
#include "backend/simulator.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "backend/random.h"
#include "backend/sim_bound.h"
#include "backend/sim_datagram.h"
#include "backend/sim_op.h"
#include "base/memory.h"

static coil_time now(struct coil__backend *backend)
{
    return coil__sim_backend_of(backend)->now;
}

static uint64_t next_random(struct coil__backend *backend)
{
    return coil__random_next(
        &coil__sim_backend_of(backend)->network.chance.random);
}

/* ---- calls that are made to fail ---- */

void coil__simulator_fail_call(struct coil__backend *backend, size_t n,
                               int error)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    sim->fail_at = n ? sim->calls + n : 0;
    sim->fail_error = error;
    sim->failing = NULL;
}

size_t coil__simulator_calls(const struct coil__backend *backend)
{
    return coil__container_of(backend, const struct sim_backend, backend)
        ->calls;
}

/* ---- waiting ---- */

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
    struct sim_backend *sim = coil__sim_backend_of(backend);
    bool woken = coil__wakeup_take(&sim->wakeup);

    if (coil__sim_deliver(sim) > 0 || woken)
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
    coil__wakeup_send(&coil__sim_backend_of(backend)->wakeup);
}

/* ---- sockets ---- */

static int open_socket(struct coil__backend *backend, int family, int type)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    return coil__sim_call_fails(sim)
               ? sim->fail_error
               : coil__sim_socket(&sim->network, family, type);
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    return coil__sim_call_fails(sim)
               ? sim->fail_error
               : coil__sim_bind(&sim->network, fd, address);
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);

    if (!socket)
        return -EBADF;
    if (coil__sim_call_fails(sim))
        return sim->fail_error;
    if (level == SOL_SOCKET && (name == SO_REUSEPORT || name == SO_REUSEADDR))
        socket->shares_port = value != 0;
    if (level == SOL_SOCKET && name == SO_BROADCAST)
        socket->broadcasts = value != 0;
    if ((level == IPPROTO_IP && name == IP_PKTINFO) ||
        (level == IPPROTO_IPV6 && name == IPV6_RECVPKTINFO))
        socket->tells_target = value != 0;
    return 0; /* the others make no difference to what is simulated */
}

static int bind_local(struct coil__backend *backend, int fd,
                      const struct coil_address *address)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    return coil__sim_call_fails(sim)
               ? sim->fail_error
               : coil__sim_bind_local(&sim->network, fd, address);
}

static int bind_datagrams(struct coil__backend *backend, int fd,
                          const struct coil_address *address)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    return coil__sim_call_fails(sim)
               ? sim->fail_error
               : coil__sim_bind_datagrams(&sim->network, fd, address);
}

/* There are no files: a name lasts as long as its socket. */
static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    if (coil__sim_call_fails(sim))
        return sim->fail_error;
    if (file->replaces)
        coil__sim_unname(&sim->network, address);
    if (!file->listens)
        return coil__sim_bind_datagrams(&sim->network, fd, address);
    return coil__sim_bind(&sim->network, fd, address);
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    (void)backend;
    (void)fd;
    file->is_there = false;
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);

    (void)interface;
    if (coil__sim_call_fails(sim))
        return sim->fail_error;
    return what == COIL_MULTICAST_JOIN ? coil__sim_join(socket, group)
                                       : coil__sim_leave(socket, group);
}

/* Both ends are this process. */
static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *credentials)
{
    (void)backend;
    (void)fd;
    *credentials =
        (struct ucred){ .pid = getpid(), .uid = getuid(), .gid = getgid() };
    return 0;
}

/* Its sockets are no descriptors. */
static int adopt_sockets(struct coil__backend *backend, const int *fds,
                         size_t count)
{
    (void)backend;
    (void)fds;
    (void)count;
    return -ENOTSUP;
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    return coil__sim_call_fails(sim) ? sim->fail_error
                                     : coil__sim_shutdown(&sim->network, fd);
}

static int local_address(struct coil__backend *backend, int fd,
                         struct coil_address *address)
{
    struct sim_socket *socket =
        coil__sim_find(&coil__sim_backend_of(backend)->network, fd);

    if (!socket)
        return -EBADF;
    *address = socket->local;
    return 0;
}

static int peer_address(struct coil__backend *backend, int fd,
                        struct coil_address *address)
{
    struct sim_socket *socket =
        coil__sim_find(&coil__sim_backend_of(backend)->network, fd);

    if (!socket)
        return -EBADF;
    if (socket->state != SIM_STATE_CONNECTED || socket->broken)
        return -ENOTCONN;
    *address = socket->remote;
    return 0;
}

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);
    struct coil_op op = {
        .kind = COIL_OP_READ, .fd = fd, .data = data, .size = size
    };

    return socket ? coil__sim_attempt(sim, socket, &op) : -EBADF;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    struct sim_socket *socket =
        coil__sim_find(&coil__sim_backend_of(backend)->network, fd);

    return !socket || socket->state != SIM_STATE_CONNECTED ||
           socket->received.size > 0 || socket->ended || socket->broken;
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);

    if (!socket)
        return;
    coil__sim_end_operations(sim, socket, -EBADF);
    coil__sim_close(&sim->network, socket);
}

/* It stays in the network, which no other backend has. */
static void give_up(struct coil__backend *backend, int fd)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);
    struct sim_socket *socket = coil__sim_find(&sim->network, fd);

    if (!socket)
        return;
    coil__sim_end_operations(sim, socket, -ECANCELED);
    socket->closing = false;
}

/* ---- the backend ---- */

static void close_backend(struct coil__backend *backend)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

    assert(!backend->pending);
    coil__sim_free_network(&sim->network);
    coil__wakeup_close(&sim->wakeup);
    coil__free(sim);
}

static const struct coil__backend_ops ops = {
    .name = "simulator",
    .kind = COIL_BACKEND_SIMULATOR,
    .close = close_backend,
    .now = now,
    .random = next_random,
    .begin = coil__sim_begin,
    .cancel = coil__sim_cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_socket,
    .set_option = set_option,
    .bind_local = bind_local,
    .bind_datagrams = bind_datagrams,
    .bind_unix = bind_unix,
    .unbind_unix = unbind_unix,
    .multicast = multicast,
    .credentials = credentials,
    .adopt = adopt_sockets,
    .shutdown = shutdown_socket,
    .local_address = local_address,
    .peer_address = peer_address,
    .read_now = read_now,
    .is_stale = is_stale,
    .close_socket = close_socket,
    .give_up = give_up,
};

static void start(struct sim_backend *sim, uint64_t seed)
{
    sim->network.chance.seed = seed;
    sim->network.chance.random = seed;
    sim->now = 0;
    sim->network.next_port = 0;
    sim->network.bound.next_port = 0;
    sim->network.weather = (struct sim_weather){ .lose = 0 };
    sim->calls = 0;
    sim->fail_at = 0;
}

void coil__simulator_reset(struct coil__backend *backend, uint64_t seed)
{
    start(coil__sim_backend_of(backend), seed);
}

void coil__simulator_set_weather(struct coil__backend *backend,
                                 const struct sim_weather *weather)
{
    coil__sim_backend_of(backend)->network.weather = *weather;
}

void coil__simulator_advance(struct coil__backend *backend, coil_time now)
{
    struct sim_backend *sim = coil__sim_backend_of(backend);

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
