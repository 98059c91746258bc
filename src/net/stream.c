/* SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include "base/memory.h"

struct coil_stream *coil__stream_new(struct coil_poll *poll)
{
    struct coil_stream *s = coil__alloc(sizeof *s);

    if (!s)
        return NULL;
    s->poll = poll;
    s->fd = -1;
    s->refs = 1;
    return s;
}

void coil__stream_open(struct coil_stream *s, int fd)
{
    s->fd = fd;
    s->is_open = true;
    s->open = (struct coil_open){ .kind = "stream", .fd = fd };
    coil__open_add(s->poll, &s->open);
}

void coil__stream_release(struct coil_stream *s)
{
    if (--s->refs > 0)
        return;
    coil__buffer_fini(&s->in);
    coil__buffer_fini(&s->sending);
    coil__buffer_fini(&s->queued);
    coil__free(s);
}

void coil_stream_local_address(const struct coil_stream *s,
                               struct coil_address *address)
{
    if (s->poll->ops->local_address(s->poll, s->fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

/* Known from the beginning: the kernel forgets it when the connection breaks. */
void coil_stream_peer_address(const struct coil_stream *s,
                              struct coil_address *address)
{
    *address = s->peer;
}

bool coil_stream_is_stale(struct coil_stream *s)
{
    if (s->in.size > 0 || s->ended || s->read_error < 0 || s->write_error < 0)
        return true;
    coil__burn(COIL__UNITS_CALL);
    return s->poll->ops->is_stale(s->poll, s->fd);
}

int coil_stream_close(struct coil_stream *s)
{
    int rc;

    if (!s)
        return coil__checkpoint();

    /* Nothing to send: then nobody can close the stream meanwhile. */
    rc = s->write_error == 0 && coil_stream_unsent(s) == 0
             ? coil__checkpoint()
             : coil_stream_flush(s);
    coil_stream_abort(s);
    return rc;
}

/*
 * Ending the socket ends the operations on it; that may reach write.over()
 * within close_socket() or later, so is_open says by then that it is the end.
 */
void coil_stream_abort(struct coil_stream *s)
{
    if (!s)
        return;

    s->is_open = false;
    coil__open_remove(s->poll, &s->open);
    s->poll->ops->close_socket(s->poll, s->fd);
    coil__stream_wake_writers(s, -EBADF);
    coil__stream_release(s);
}
