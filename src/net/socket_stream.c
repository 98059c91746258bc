/* SPDX-License-Identifier: MIT */
#include "net/socket_stream.h"

#include "base/platform.h"
#include "loop/operation.h"
#include "net/descriptors.h"
#include "net/listener_group.h"
#include "net/socket.h"
#include "net/transport_op.h"
#include "backend/open.h"

/*
 * While the transport is away, it belongs to no loop.  A write that is under way
 * then waits in `put_off`.
 */
struct socket_transport {
    struct coil_transport transport; /* first */
    struct coil__backend *backend;   /* while away: of coil__socket_give_up() */
    bool is_away;
    struct coil_transport_write *put_off;
    struct coil_open open;                 /* with the descriptor */
    struct coil_op op;                     /* sends */
    struct coil_op peek;                   /* watches */
    struct coil__descriptors *descriptors; /* that have come; NULL: none */
    struct coil__member *member;           /* in whose count it is, or NULL */
    /* Kept here because the kernel forgets it when the connection breaks. */
    struct coil_address peer;
};

static struct socket_transport *socket_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct socket_transport, transport);
}

static const struct socket_transport *
socket_of_const(const struct coil_transport *transport)
{
    return coil__container_of(transport, const struct socket_transport,
                              transport);
}

static ptrdiff_t receive(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    struct socket_transport *t = socket_of(transport);
    struct coil_op op = {
        .kind = COIL_OP_READ, .fd = t->open.fd, .data = data, .size = size
    };

    if (COIL_UNLIKELY(t->descriptors))
        return coil__descriptors_receive(t->descriptors, t->backend, &op,
                                         stream);
    return coil__operate(t->backend, &op, &reason, stream);
}

static int wait_readable(struct coil_transport *transport,
                         const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    struct socket_transport *t = socket_of(transport);
    struct coil_op op = { .kind = COIL_OP_PEEK, .fd = t->open.fd };
    ptrdiff_t result = coil__operate(t->backend, &op, &reason, stream);

    return result < 0 ? (int)result : 0;
}

static bool begin_to_watch(struct coil_transport *transport,
                           struct coil_transport_watch *watch)
{
    struct socket_transport *t = socket_of(transport);

    t->peek = (struct coil_op){ .kind = COIL_OP_PEEK, .fd = t->open.fd };
    return coil__transport_watch(t->backend, &t->peek, watch);
}

static void cancel_watch(struct coil_transport *transport)
{
    struct socket_transport *t = socket_of(transport);

    t->backend->ops->cancel(t->backend, &t->peek);
}

static ptrdiff_t receive_now(struct coil_transport *transport, void *data,
                             size_t size)
{
    struct socket_transport *t = socket_of(transport);

    if (t->descriptors || t->is_away)
        return -EAGAIN; /* the call would lose descriptors; nothing is read */
    coil__burn(COIL__UNITS_CALL);
    return t->backend->ops->read_now(t->backend, t->open.fd, data, size);
}

static bool begin_to_send(struct coil_transport *transport,
                          struct coil_transport_write *write)
{
    struct socket_transport *t = socket_of(transport);

    if (COIL_UNLIKELY(t->is_away)) {
        t->put_off = write;
        return false;
    }
    t->op = (struct coil_op){
        .data = (void *)write->data,
        .size = write->size,
        .fd = t->open.fd,
        .kind = COIL_OP_WRITE,
    };
    return coil__transport_write(t->backend, &t->op, write);
}

/*
 * Burns as much as writes of what was sent do, so that a large file does not hold
 * up others for longer.
 */
static ptrdiff_t send_file(struct coil_transport *transport, int fd,
                           int64_t offset, size_t size,
                           const struct coil_stream *stream)
{
    enum { A_WRITE = 64 * 1024 };
    static const struct coil_wait_reason reason = { .name = "stream send" };
    struct socket_transport *t = socket_of(transport);
    struct coil_file_part part = { .fd = fd, .at = offset };
    struct coil_op op = {
        .kind = COIL_OP_SEND_FILE, .fd = t->open.fd, .data = &part, .size = size
    };
    ptrdiff_t n = coil__operate(t->backend, &op, &reason, stream);

    if (n > A_WRITE)
        coil__burn((size_t)n / A_WRITE * COIL__UNITS_CALL);
    return n;
}

/* Descriptors that come with the bytes would be lost. */
static ptrdiff_t splice_bytes(struct coil_transport *transport, int end,
                              size_t size, bool is_out,
                              const struct coil_stream *stream)
{
    struct socket_transport *t = socket_of(transport);

    if (coil__backend_is_simulated(t->backend) || (t->descriptors && !is_out))
        return -EINVAL;
    return coil__transport_splice(t->backend, t->open.fd, end, size, is_out,
                                  stream);
}

static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    struct socket_transport *t = socket_of(transport);

    coil__burn(COIL__UNITS_CALL);
    write->result = t->backend->ops->shutdown(t->backend, t->open.fd);
    return true;
}

static bool is_stale(struct coil_transport *transport)
{
    struct socket_transport *t = socket_of(transport);

    coil__burn(COIL__UNITS_CALL);
    return t->is_away || t->backend->ops->is_stale(t->backend, t->open.fd);
}

static void local_address(const struct coil_transport *transport,
                          struct coil_address *address)
{
    const struct socket_transport *t = socket_of_const(transport);

    if (t->is_away ||
        t->backend->ops->local_address(t->backend, t->open.fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

static void peer_address(const struct coil_transport *transport,
                         struct coil_address *address)
{
    *address = socket_of_const(transport)->peer;
}

/* ---- from one loop to another ------------------------------------------------ */

/* The loop is being left.  What did not happen yet happens in the next one. */
static void put_write_off(struct coil_op *op)
{
    struct socket_transport *t =
        coil__container_of(op, struct socket_transport, op);
    struct coil_transport_write *write = op->owner;

    if (op->result == -ECANCELED) {
        t->put_off = write;
        return;
    }
    write->result = op->result;
    write->over(write);
}

/* The connection is not one of this loop any more. */
static void leave_count(struct socket_transport *t)
{
    if (COIL_LIKELY(!t->member))
        return;
    coil__member_end(t->member);
    t->member = NULL;
}

/* A backend may not end at once what is cancelled, but what it gives up it does. */
static void leave_loop(struct socket_transport *t)
{
    t->is_away = true;
    t->op.over = put_write_off;
    t->backend->ops->cancel(t->backend, &t->op);
    t->backend->ops->cancel(t->backend, &t->peek);
    t->backend = coil__socket_give_up(t->backend, t->open.fd);
    coil__open_remove(&t->open);
    leave_count(t);
}

/* End a write that is put off, in another loop, or with -EBADF. */
static void resume_write(struct socket_transport *t, bool is_closed)
{
    struct coil_transport_write *write = t->put_off;

    t->put_off = NULL;
    if (!write)
        return;
    if (is_closed)
        write->result = -EBADF;
    else if (!begin_to_send(&t->transport, write))
        return;
    write->over(write);
}

static int join_loop(struct socket_transport *t)
{
    struct coil__backend *backend = coil__backend_current();
    int rc = coil__socket_join(t->backend, backend, t->open.fd);

    if (rc < 0)
        return rc;
    t->backend = backend;
    t->is_away = false;
    coil__open_add(backend, &t->open);
    resume_write(t, false);
    return 0;
}

static int move(struct coil_transport *transport, bool joins)
{
    struct socket_transport *t = socket_of(transport);

    if (joins)
        return join_loop(t);
    leave_loop(t);
    return 0;
}

/* ---- the end ----------------------------------------------------------------- */

static void close_socket(struct coil_transport *transport)
{
    struct socket_transport *t = socket_of(transport);

    if (t->is_away) {
        coil__socket_close(t->backend, t->open.fd);
        resume_write(t, true);
        return;
    }
    coil__open_remove(&t->open);
    leave_count(t);
    t->backend->ops->close_socket(t->backend, t->open.fd);
}

static void release(struct coil_transport *transport)
{
    coil__descriptors_free(socket_of(transport)->descriptors);
    coil__stream_release_transport(transport);
}

static const struct coil_transport_ops ops = {
    .read = receive,
    .wait_readable = wait_readable,
    .watch = begin_to_watch,
    .cancel_watch = cancel_watch,
    .read_nowait = receive_now,
    .write = begin_to_send,
    .send_file = send_file,
    .splice = splice_bytes,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = local_address,
    .peer_address = peer_address,
    .close = close_socket,
    .release = release,
    .move = move,
};

struct coil_stream *coil__socket_stream_new(struct coil__backend *backend,
                                            struct coil_address **peer)
{
    struct coil_stream *s =
        coil__stream_new(&ops, sizeof(struct socket_transport));

    if (!s)
        return NULL;
    socket_of(s->transport)->backend = backend;
    *peer = &socket_of(s->transport)->peer;
    return s;
}

void coil__socket_stream_open(struct coil_stream *s, int fd)
{
    struct socket_transport *t = socket_of(s->transport);

    s->is_open = true;
    t->open = (struct coil_open){ .kind = "stream", .fd = fd };
    coil__open_add(t->backend, &t->open);
}

void coil__socket_stream_count(struct coil_stream *s,
                               struct coil__member *member)
{
    socket_of(s->transport)->member = coil__member_begin(member);
}

int coil__socket_stream_keep(struct coil_stream *s, size_t limit)
{
    struct socket_transport *t = socket_of(s->transport);

    t->descriptors = coil__descriptors_new(limit);
    return t->descriptors ? 0 : -ENOMEM;
}

struct coil__descriptors *coil__socket_stream_kept(const struct coil_stream *s)
{
    coil__stream_check(s);
    return s->transport->ops == &ops ? socket_of(s->transport)->descriptors
                                     : NULL;
}

int coil__socket_stream_fd(const struct coil_stream *s,
                           struct coil__backend **backend)
{
    coil__stream_check(s);
    if (s->transport->ops != &ops)
        return -EOPNOTSUPP;
    *backend = socket_of(s->transport)->backend;
    return socket_of(s->transport)->open.fd;
}

int coil__socket_stream_detach(struct coil_stream *s)
{
    struct socket_transport *t = socket_of(s->transport);
    int fd = t->open.fd;

    coil__open_remove(&t->open);
    s->is_open = false;
    coil__stream_release(s);
    return fd;
}
