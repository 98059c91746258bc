/* SPDX-License-Identifier: MIT */
/*
 * stream_pair.c - a transport whose other side is in the same process
 *
 * Each end has a buffer of what the other has sent.  If that is full, a write
 * waits in the writing end until the reader has made room.
 */
#include <coil/stream_pair.h>

#include <string.h>

#include "base/buffer.h"
#include "base/platform.h"
#include "loop/operation.h"
#include "net/stream.h"
#include "net/transport_op.h"

#define PIPE_SIZE ((size_t)64 * 1024)

struct end {
    struct coil_transport transport; /* first */
    struct end *other;               /* NULL: closed */
    struct coil_buffer received;     /* not read yet */
    struct coil_list reader;
    struct coil_transport_write *write; /* waits for room, or NULL */
    struct coil_transport_watch *watch; /* waits for input, or NULL */
    bool ended;                         /* the other side sends no more */
    bool is_closed;
};

static struct end *end_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct end, transport);
}

static void end_watch(struct end *end)
{
    struct coil_transport_watch *watch = end->watch;

    end->watch = NULL;
    if (watch)
        watch->over(watch);
}

static void let_read(struct end *end, int outcome)
{
    coil__wake_all(&end->reader, outcome);
    end_watch(end);
}

/* ---- sending -------------------------------------------------------------- */

/* Give as much as fits.  Returns bytes, -EAGAIN, -EPIPE or -ENOMEM. */
static ptrdiff_t give(struct end *to, const void *data, size_t size)
{
    size_t room;
    int rc;

    if (!to)
        return -EPIPE;
    room = PIPE_SIZE - to->received.size;
    if (room == 0)
        return -EAGAIN;
    if (size > room)
        size = room;
    rc = coil__buffer_append(&to->received, data, size);
    if (rc < 0)
        return rc;
    let_read(to, 0);
    return (ptrdiff_t)size;
}

static bool begin_to_send(struct coil_transport *transport,
                          struct coil_transport_write *write)
{
    struct end *end = end_of(transport);

    coil__burn(COIL__UNITS_BUFFERED);
    write->result = give(end->other, write->data, write->size);
    if (write->result != -EAGAIN)
        return true;
    end->write = write;
    return false;
}

static void end_write(struct end *end, ptrdiff_t result)
{
    struct coil_transport_write *write = end->write;

    if (!write)
        return;
    end->write = NULL;
    write->result = result;
    write->over(write);
}

/* The reader of `end` has made room: go on with the write that waits. */
static void let_others_send(struct end *end)
{
    struct end *other = end->other;
    ptrdiff_t result;

    if (!other || !other->write)
        return;
    result = give(end, other->write->data, other->write->size);
    end_write(other, result);
}

static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    struct end *other = end_of(transport)->other;

    write->result = other ? 0 : -EPIPE;
    if (other) {
        other->ended = true;
        let_read(other, 0);
    }
    return true;
}

/* ---- receiving ------------------------------------------------------------ */

static ptrdiff_t take(struct end *end, void *data, size_t size)
{
    if (size > end->received.size)
        size = end->received.size;
    memcpy(data, coil__buffer_bytes(&end->received), size);
    coil__buffer_consume(&end->received, size);
    let_others_send(end);
    return (ptrdiff_t)size;
}

static int wait_readable(struct coil_transport *transport,
                         const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = {
        .name = "stream data",
        .reach = sizeof(struct coil_waiter),
    };
    struct end *end = end_of(transport);
    struct coil_waiter self = COIL_WAITER(&reason, stream);
    int rc = 0;

    coil__burn(COIL__UNITS_BUFFERED);
    if (end->received.size == 0 && !end->ended)
        rc = coil__wait(&end->reader, &self);
    return end->is_closed ? -EBADF : rc;
}

static ptrdiff_t receive(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    struct end *end = end_of(transport);
    int rc = wait_readable(transport, stream);

    if (rc < 0)
        return rc;
    return end->received.size > 0 ? take(end, data, size) : 0;
}

static bool begin_to_watch(struct coil_transport *transport,
                           struct coil_transport_watch *watch)
{
    struct end *end = end_of(transport);

    if (end->received.size > 0 || end->ended)
        return true;
    end->watch = watch;
    return false;
}

static void cancel_watch(struct coil_transport *transport)
{
    end_watch(end_of(transport));
}

static ptrdiff_t receive_now(struct coil_transport *transport, void *data,
                             size_t size)
{
    struct end *end = end_of(transport);

    if (end->received.size > 0)
        return take(end, data, size);
    return end->ended ? 0 : -EAGAIN;
}

static bool is_stale(struct coil_transport *transport)
{
    const struct end *end = end_of(transport);

    return end->received.size > 0 || end->ended;
}

/* ---- the rest ------------------------------------------------------------- */

static void close_end(struct coil_transport *transport)
{
    struct end *end = end_of(transport);
    struct end *other = end->other;

    end->is_closed = true;
    end->other = NULL;
    coil__buffer_fini(&end->received);
    let_read(end, -EBADF);
    end_write(end, -EBADF);
    if (!other)
        return;
    other->other = NULL;
    other->ended = true;
    let_read(other, 0);
    end_write(other, -EPIPE);
}

static const struct coil_transport_ops ops = {
    .read = receive,
    .wait_readable = wait_readable,
    .watch = begin_to_watch,
    .cancel_watch = cancel_watch,
    .read_nowait = receive_now,
    .write = begin_to_send,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = coil__transport_no_address,
    .peer_address = coil__transport_no_address,
    .close = close_end,
    .release = coil__stream_release_transport,
};

int coil_stream_pair(struct coil_stream *pair[2])
{
    struct coil_stream *a = coil__stream_new(&ops, sizeof(struct end));
    struct coil_stream *b = coil__stream_new(&ops, sizeof(struct end));

    if (!a || !b) {
        if (a)
            coil__stream_release(a);
        if (b)
            coil__stream_release(b);
        return -ENOMEM;
    }
    end_of(a->transport)->other = end_of(b->transport);
    end_of(b->transport)->other = end_of(a->transport);
    a->is_open = true;
    b->is_open = true;
    pair[0] = a;
    pair[1] = b;
    return 0;
}
