/* SPDX-License-Identifier: MIT */
#include "net/stream.h"
#include "net/stream_write.h"

/*
 * Closing the transport ends the operations on it.  write.over() may be called
 * within close() or later, and must see that is_open is false.
 */
static void finish(struct coil_stream *s)
{
    coil__stream_check(s);
    if (s->watch)
        coil_stream_unwatch(s->watch);
    s->is_open = false;
    s->transport->ops->close(s->transport);
    coil__stream_wake_writers(s, -EBADF);
    coil__wake_all(&s->selecting, -EBADF);
    coil__stream_release(s);
}

/* What was written has been sent, so the other side may be gone. */
static int say_end(struct coil_stream *s)
{
    int rc = coil__stream_shut(s);

    return rc == -ECANCELED ? rc : 0;
}

int coil_stream_close(struct coil_stream *s)
{
    int rc;

    if (!s)
        return coil__checkpoint();

    /* Nothing is left to send, so nobody can close the stream meanwhile. */
    rc = s->write_error == 0 && coil_stream_unsent(s) == 0
             ? coil__checkpoint()
             : coil_stream_flush(s);
    if (rc == 0 && s->transport->must_say_end)
        rc = say_end(s);
    finish(s);
    return rc;
}


void coil_stream_abort(struct coil_stream *s)
{
    if (s)
        finish(s);
}
