/* SPDX-License-Identifier: MIT */
/*
 * datagram.c - sockets of messages
 *
 * A call keeps nothing in the socket, and does not look at it after a wait: the
 * owner may have closed it meanwhile.
 */
#include "net/datagram.h"

#include <coil/closed.h>
#include <coil/error.h>

#include "base/memory.h"
#include "loop/operation.h"
#include "net/socket.h"

/* ---- the beginning and the end ---------------------------------------- */

int coil__datagram_new(struct coil_datagram_socket **out, int family)
{
    struct coil__backend *backend = coil__backend_current();
    struct coil_datagram_socket *s;

    *out = NULL;
    if (!backend)
        return -ENOTSUP;
    s = coil__alloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    s->backend = backend;
    s->family = family;
    s->open.fd = -1;
    *out = s;
    return 0;
}

void coil__datagram_adopt(struct coil_datagram_socket *s, int fd)
{
    s->open = (struct coil_open){ .kind = "datagram socket", .fd = fd };
    coil__open_add(s->backend, &s->open);
}

int coil__datagram_open(struct coil_datagram_socket *s, int type)
{
    int fd;

    coil__burn(COIL__UNITS_CALL);
    fd = s->backend->ops->socket(s->backend, s->family, type);
    if (fd < 0)
        return fd;
    coil__datagram_adopt(s, fd);
    return 0;
}

int coil__datagram_give(struct coil_datagram_socket **out,
                        struct coil_datagram_socket *s, int rc)
{
    if (rc < 0)
        coil_datagram_close(s);
    *out = rc < 0 ? NULL : s;
    return rc;
}

int coil__datagram_connect(struct coil_datagram_socket *s,
                           const struct coil_address *address)
{
    struct coil_address to = *address;

    return coil__socket_connect(s->backend, s->open.fd, &to, s);
}

void coil_datagram_close(struct coil_datagram_socket *s)
{
    if (!s)
        return;
    coil__datagram_check(s);
    if (s->open.fd >= 0) {
        coil__open_remove(&s->open);
        s->backend->ops->unbind_unix(s->backend, s->open.fd, &s->file);
        s->backend->ops->close_socket(s->backend, s->open.fd);
    }
    s->is_gone = true;
    if (!coil_closed_keep(s, coil__free))
        coil__free(s);
}

COIL_COLD void coil__datagram_stop(const struct coil_datagram_socket *s)
{
    coil_closed_stop(s, "a datagram socket is used after it was closed");
}

void coil_datagram_local_address(const struct coil_datagram_socket *s,
                                 struct coil_address *address)
{
    coil__datagram_check(s);
    if (s->backend->ops->local_address(s->backend, s->open.fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

void coil_datagram_peer_address(const struct coil_datagram_socket *s,
                                struct coil_address *address)
{
    coil__datagram_check(s);
    if (s->backend->ops->peer_address(s->backend, s->open.fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

/* ---- one message ------------------------------------------------------ */

static ptrdiff_t send_one(struct coil_datagram_socket *s, const void *data,
                          size_t size, const struct coil_address *to)
{
    static const struct coil_wait_reason reason = { .name = "datagram room" };
    struct iovec piece = { .iov_base = (void *)data, .iov_len = size };
    struct mmsghdr message = {
        .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 },
    };
    struct coil_op op = {
        .kind = COIL_OP_SEND, .fd = s->open.fd, .data = &message, .size = 1
    };
    ptrdiff_t n = coil__checkpoint();

    coil__datagram_check(s);
    if (n < 0)
        return n;
    if (to) {
        message.msg_hdr.msg_name = (void *)&to->storage;
        message.msg_hdr.msg_namelen = to->length;
    }
    n = coil__operate(s->backend, &op, &reason, s);
    return n < 0 ? n : (ptrdiff_t)message.msg_len;
}

ptrdiff_t coil_datagram_send(struct coil_datagram_socket *s, const void *data,
                             size_t size)
{
    return coil__keep_counting_frame(send_one(s, data, size, NULL));
}

ptrdiff_t coil_datagram_send_to(struct coil_datagram_socket *s,
                                const void *data, size_t size,
                                const struct coil_address *to)
{
    return coil__keep_counting_frame(send_one(s, data, size, to));
}

static ptrdiff_t receive_one(struct coil_datagram_socket *s, void *buffer,
                             size_t size, struct coil_address *from)
{
    static const struct coil_wait_reason reason = { .name = "datagram" };
    struct iovec piece = { .iov_base = buffer, .iov_len = size };
    struct mmsghdr message = {
        .msg_hdr = { .msg_name = &from->storage,
                     .msg_namelen = sizeof from->storage,
                     .msg_iov = &piece,
                     .msg_iovlen = 1 },
    };
    struct coil_op op = {
        .kind = COIL_OP_RECEIVE, .fd = s->open.fd, .data = &message, .size = 1
    };
    ptrdiff_t n = coil__checkpoint();

    coil__datagram_check(s);
    from->length = 0;
    if (n == 0)
        n = coil__operate(s->backend, &op, &reason, s);
    if (n < 0)
        return n;
    from->length = message.msg_hdr.msg_namelen;
    if (message.msg_hdr.msg_flags & MSG_TRUNC)
        return -EMSGSIZE;
    return (ptrdiff_t)message.msg_len;
}

ptrdiff_t coil_datagram_receive(struct coil_datagram_socket *s, void *buffer,
                                size_t size)
{
    struct coil_address unused;

    return coil__keep_counting_frame(receive_one(s, buffer, size, &unused));
}

ptrdiff_t coil_datagram_receive_from(struct coil_datagram_socket *s,
                                     void *buffer, size_t size,
                                     struct coil_address *from)
{
    return coil__keep_counting_frame(receive_one(s, buffer, size, from));
}
