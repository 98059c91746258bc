/* SPDX-License-Identifier: MIT */
#include "http/http2/stream.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/platform.h"

/* RFC 9113, 7. */
enum {
    NO_ERROR = 0x0,
    INTERNAL_ERROR = 0x2,
    CANCEL = 0x8,
};

static struct coil__http2_stream *stream_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct coil__http2_stream, transport);
}

static const struct coil__http2_stream *
stream_of_const(const struct coil_transport *transport)
{
    return coil__container_of(transport, const struct coil__http2_stream,
                              transport);
}

/* ---- receiving -------------------------------------------------------- */

/* Whether a read would return at once. */
static bool is_readable(const struct coil__http2_stream *s)
{
    return s->received.size > 0 || s->is_at_end || s->input_error < 0 ||
           s->error < 0;
}

static void end_watch(struct coil__http2_stream *s)
{
    struct coil_transport_watch *watch = s->watch;

    s->watch = NULL;
    if (watch)
        watch->over(watch);
}

void coil__http2_stream_tell(struct coil__http2_stream *s)
{
    coil_event_set(&s->news);
    if (is_readable(s))
        end_watch(s);
}

/* The budget that counts what has come and is unread; NULL: it is not counted. */
static struct coil__http_budget *budget_of(const struct coil__http2_stream *s)
{
    return s->carrier ? s->carrier->budget : NULL;
}

/* The other side may send so many bytes more. */
static void give_back(struct coil__http2_stream *s, size_t size)
{
    struct coil__http_budget *budget = budget_of(s);

    if (budget)
        budget->used -= size;
    if (s->carrier && size > 0)
        s->carrier->ops->consume(s->carrier, s->id, size);
}

static int keep(struct coil__http2_stream *s, const void *data, size_t size)
{
    struct coil__http_budget *budget = budget_of(s);
    int rc;

    if (s->input_error < 0)
        return s->input_error;
    if (budget && size > budget->limit - budget->used)
        return -ENOBUFS;
    rc = coil__buffer_append(&s->received, data, size);
    if (rc == 0 && budget)
        budget->used += size;
    return rc;
}

void coil__http2_stream_receive(struct coil__http2_stream *s, const void *data,
                                size_t size)
{
    int rc = s->is_closed ? -EBADF : keep(s, data, size);

    if (rc < 0) {
        s->input_error = rc;
        s->carrier->ops->consume(s->carrier, s->id, size);
    }
    coil__http2_stream_tell(s);
}

/* Drop what nobody will read. */
static void drop(struct coil__http2_stream *s)
{
    size_t size = s->received.size;

    coil__buffer_fini(&s->received);
    give_back(s, size);
}

static ptrdiff_t take(struct coil__http2_stream *s, void *data, size_t size)
{
    if (size > s->received.size)
        size = s->received.size;
    memcpy(data, coil__buffer_bytes(&s->received), size);
    coil__buffer_consume(&s->received, size);
    if (s->received.size == 0)
        coil__buffer_fini(&s->received);
    give_back(s, size);
    return (ptrdiff_t)size;
}

/* Read what there is; -EAGAIN: nothing. */
static ptrdiff_t read_nowait(struct coil_transport *transport, void *data,
                             size_t size)
{
    struct coil__http2_stream *s = stream_of(transport);

    if (s->received.size > 0)
        return take(s, data, size);
    if (s->input_error < 0)
        return s->input_error;
    if (s->is_at_end)
        return 0;
    return s->error < 0 ? s->error : -EAGAIN;
}

static int wait_readable(struct coil_transport *transport,
                         const struct coil_stream *stream)
{
    struct coil__http2_stream *s = stream_of(transport);
    int rc = 0;

    (void)stream;
    while (rc == 0 && !s->is_closed && !is_readable(s)) {
        coil_event_clear(&s->news);
        rc = coil_event_wait(&s->news);
    }
    return s->is_closed ? -EBADF : rc;
}

static ptrdiff_t read_op(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    int rc = wait_readable(transport, stream);

    return rc < 0 ? rc : read_nowait(transport, data, size);
}

static bool begin_watch(struct coil_transport *transport,
                        struct coil_transport_watch *watch)
{
    struct coil__http2_stream *s = stream_of(transport);

    if (is_readable(s))
        return true;
    s->watch = watch;
    return false;
}

static void cancel_watch(struct coil_transport *transport)
{
    end_watch(stream_of(transport));
}

static bool is_stale(struct coil_transport *transport)
{
    return is_readable(stream_of(transport));
}

/* ---- sending ---------------------------------------------------------- */

static bool begin_write(struct coil_transport *transport,
                        struct coil_transport_write *write)
{
    struct coil__http2_stream *s = stream_of(transport);

    if (s->error < 0 || !s->is_on_wire || !s->has_body || s->is_end_given) {
        write->result = s->error < 0 ? s->error : -EPIPE;
        return true;
    }
    s->write = write;
    s->written = 0;
    s->carrier->ops->resume(s);
    return false;
}

static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    struct coil__http2_stream *s = stream_of(transport);

    write->result = s->error;
    if (s->error == 0 && !s->is_shut) {
        s->is_shut = true;
        if (s->is_on_wire && s->has_body && !s->is_end_given)
            s->carrier->ops->resume(s);
    }
    return true;
}

ptrdiff_t coil__http2_stream_send(struct coil__http2_stream *s, void *buffer,
                                  size_t size, bool *is_end)
{
    const struct coil_transport_write *write = s->write;
    size_t rest = write ? write->size - s->written : 0;

    if (size > rest)
        size = rest;
    if (size > s->left)
        size = (size_t)s->left;
    if (size > 0)
        memcpy(buffer, (const char *)write->data + s->written, size);
    s->written += size;
    if (s->left != COIL__HTTP2_UNKNOWN)
        s->left -= size;
    *is_end = s->left == 0 || s->is_shut;
    if (rest > 0 && size == rest)
        coil__list_append(&s->carrier->written, &s->in_written);
    s->is_end_given = *is_end;
    s->is_deferred = size == 0 && !*is_end;
    return s->is_deferred ? -EAGAIN : (ptrdiff_t)size;
}

static void finish_write(struct coil__http2_stream *s, ptrdiff_t result)
{
    struct coil_transport_write *write = s->write;

    s->write = NULL;
    if (!write)
        return;
    write->result = result;
    write->over(write);
}

void coil__http2_stream_end_write(struct coil__http2_stream *s)
{
    finish_write(s, (ptrdiff_t)s->written);
}

/* Whether `write` waits in the session's list of those that are over. */
static bool is_written(const struct coil__http2_stream *s)
{
    return s->write && s->written == s->write->size;
}

static void break_write(struct coil__http2_stream *s, int error)
{
    if (is_written(s)) {
        coil__list_remove(&s->carrier->written, &s->in_written);
        coil__http2_stream_end_write(s);
    } else {
        finish_write(s, error);
    }
}

/* ---- the end ---------------------------------------------------------- */

void coil__http2_stream_free(struct coil__http2_stream *s)
{
    struct coil__http2_carrier *carrier = s->carrier;

    if (carrier) {
        coil__list_remove(&carrier->streams, &s->in_carrier);
        carrier->ops->leave(carrier);
    }
    coil__http2_head_free_all(&s->heads);
    coil__http2_head_free(s->incomplete);
    coil__http2_head_free(s->trailers);
    coil__buffer_fini(&s->received);
    coil__buffer_fini(&s->trailing);
    coil__free(s);
}

void coil__http2_stream_over(struct coil__http2_stream *s, int error)
{
    s->is_on_wire = false;
    if (s->error == 0)
        s->error = error;
    break_write(s, s->error < 0 ? s->error : -EPIPE);
    coil__http2_stream_tell(s);
    if (s->error < 0 && s->gone)
        s->gone(s->gone_arg);
    if (s->is_released)
        coil__http2_stream_free(s);
}

void coil__http2_stream_leave(struct coil__http2_stream *s)
{
    coil__list_remove(&s->carrier->streams, &s->in_carrier);
    s->carrier = NULL;
}

/* Both sides must hear of the end of a stream that its user has closed. */
static void end_on_wire(struct coil__http2_stream *s)
{
    bool is_server = s->carrier->is_server;
    bool is_all_said = s->is_end_given || (s->has_body && s->is_shut);

    if (!is_all_said)
        s->carrier->ops->reset(s, s->abort_code);
    else if (!s->is_at_end && (s->is_end_sent || !is_server))
        s->carrier->ops->reset(s, is_server ? NO_ERROR : CANCEL);
}

static void close_op(struct coil_transport *transport)
{
    struct coil__http2_stream *s = stream_of(transport);

    s->is_closed = true;
    drop(s);
    end_watch(s);
    break_write(s, -EBADF);
    if (s->is_on_wire)
        end_on_wire(s);
    coil_event_set(&s->news);
}

static void release(struct coil_transport *transport)
{
    struct coil__http2_stream *s = stream_of(transport);

    s->is_released = true;
    if (!s->is_on_wire)
        coil__http2_stream_free(s);
    else
        s->carrier->ops->leave(s->carrier);
}

/* ---- the rest --------------------------------------------------------- */

static void local_address(const struct coil_transport *transport,
                          struct coil_address *address)
{
    const struct coil__http2_stream *s = stream_of_const(transport);

    *address = (struct coil_address){ .length = 0 };
    if (s->carrier)
        coil_stream_local_address(s->carrier->below, address);
}

static void peer_address(const struct coil_transport *transport,
                         struct coil_address *address)
{
    const struct coil__http2_stream *s = stream_of_const(transport);

    *address = (struct coil_address){ .length = 0 };
    if (s->carrier)
        coil_stream_peer_address(s->carrier->below, address);
}

static const struct coil_transport_ops ops = {
    .read = read_op,
    .wait_readable = wait_readable,
    .watch = begin_watch,
    .cancel_watch = cancel_watch,
    .read_nowait = read_nowait,
    .write = begin_write,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = local_address,
    .peer_address = peer_address,
    .close = close_op,
    .release = release,
};

struct coil__http2_stream *coil__http2_stream_of(struct coil_stream *stream)
{
    struct coil_transport *transport = coil_stream_transport(stream);

    return transport->ops == &ops ? stream_of(transport) : NULL;
}

int coil__http2_stream_new(struct coil__http2_stream **out,
                           struct coil__http2_carrier *carrier)
{
    struct coil__http2_stream *s = coil__alloc(sizeof *s);

    if (!s)
        return -ENOMEM;
    s->transport = (struct coil_transport){ .ops = &ops, .must_say_end = true };
    s->carrier = carrier;
    s->abort_code = carrier->is_server ? INTERNAL_ERROR : CANCEL;
    coil__list_append(&carrier->streams, &s->in_carrier);
    *out = s;
    return 0;
}
