/* SPDX-License-Identifier: MIT */
/*
 * sim_network.c - TCP without a network
 *
 * This does what Linux does on the loopback interface.  Data that arrived
 * before a reset can still be read.  An error is reported once.  The first
 * write to a peer that has closed succeeds and is lost.
 */
#include "backend/sim_network.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "backend/sim_address.h"
#include "backend/sim_message.h"
#include "base/memory.h"

#define FEWEST_SOCKETS 16
#define FIRST_PORT 49152u
#define LAST_PORT 65535u

static void activate(struct sim_network *net, struct sim_socket *socket)
{
    coil__sim_activate(&net->active, &net->chance, socket);
}

/* ---- the table ---- */

struct sim_socket *coil__sim_find(const struct sim_network *net, int fd)
{
    size_t index = (size_t)fd - SIM_FIRST_FD;

    return fd >= SIM_FIRST_FD && index < net->capacity ? net->table[index]
                                                       : NULL;
}

/* Give `socket` the lowest free number, as a kernel does.  0, or -ENOMEM. */
static int enter(struct sim_network *net, struct sim_socket *socket)
{
    size_t capacity = net->capacity ? 2 * net->capacity : FEWEST_SOCKETS;
    size_t index = net->lowest_free;
    struct sim_socket **table;

    while (index < net->capacity && net->table[index])
        index++;
    if (index == net->capacity) {
        table = coil__realloc(net->table, capacity * sizeof(*table));
        if (!table)
            return -ENOMEM;
        memset(table + index, 0, (capacity - index) * sizeof(*table));
        net->table = table;
        net->capacity = capacity;
    }
    net->table[index] = socket;
    net->lowest_free = index + 1;
    ++*net->sockets;
    socket->fd = SIM_FIRST_FD + (int)index;
    return 0;
}

static void leave(struct sim_network *net, const struct sim_socket *socket)
{
    size_t index = (size_t)(socket->fd - SIM_FIRST_FD);

    net->table[index] = NULL;
    if (index < net->lowest_free)
        net->lowest_free = index;
    --*net->sockets;
}

static struct sim_socket *new_socket(void)
{
    struct sim_socket *socket = coil__alloc(sizeof(*socket));

    if (socket)
        socket->fd = -1;
    return socket;
}

static void free_socket(struct sim_socket *socket)
{
    coil__sim_forget_messages(socket);
    coil__buffer_fini(&socket->received);
    coil__free(socket);
}

int coil__sim_socket(struct sim_network *net, int family, int type)
{
    struct sim_socket *socket;
    int rc;

    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        return -EAFNOSUPPORT;
    socket = new_socket();
    if (!socket)
        return -ENOMEM;
    socket->local.storage.ss_family = (sa_family_t)family;
    socket->local.length = coil__sim_address_length(family);
    socket->type = type;
    rc = enter(net, socket);
    if (rc < 0) {
        free_socket(socket);
        return rc;
    }
    return socket->fd;
}

/* ---- ports ---- */

static struct sim_socket *listener_at(const struct sim_network *net,
                                      const struct coil_address *address)
{
    struct sim_socket *socket = net->listeners;

    while (socket && !coil__sim_overlap(&socket->local, address))
        socket = socket->next;
    return socket;
}

/* Whether another socket listens there, and does not share the port. */
static bool is_taken(const struct sim_network *net,
                     const struct sim_socket *socket,
                     const struct coil_address *address)
{
    const struct sim_socket *other = net->listeners;

    while (other && (!coil__sim_overlap(&other->local, address) ||
                     (other->shares_port && socket->shares_port)))
        other = other->next;
    return other;
}

/* Of those who share a port, the one with the fewest connections waiting. */
static struct sim_socket *least_busy_at(const struct sim_network *net,
                                        const struct coil_address *address)
{
    struct sim_socket *least = listener_at(net, address);
    struct sim_socket *other = least ? least->next : NULL;

    for (; other; other = other->next)
        if (coil__sim_overlap(&other->local, address) &&
            other->backlog_size < least->backlog_size)
            least = other;
    return least;
}

/* Give `address` a port that nobody listens on.  False: there is none. */
static bool choose_port(struct sim_network *net, struct coil_address *address)
{
    unsigned tries = LAST_PORT - FIRST_PORT + 1;

    for (; tries > 0; tries--) {
        if (net->next_port < FIRST_PORT || net->next_port > LAST_PORT)
            net->next_port = FIRST_PORT;
        coil__sim_set_port(address, net->next_port++);
        if (!listener_at(net, address))
            return true;
    }
    return false;
}

int coil__sim_bind(struct sim_network *net, int fd,
                   const struct coil_address *address)
{
    struct sim_socket *socket = coil__sim_find(net, fd);
    struct coil_address local = *address;

    if (!socket)
        return -EBADF;
    if (socket->state != SIM_STATE_FRESH ||
        !coil__sim_address_valid(address, socket->local.storage.ss_family))
        return -EINVAL;
    if (coil__sim_port(&local) == 0) {
        if (!choose_port(net, &local))
            return -EADDRINUSE;
    } else if (is_taken(net, socket, &local)) {
        return -EADDRINUSE;
    }
    socket->local = local;
    socket->state = SIM_STATE_LISTENING;
    socket->next = net->listeners;
    net->listeners = socket;
    return 0;
}

int coil__sim_bind_local(struct sim_network *net, int fd,
                         const struct coil_address *address)
{
    struct sim_socket *socket = coil__sim_find(net, fd);

    if (!socket)
        return -EBADF;
    if (socket->state != SIM_STATE_FRESH ||
        !coil__sim_address_valid(address, socket->local.storage.ss_family))
        return -EINVAL;
    if (coil__sim_port(address) != 0 && listener_at(net, address))
        return -EADDRINUSE;
    socket->local = *address;
    socket->is_named = true;
    return 0;
}

/* ---- connecting ---- */

static bool wants_to_connect(const struct sim_socket *socket)
{
    const struct coil_op *op =
        coil__op_first(&socket->queue[SIM_DIRECTION_OUT]);

    return op && op->kind == COIL_OP_CONNECT;
}

/* A listener has room in its backlog, or is gone: try the connects again. */
static void retry_connects(struct sim_network *net)
{
    size_t i;

    for (i = 0; i < net->capacity; i++)
        if (net->table[i] && wants_to_connect(net->table[i]))
            activate(net, net->table[i]);
}

static void append_to_backlog(struct sim_socket *listener,
                              struct sim_socket *socket)
{
    struct sim_socket **end = &listener->backlog;

    while (*end)
        end = &(*end)->next;
    *end = socket;
    listener->backlog_size++;
}

/* Where a connection of `socket` to `to` comes from; the port may be 0. */
struct coil_address coil__sim_source(const struct sim_socket *socket,
                                     const struct coil_address *to)
{
    struct coil_address from = *to;

    if (socket->is_named || to->storage.ss_family == AF_UNIX) {
        from = socket->local;
        coil__sim_make_specific(&from);
    } else {
        coil__sim_set_port(&from, 0);
    }
    return from;
}

ptrdiff_t coil__sim_connect(struct sim_network *net, struct sim_socket *socket,
                            const struct coil_op *op)
{
    struct coil_address to = *op->address;
    struct coil_address from;
    struct sim_socket *listener;
    struct sim_socket *server;

    if (socket->state != SIM_STATE_FRESH)
        return -EISCONN;
    if (!coil__sim_address_valid(&to, socket->local.storage.ss_family))
        return -EAFNOSUPPORT;
    coil__sim_make_specific(&to);
    listener = least_busy_at(net, &to);
    if (!listener)
        return coil__sim_is_path(&to) ? -ENOENT : -ECONNREFUSED;
    if (listener->type != socket->type)
        return -EPROTOTYPE;
    if (listener->backlog_size >= SIM_BACKLOG)
        return -EAGAIN;
    from = coil__sim_source(socket, &to);
    if (coil__sim_port(&from) == 0 && !choose_port(net, &from))
        return -EADDRNOTAVAIL;
    server = new_socket();
    if (!server)
        return -ENOMEM;

    server->state = SIM_STATE_CONNECTED;
    server->type = socket->type;
    server->local = to;
    server->remote = from;
    server->peer = socket;
    socket->state = SIM_STATE_CONNECTED;
    socket->local = from;
    socket->remote = to;
    socket->peer = server;
    append_to_backlog(listener, server);
    activate(net, listener);
    return 0;
}

ptrdiff_t coil__sim_accept(struct sim_network *net, struct sim_socket *listener,
                           const struct coil_op *op)
{
    struct sim_socket *socket = listener->backlog;
    int rc;

    if (listener->state != SIM_STATE_LISTENING)
        return -EINVAL;
    if (!socket)
        return -EAGAIN;
    rc = enter(net, socket);
    if (rc < 0)
        return rc;
    listener->backlog = socket->next;
    socket->next = NULL;
    if (listener->backlog_size-- == SIM_BACKLOG)
        retry_connects(net);
    if (op->address)
        *op->address = socket->remote;
    return socket->fd;
}

/* ---- the end ---- */

int coil__sim_shutdown(struct sim_network *net, int fd)
{
    struct sim_socket *socket = coil__sim_find(net, fd);

    if (!socket)
        return -EBADF;
    if (socket->state != SIM_STATE_CONNECTED || socket->broken)
        return -ENOTCONN;
    socket->shut = true;
    activate(net, socket);
    if (socket->peer) {
        socket->peer->ended = true;
        activate(net, socket->peer);
    }
    return 0;
}

/* If unread data is lost by closing, the peer gets a reset. */
static void disconnect(struct sim_network *net, struct sim_socket *socket,
                       bool reset)
{
    struct sim_socket *peer = socket->peer;

    if (!peer)
        return;
    peer->peer = NULL;
    if (reset || socket->received.size > 0 || socket->messages.head) {
        peer->error = peer->ended ? EPIPE : ECONNRESET;
        peer->broken = true;
    } else {
        peer->ended = true;
    }
    activate(net, peer);
}

static void stop_listening(struct sim_network *net, struct sim_socket *listener)
{
    struct sim_socket **link = &net->listeners;

    while (*link != listener)
        link = &(*link)->next;
    *link = listener->next;
    while (listener->backlog) {
        struct sim_socket *socket = listener->backlog;

        listener->backlog = socket->next;
        disconnect(net, socket, true);
        free_socket(socket);
    }
    retry_connects(net);
}

void coil__sim_unname(struct sim_network *net,
                      const struct coil_address *address)
{
    struct sim_socket *socket = listener_at(net, address);

    if (socket)
        socket->local.length = coil__sim_address_length(AF_UNIX);
}

void coil__sim_wake_senders(struct sim_network *net, struct sim_socket *socket)
{
    if (socket->local.storage.ss_family != AF_UNIX)
        return;
    if (socket->peer)
        activate(net, socket->peer);
    for (size_t i = 0; i < net->capacity; i++)
        if (net->table[i] && net->table[i]->type == SOCK_DGRAM)
            activate(net, net->table[i]);
}

void coil__sim_close(struct sim_network *net, struct sim_socket *socket)
{
    coil__sim_unbind(&net->bound, socket);
    coil__sim_wake_senders(net, socket); /* for the error */
    if (socket->state == SIM_STATE_LISTENING)
        stop_listening(net, socket);
    disconnect(net, socket, false);
    coil__sim_deactivate(&net->active, socket);
    leave(net, socket);
    free_socket(socket);
}

void coil__sim_free_network(struct sim_network *net)
{
    size_t i;

    for (i = 0; i < net->capacity; i++)
        if (net->table[i])
            coil__sim_close(net, net->table[i]);
    coil__free(net->table);
}
