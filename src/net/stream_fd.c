/* SPDX-License-Identifier: MIT */
/*
 * stream_fd.c - a transport over one descriptor, or two of one direction each
 *
 * backend/sys_fd.h says how descriptors are used that others share.
 */
#include <coil/stream_fd.h>

#include <coil/fd.h>

#include "backend/open.h"
#include "backend/sys_fd.h"
#include "backend/sys_splice.h"
#include "base/platform.h"
#include "loop/operation.h"
#include "net/stream.h"
#include "net/transport_op.h"

/* One direction. */
struct direction {
    struct coil_open open; /* with the descriptor; -1: there is none */
    unsigned char access;
};

struct fd_transport {
    struct coil_transport transport; /* first */
    struct coil__backend *backend;
    struct direction in;
    struct direction out; /* may have the same descriptor */
    struct coil_op op;    /* writes */
    struct coil_op peek;  /* watches */
};

static struct fd_transport *fd_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct fd_transport, transport);
}

/* ---- reading -------------------------------------------------------------- */

static bool has_input(const struct fd_transport *t)
{
    return t->in.open.fd >= 0;
}

/*
 * Make a question for input or, where there is none, for the end of whoever
 * reads.  False: all has been closed, so the answer is known.
 */
static bool make_peek(const struct fd_transport *t, struct coil_op *op)
{
    const struct direction *d = has_input(t) ? &t->in : &t->out;

    *op = (struct coil_op){
        .kind = COIL_OP_PEEK_FD,
        .fd = d->open.fd,
        .events = has_input(t) ? COIL_READABLE : 0,
        .access = d->access,
    };
    return op->fd >= 0;
}

static int wait_readable(struct coil_transport *transport,
                         const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    struct fd_transport *t = fd_of(transport);
    struct coil_op op;
    ptrdiff_t result;

    if (!make_peek(t, &op))
        return 0;
    result = coil__operate(t->backend, &op, &reason, stream);
    /* It was shut, or closed, meanwhile: a read will say so. */
    return result == -EBADF ? 0 : (int)result;
}

static ptrdiff_t receive(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    struct fd_transport *t = fd_of(transport);
    struct coil_op op = {
        .kind = COIL_OP_READ_FD,
        .fd = t->in.open.fd,
        .access = t->in.access,
        .data = data,
        .size = size,
    };

    if (!has_input(t))
        return wait_readable(transport, stream);
    return coil__operate(t->backend, &op, &reason, stream);
}

static bool begin_to_watch(struct coil_transport *transport,
                           struct coil_transport_watch *watch)
{
    struct fd_transport *t = fd_of(transport);

    return !make_peek(t, &t->peek) ||
           coil__transport_watch(t->backend, &t->peek, watch);
}

static void cancel_watch(struct coil_transport *transport)
{
    struct fd_transport *t = fd_of(transport);

    t->backend->ops->cancel(t->backend, &t->peek);
}

static ptrdiff_t receive_now(struct coil_transport *transport, void *data,
                             size_t size)
{
    struct fd_transport *t = fd_of(transport);
    struct coil_op op = {
        .fd = t->in.open.fd,
        .access = t->in.access,
        .data = data,
        .size = size,
    };

    coil__burn(COIL__UNITS_CALL);
    if (has_input(t))
        return coil__sys_read_fd(&op);
    return make_peek(t, &op) ? coil__sys_peek_fd(&op) : 0;
}

static bool is_stale(struct coil_transport *transport)
{
    struct coil_op op;

    coil__burn(COIL__UNITS_CALL);
    return !make_peek(fd_of(transport), &op) ||
           coil__sys_peek_fd(&op) != -EAGAIN;
}

/* ---- writing -------------------------------------------------------------- */

static bool begin_to_write(struct coil_transport *transport,
                           struct coil_transport_write *write)
{
    struct fd_transport *t = fd_of(transport);

    t->op = (struct coil_op){
        .data = (void *)write->data,
        .size = write->size,
        .fd = t->out.open.fd,
        .kind = COIL_OP_WRITE_FD,
        .access = t->out.access,
    };
    return coil__transport_write(t->backend, &t->op, write);
}

/* ---- without a copy ------------------------------------------------------- */

/* A descriptor that could block the loop has to be asked before each call. */
static ptrdiff_t splice_bytes(struct coil_transport *transport, int end,
                              size_t size, bool is_out,
                              const struct coil_stream *stream)
{
    struct fd_transport *t = fd_of(transport);
    const struct direction *d = is_out ? &t->out : &t->in;

    if (d->access & (COIL_FD_POLLED | COIL_FD_TERMINAL) ||
        !coil__sys_is_nonblocking(d->open.fd))
        return -EINVAL;
    return coil__transport_splice(t->backend, d->open.fd, end, size, is_out,
                                  stream);
}

/* ---- the end -------------------------------------------------------------- */

static void close_direction(struct fd_transport *t, struct direction *d)
{
    int fd = d->open.fd;

    if (fd < 0)
        return;
    coil__open_remove(&d->open);
    d->open.fd = -1;
    t->backend->ops->close_socket(t->backend, fd);
}

static bool is_in_one(const struct fd_transport *t)
{
    return t->in.open.fd >= 0 && t->in.open.fd == t->out.open.fd;
}

static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    struct fd_transport *t = fd_of(transport);

    coil__burn(COIL__UNITS_CALL);
    write->result = 0;
    if (!is_in_one(t))
        close_direction(t, &t->out);
    else if (t->out.access & COIL_FD_SOCKET)
        write->result = t->backend->ops->shutdown(t->backend, t->out.open.fd);
    else
        write->result = -ENOTSUP;
    return true;
}

static void close_descriptors(struct coil_transport *transport)
{
    struct fd_transport *t = fd_of(transport);

    if (is_in_one(t))
        t->out.open.fd = -1;
    close_direction(t, &t->out);
    close_direction(t, &t->in);
}

/* ---- addresses, which only sockets have ----------------------------------- */

typedef int address_fn(struct coil__backend *backend, int fd,
                       struct coil_address *address);

static void ask_address(const struct coil_transport *transport,
                        address_fn *address_of, struct coil_address *address)
{
    const struct fd_transport *t =
        coil__container_of(transport, const struct fd_transport, transport);
    int fd = has_input(t) ? t->in.open.fd : t->out.open.fd;

    if (address_of(t->backend, fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

static const struct coil__backend_ops *
ops_of(const struct coil_transport *transport)
{
    return coil__container_of(transport, const struct fd_transport, transport)
        ->backend->ops;
}

static void local_address(const struct coil_transport *transport,
                          struct coil_address *address)
{
    ask_address(transport, ops_of(transport)->local_address, address);
}

static void peer_address(const struct coil_transport *transport,
                         struct coil_address *address)
{
    ask_address(transport, ops_of(transport)->peer_address, address);
}

static const struct coil_transport_ops ops = {
    .read = receive,
    .wait_readable = wait_readable,
    .watch = begin_to_watch,
    .cancel_watch = cancel_watch,
    .read_nowait = receive_now,
    .write = begin_to_write,
    .splice = splice_bytes,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = local_address,
    .peer_address = peer_address,
    .close = close_descriptors,
    .release = coil__stream_release_transport,
};

/* ---- making it ------------------------------------------------------------ */

/* Nothing can fail any more: take the descriptor. */
static void open_direction(struct fd_transport *t, struct direction *d,
                           const struct coil_fd_end *end)
{
    t->backend->ops->adopt_fd(t->backend, end->fd);
    coil__sys_fd_keep(end);
    d->open = (struct coil_open){ .kind = "stream", .fd = end->fd };
    d->access = end->access;
    coil__open_add(t->backend, &d->open);
}

static int open_one(struct fd_transport *t, int fd)
{
    struct coil_fd_end end;
    int rc = coil__sys_fd_prepare(&end, fd);

    if (rc < 0)
        return rc;
    if (end.directions == COIL_WRITABLE) {
        open_direction(t, &t->out, &end);
        return 0;
    }
    open_direction(t, &t->in, &end);
    if (end.directions & COIL_WRITABLE) {
        t->out.open.fd = end.fd;
        t->out.access = end.access;
    }
    return 0;
}

static int prepare(struct coil_fd_end *end, int fd, unsigned direction)
{
    int rc;

    *end = (struct coil_fd_end){ .fd = -1, .given = -1 };
    if (fd < 0)
        return 0;
    rc = coil__sys_fd_prepare(end, fd);
    if (rc < 0 || end->directions & direction)
        return rc;
    coil__sys_fd_abandon(end);
    return -EBADF;
}

static int open_two(struct fd_transport *t, int read_fd, int write_fd)
{
    struct coil_fd_end in;
    struct coil_fd_end out;
    int rc = prepare(&in, read_fd, COIL_READABLE);

    if (rc < 0)
        return rc;
    rc = prepare(&out, write_fd, COIL_WRITABLE);
    if (rc < 0) {
        coil__sys_fd_abandon(&in);
        return rc;
    }
    if (in.fd >= 0)
        open_direction(t, &t->in, &in);
    if (out.fd >= 0)
        open_direction(t, &t->out, &out);
    return 0;
}

/* Over `fd`; or, if that is negative, over the other two. */
static int make(struct coil_stream **out, int fd, int read_fd, int write_fd)
{
    struct coil__backend *backend = coil__backend_current();
    struct coil_stream *s;
    struct fd_transport *t;
    int rc;

    if (!backend || !backend->ops->adopt_fd)
        return -ENOTSUP;
    s = coil__stream_new(&ops, sizeof *t);
    if (!s)
        return -ENOMEM;
    t = fd_of(s->transport);
    t->backend = backend;
    t->in.open.fd = -1;
    t->out.open.fd = -1;
    rc = fd >= 0 ? open_one(t, fd) : open_two(t, read_fd, write_fd);
    if (rc < 0) {
        coil__stream_release(s);
        return rc;
    }
    s->is_open = true;
    s->is_shut = t->out.open.fd < 0;
    *out = s;
    return 0;
}

int coil_stream_from_fd(struct coil_stream **out, int fd)
{
    return fd < 0 ? -EBADF : make(out, fd, -1, -1);
}

int coil_stream_from_fds(struct coil_stream **out, int read_fd, int write_fd)
{
    if (read_fd < 0 && write_fd < 0)
        return -EBADF;
    if (read_fd == write_fd)
        return make(out, read_fd, -1, -1);
    return make(out, -1, read_fd, write_fd);
}
