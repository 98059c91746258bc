/* SPDX-License-Identifier: MIT */
#include "net/stream.h"
#include "net/stream_write.h"

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
 * Closing the transport ends what is under way on it; that may reach write.over()
 * within close() or later, so is_open says by then that it is the end.
 */
void coil_stream_abort(struct coil_stream *s)
{
    if (!s)
        return;

    s->is_open = false;
    s->transport->ops->close(s->transport);
    coil__stream_wake_writers(s, -EBADF);
    coil__stream_release(s);
}
