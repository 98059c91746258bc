/* SPDX-License-Identifier: MIT */
/*
 * sim_datagram.c - messages, and who gets them
 *
 * As on Linux: a datagram of UDP for which the receiver has no room is lost, one
 * of a Unix socket waits.  If nobody has the address, a connected socket of UDP
 * hears of it by an error, once; another one does not.
 */
#include "backend/sim_datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "backend/sim_address.h"
#include "backend/sim_data.h"
#include "backend/sim_message.h"
#include "base/list.h"
#include "base/memory.h"

#define LARGEST ((size_t)65507)
#define ROOM ((size_t)212992) /* for the messages of one socket */
#define OVERHEAD ((size_t)512)
#define SEGMENTS ((size_t)64)

static void activate(struct sim_network *net, struct sim_socket *socket)
{
    coil__sim_activate(&net->active, &net->chance, socket);
}

static bool is_unix(const struct sim_socket *socket)
{
    return socket->local.storage.ss_family == AF_UNIX;
}

/* ---- addresses -------------------------------------------------------- */

int coil__sim_bind_datagrams(struct sim_network *net, int fd,
                             const struct coil_address *address)
{
    struct sim_socket *socket = coil__sim_find(net, fd);

    return socket ? coil__sim_bind_to(&net->bound, socket, address) : -EBADF;
}

/* A Unix socket needs no name to send. */
static int bind_to_any(struct sim_network *net, struct sim_socket *socket)
{
    return socket->is_bound || is_unix(socket)
               ? 0
               : coil__sim_bind_to(&net->bound, socket, &socket->local);
}

ptrdiff_t coil__sim_connect_datagrams(struct sim_network *net,
                                      struct sim_socket *socket,
                                      const struct coil_op *op)
{
    struct coil_address to = *op->address;
    struct sim_message probe = { .to = to, .from = socket->local };
    int rc;

    if (!coil__sim_address_valid(&to, socket->local.storage.ss_family))
        return -EAFNOSUPPORT;
    coil__sim_make_specific(&to);
    if (is_unix(socket) && !coil__sim_receiver_of(&net->bound, &probe))
        return coil__sim_is_path(&to) ? -ENOENT : -ECONNREFUSED;
    rc = bind_to_any(net, socket);
    if (rc < 0)
        return rc;
    if (!coil__sim_is_multicast(&to) && coil__sim_is_any(&socket->local)) {
        struct coil_address from = to;

        coil__sim_set_port(&from, coil__sim_port(&socket->local));
        socket->local = from;
    }
    socket->remote = to;
    socket->state = SIM_STATE_CONNECTED;
    return 0;
}

/* ---- who gets it ------------------------------------------------------ */

static bool has_room(const struct sim_socket *socket, size_t size)
{
    return socket->message_bytes == 0 ||
           socket->message_bytes + size + OVERHEAD <= ROOM;
}

static void enqueue(struct sim_network *net, struct sim_socket *to,
                    struct sim_message *m, unsigned reorder)
{
    to->message_bytes += m->size + OVERHEAD;
    if (reorder && coil__sim_chance(&net->chance, reorder))
        coil__list_prepend(&to->messages, &m->link);
    else
        coil__list_append(&to->messages, &m->link);
    activate(net, to);
}

/* Give the datagram to `to`, or lose it for want of room. */
static void deliver(struct sim_network *net, struct sim_socket *to,
                    const struct sim_message *m)
{
    const struct sim_weather *w = &net->weather;
    unsigned copies =
        w->duplicate && coil__sim_chance(&net->chance, w->duplicate) ? 2 : 1;

    for (; copies > 0 && has_room(to, m->size); copies--) {
        struct sim_message *copy = coil__sim_message_copy(m);

        if (copy)
            enqueue(net, to, copy, w->reorder);
    }
}

static bool is_lost(struct sim_network *net, const struct sim_message *m)
{
    const struct sim_weather *w = &net->weather;

    return (w->lose && coil__sim_chance(&net->chance, w->lose)) ||
           (w->drop && w->drop(&m->from, &m->to, w->arg));
}

/* A datagram of IP.  Nothing tells the sender what has become of it. */
static void route(struct sim_network *net, struct sim_socket *from,
                  const struct sim_message *m)
{
    struct sim_socket *to = coil__sim_receiver_of(&net->bound, m);
    bool is_for_all =
        coil__sim_is_multicast(&m->to) || coil__sim_is_broadcast(&m->to);

    if (is_lost(net, m))
        return;
    if (is_for_all) {
        for (struct sim_socket *s = net->bound.first; s; s = s->next)
            if (coil__sim_hears(s, m))
                deliver(net, s, m);
    } else if (to) {
        deliver(net, to, m);
    } else if (from->state == SIM_STATE_CONNECTED) {
        from->error = ECONNREFUSED;
        activate(net, from);
    }
}

/* ---- sending ---------------------------------------------------------- */

/* Where a message goes: 0, or an error. */
static int address_it(const struct sim_socket *socket,
                      const struct msghdr *header, struct coil_address *to)
{
    *to = socket->remote;
    if (header->msg_name) {
        memcpy(&to->storage, header->msg_name, header->msg_namelen);
        to->length = header->msg_namelen;
    } else if (socket->state != SIM_STATE_CONNECTED) {
        return is_unix(socket) ? -ENOTCONN : -EDESTADDRREQ;
    }
    if (!coil__sim_address_valid(to, socket->local.storage.ss_family))
        return -EAFNOSUPPORT;
    if (coil__sim_is_broadcast(to) && !socket->broadcasts)
        return -EACCES;
    coil__sim_make_specific(to);
    return 0;
}

/* A message to another Unix socket: it waits for room, and is never lost. */
static ptrdiff_t send_unix(struct sim_network *net, struct sim_socket *to,
                           struct sim_message *m)
{
    if (!has_room(to, m->size)) {
        coil__sim_message_free(m);
        return -EAGAIN;
    }
    enqueue(net, to, m, 0);
    return (ptrdiff_t)m->size;
}

/* The socket a Unix message goes to: 0, or an error. */
static int find_unix(const struct sim_network *net,
                     const struct sim_socket *socket, struct sim_message *m,
                     struct sim_socket **to)
{
    *to = socket->type == SOCK_SEQPACKET
              ? socket->peer
              : coil__sim_receiver_of(&net->bound, m);
    if (*to)
        return 0;
    if (socket->type == SOCK_SEQPACKET)
        return -EPIPE;
    return coil__sim_is_path(&m->to) ? -ENOENT : -ECONNREFUSED;
}

static ptrdiff_t send_piece(struct sim_network *net, struct sim_socket *socket,
                            const struct msghdr *header,
                            const struct coil_address *to, size_t at,
                            size_t size)
{
    struct sim_wishes wishes = coil__sim_wishes(header);
    struct sim_message *m;
    struct sim_socket *receiver;
    int rc;

    m = coil__sim_message_new(header, at, size, &wishes);
    if (!m)
        return -ENOMEM;
    m->to = *to;
    m->from = coil__sim_source(socket, to);
    if (is_unix(socket)) {
        if (!socket->is_named)
            m->from.length = 0;
        rc = find_unix(net, socket, m, &receiver);
        if (rc == 0)
            return send_unix(net, receiver, m);
        coil__sim_message_free(m);
        return rc;
    }
    route(net, socket, m);
    coil__sim_message_free(m);
    return (ptrdiff_t)size;
}

/* Returns bytes, or an error. */
static ptrdiff_t send_one(struct sim_network *net, struct sim_socket *socket,
                          const struct msghdr *header)
{
    struct sim_wishes wishes = coil__sim_wishes(header);
    size_t size = header->msg_iov->iov_len;
    size_t step = wishes.segment ? wishes.segment : size;
    struct coil_address to;
    ptrdiff_t n;
    int rc = address_it(socket, header, &to);

    if (rc == 0)
        rc = bind_to_any(net, socket);
    if (rc < 0)
        return rc;
    if (socket->error) {
        rc = -socket->error;
        socket->error = 0;
        return rc;
    }
    if (wishes.segment && size > SEGMENTS * wishes.segment)
        return -EINVAL;
    if (size > (is_unix(socket) ? ROOM - OVERHEAD : LARGEST))
        return -EMSGSIZE;
    if (size == 0)
        return send_piece(net, socket, header, &to, 0, 0);
    for (size_t at = 0; at < size; at += step) {
        n = send_piece(net, socket, header, &to, at,
                       step < size - at ? step : size - at);
        if (n < 0)
            return n;
    }
    return (ptrdiff_t)size;
}

/* Bytes of a stream, and descriptors with the first of them. */
static ptrdiff_t send_in_stream(struct sim_network *net,
                                struct sim_socket *socket,
                                const struct msghdr *header)
{
    const struct coil_op write = { .data = header->msg_iov->iov_base,
                                   .size = header->msg_iov->iov_len };
    struct sim_wishes wishes = coil__sim_wishes(header);
    struct sim_socket *peer = socket->peer;
    struct sim_message *m = coil__sim_message_new(header, 0, 0, &wishes);
    ptrdiff_t n;

    if (!m)
        return -ENOMEM;
    n = coil__sim_write(net, socket, &write);
    if (n > 0 && peer) {
        m->ahead = peer->received.size - (size_t)n;
        coil__list_append(&peer->messages, &m->link);
    } else {
        coil__sim_message_free(m);
    }
    return n;
}

ptrdiff_t coil__sim_send(struct sim_network *net, struct sim_socket *socket,
                         const struct coil_op *op)
{
    struct mmsghdr *m = op->data;
    size_t most = coil__sim_cut(&net->chance, op->size);

    for (size_t i = 0; i < most; i++) {
        ptrdiff_t n = socket->type == SOCK_STREAM
                          ? send_in_stream(net, socket, &m[i].msg_hdr)
                          : send_one(net, socket, &m[i].msg_hdr);

        if (n < 0)
            return i > 0 ? (ptrdiff_t)i : n;
        m[i].msg_len = (unsigned)n;
    }
    return (ptrdiff_t)most;
}

/* ---- receiving -------------------------------------------------------- */

/* Nothing is there: what a receiver is told. */
static int emptiness_of(struct sim_socket *socket, struct mmsghdr *m)
{
    int error = socket->error;

    if (error) {
        socket->error = 0;
        return -error;
    }
    if (!socket->ended && !socket->broken)
        return -EAGAIN;
    m->msg_hdr.msg_flags = 0;
    m->msg_hdr.msg_namelen = 0;
    m->msg_hdr.msg_controllen = 0;
    m->msg_len = 0;
    return 1;
}

/* Bytes of a stream, and the descriptors that came with the first of them. */
static ptrdiff_t receive_in_stream(struct sim_network *net,
                                   struct sim_socket *socket, struct mmsghdr *m)
{
    struct iovec *piece = m->msg_hdr.msg_iov;
    struct coil_op read = { .data = piece->iov_base, .size = piece->iov_len };
    struct sim_message *first = (void *)socket->messages.head;
    struct sim_message *next = first;
    ptrdiff_t n;

    if (first && first->ahead == 0) {
        coil__list_remove(&socket->messages, &first->link);
        next = (void *)socket->messages.head;
    } else {
        first = NULL;
    }
    if (next && next->ahead < read.size)
        read.size = next->ahead;
    n = coil__sim_read(net, socket, &read);
    if (first) {
        (void)coil__sim_message_take(first, &m->msg_hdr, false);
        coil__sim_message_free(first);
    } else {
        m->msg_hdr.msg_flags = 0;
        m->msg_hdr.msg_controllen = 0;
    }
    m->msg_len = n > 0 ? (unsigned)n : 0;
    return n < 0 ? n : 1;
}

ptrdiff_t coil__sim_receive(struct sim_network *net, struct sim_socket *socket,
                            const struct coil_op *op)
{
    struct mmsghdr *m = op->data;
    size_t most = coil__sim_cut(&net->chance, op->size);
    size_t n = 0;

    if (socket->type == SOCK_STREAM)
        return receive_in_stream(net, socket, m);
    if (socket->error || !socket->messages.head)
        return emptiness_of(socket, m);
    for (; n < most && socket->messages.head; n++) {
        struct sim_message *message = (void *)socket->messages.head;

        coil__list_remove(&socket->messages, &message->link);
        socket->message_bytes -= message->size + OVERHEAD;
        m[n].msg_len = (unsigned)coil__sim_message_take(message, &m[n].msg_hdr,
                                                        socket->tells_target);
        coil__sim_message_free(message);
    }
    coil__sim_wake_senders(net, socket);
    return (ptrdiff_t)n;
}
